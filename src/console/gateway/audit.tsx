import { useState } from 'preact/hooks'
import type { CallRow } from '../../gateway/store/call/calls.ts'
import { moneyOf } from '../money.ts'
import { ReadProblem } from './action.tsx'
import { timeOf } from './format.ts'
import { framed } from './frame.tsx'
import { ListEnd } from './older.tsx'
import { useList } from './use-list.ts'
import { useRead } from './use-read.ts'
import { useGatewayWords } from './words.ts'

/** A row of `GET /admin/callers`. */
interface CallerRow {
  readonly name: string
  readonly credential: 'token' | 'jwt' | 'binding'
  readonly tokens?: number
  readonly issuer?: string
  readonly merchants: readonly string[] | null
  readonly allow: readonly string[]
  readonly maxAmount: number | null
  readonly rate: { readonly max: number; readonly seconds: number } | null
}

/** The callers, what each may do, and what each has done. */
export const AuditView = framed(() => {
  const words = useGatewayWords()
  const { value, problem } = useRead<{ callers: readonly CallerRow[] }>('/admin/callers', 'once')
  const [chosen, setChosen] = useState('')
  const names = value?.callers.map(({ name }) => name) ?? []
  return (
    <>
      <ReadProblem problem={problem} />
      {!value && problem === undefined && <Loading />}
      {value && (
        <>
          {names.length > 0 && (
            <label class="field">
              {words.caller}
              <select value={chosen} onChange={event => setChosen(event.currentTarget.value)}>
                <option value="">{words.allCallers}</option>
                {names.map(name => (
                  <option key={name} value={name}>
                    {name}
                  </option>
                ))}
              </select>
            </label>
          )}
          <h2>{words.audit}</h2>
          <Calls caller={chosen} />
          {names.length > 0 && (
            <>
              <h2>{words.callers}</h2>
              <Callers callers={value.callers} />
            </>
          )}
        </>
      )}
    </>
  )
})

function Loading() {
  return (
    <p class="dim" aria-busy="true">
      {useGatewayWords().loading}
    </p>
  )
}

/** The calls of a caller, or of all of them, the newest first. */
function Calls({ caller }: { caller: string }) {
  const words = useGatewayWords()
  const path = caller === '' ? '/admin/calls' : `/admin/callers/${encodeURIComponent(caller)}/calls`
  const list = useList<CallRow>(path, 'calls', ({ id }) => id)
  return (
    <>
      <ReadProblem problem={list.problem} />
      {!list.rows && list.problem === undefined && <Loading />}
      {list.rows?.length === 0 && <p class="dim">{words.noCalls}</p>}
      {list.rows && list.rows.length > 0 && (
        <ul class="items">
          {list.rows.map(row => (
            <Call key={row.id} row={row} namesCaller={caller === ''} />
          ))}
        </ul>
      )}
      <ListEnd list={list} />
    </>
  )
}

function Call({ row, namesCaller }: { row: CallRow; namesCaller: boolean }) {
  const words = useGatewayWords()
  const { at, caller, method, path, mchid, numbers, amount, status, code, in_doubt: isInDoubt } = row
  const { session, ...others } = numbers
  const tone = status === null || isInDoubt ? 'open' : status < 400 ? 'good' : 'bad'
  return (
    <li>
      <span class={`state ${tone}`}>
        {status === null ? words.running : [status, code, isInDoubt && words.inDoubt].filter(Boolean).join(' ')}
      </span>
      <span class="description">
        <span class="number">
          {method} {path}
        </span>{' '}
        <span class="number dim">
          {mchid} {Object.values(others).join(' ')}
        </span>
      </span>
      {namesCaller && <span class="dim">{caller}</span>}
      {session !== undefined && <span class="number dim">{words.session(session)}</span>}
      {amount !== null && <strong>{moneyOf(amount)}</strong>}
      <time class="dim" dateTime={new Date(at).toISOString()}>
        {timeOf(at)}
      </time>
    </li>
  )
}

function Callers({ callers }: { callers: readonly CallerRow[] }) {
  const words = useGatewayWords()
  return (
    <ul class="items">
      {callers.map(({ name, credential, tokens, issuer, merchants, allow, maxAmount, rate }) => (
        <li key={name}>
          <strong>{name}</strong>
          <span class="description">
            <span class="number">{allow.join(' ')}</span>{' '}
            <span class="dim">{merchants === null ? words.allMerchants : merchants.join(' ')}</span>
          </span>
          <span class="dim">
            {[
              tokens === undefined ? words.credentials[credential] : words.tokens(tokens),
              issuer,
              maxAmount !== null && words.cap(moneyOf(maxAmount)),
              rate && words.rate(rate.max, rate.seconds),
            ]
              .filter(Boolean)
              .join(' · ')}
          </span>
        </li>
      ))}
    </ul>
  )
}
