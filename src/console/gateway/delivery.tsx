import { useState } from 'preact/hooks'
import type { ListedDelivery } from '../../gateway/store/delivery/row.ts'
import { useStore } from '../store.ts'
import { ConfirmedButton } from './action.tsx'
import { durationOf, timeOf } from './format.ts'
import { merchantPath, merchants, probeTimeOf } from './merchant.ts'
import type { GatewayActions } from './use-action.ts'
import { useRead } from './use-read.ts'
import { useGatewayWords } from './words.ts'

const TONES = { pending: 'open', asking: 'open', delivered: 'good', dead: 'bad' } as const

interface Attempt {
  readonly at: number
  readonly ms: number
  readonly status: number | null
  readonly error: string | null
  readonly detail: string | null
}

/** A delivery: its state, its attempts when they are asked for, and a button that delivers it again. */
export function Delivery({ row, actions }: { row: ListedDelivery; actions: GatewayActions }) {
  const words = useGatewayWords()
  const [isOpen, setOpen] = useState(false)
  const { id, mchid, seq, state, endpoint, attempt_count, ended_at, subject } = row
  return (
    <li>
      <span class={`state ${TONES[state]}`}>{words.states[state]}</span>
      <span class="description">
        <span class="dim">{words.endpoint}</span> {endpoint} <span class="dim">·</span>{' '}
        <a href={`#/events/${mchid}/${seq}`}>{`${words.event} ${seq}`}</a> <span class="number dim">{subject}</span>{' '}
        <span class="dim">{state === 'pending' ? <Waiting row={row} /> : ended_at !== null && timeOf(ended_at)}</span>
        <details onToggle={event => setOpen(event.currentTarget.open)}>
          <summary>{words.attempts(attempt_count)}</summary>
          {isOpen && <Attempts path={merchantPath(mchid, `/deliveries/${id}`)} />}
        </details>
      </span>
      {state !== 'asking' && (
        <ConfirmedButton
          label={words.replay}
          of={`${endpoint}, ${words.event} ${seq}`}
          question={words.replayQuestion}
          actions={actions}
          onConfirm={() =>
            actions.run<{ deliveries: readonly number[] }>(merchantPath(mchid, `/deliveries/${id}/replay`), response =>
              words.sent(response.deliveries.length),
            )
          }
        />
      )}
    </li>
  )
}

/** When a pending delivery is attempted next. */
function Waiting({ row }: { row: ListedDelivery }) {
  const words = useGatewayWords()
  const probeAt = probeTimeOf(row, useStore(merchants))
  return <>{probeAt === undefined ? words.due(timeOf(row.due_at)) : words.paused(timeOf(probeAt))}</>
}

function Attempts({ path }: { path: string }) {
  const words = useGatewayWords()
  const { value } = useRead<{ attempts: readonly Attempt[] }>(path)
  if (!value) return <p class="dim">{words.loading}</p>
  if (value.attempts.length === 0) return <p class="dim">{words.noAttempts}</p>
  return (
    <div class="wide">
      <table>
        <thead>
          <tr>
            <th scope="col">{words.attempt}</th>
            <th scope="col">{words.result}</th>
            <th scope="col">{words.duration}</th>
            <th scope="col">{words.detail}</th>
          </tr>
        </thead>
        <tbody>
          {value.attempts.map(({ at, ms, status, error, detail }, index) => (
            <tr key={`${at} ${index}`}>
              <td>{timeOf(at)}</td>
              <td class={error === null ? 'good' : 'bad'}>{[status, error].filter(part => part !== null).join(' ')}</td>
              <td>{durationOf(ms / 1000)}</td>
              <td>{detail}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
