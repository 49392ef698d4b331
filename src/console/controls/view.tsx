import { useState } from 'preact/hooks'
import type { FaultRecord } from '../../simulator/fault/faults.ts'
import { Problem } from '../items.tsx'
import { labelled } from '../labelled.ts'
import { language } from '../settings.ts'
import type { SimulatorStatus } from '../status.ts'
import { useStore } from '../store.ts'
import { type Actions, useActions, useLive } from '../use-action.ts'
import { useWords, type Words } from '../words.ts'
import { faultSentenceOf } from './fault-sentence.ts'

/** The simulated clock, faults on demand, and saved states. */
export function ControlsView() {
  const words = useWords()
  const [status, reloadStatus] = useLive<SimulatorStatus>('/status', true)
  const [faults, reloadFaults] = useLive<FaultRecord[]>('/faults')
  const actions = useActions(() => {
    reloadStatus()
    reloadFaults()
  })
  return (
    <main class="view">
      <Problem actions={actions} />
      {status && <Clock status={status} actions={actions} words={words} />}
      {faults && <Faults faults={faults} actions={actions} words={words} />}
      {status && <States status={status} actions={actions} words={words} />}
    </main>
  )
}

interface Common {
  readonly actions: Actions
  readonly words: Words
}

const STEPS = { '+15 s': 15_000, '+1 min': 60_000, '+1 h': 3_600_000, '+1 d': 86_400_000 }

function Clock({ status: { now, next }, actions, words }: Common & { status: SimulatorStatus }) {
  const advance = (ms: number): void => actions.run('POST', '/advance', { ms })
  return (
    <section>
      <h2>{words.clock}</h2>
      <p>
        <time dateTime={new Date(now).toISOString()}>{new Date(now).toLocaleString()}</time>
      </p>
      <div class="buttons">
        {Object.entries(STEPS).map(([label, ms]) => (
          <button key={label} type="button" disabled={actions.isBusy} onClick={() => advance(ms)}>
            {label}
          </button>
        ))}
        <button
          type="button"
          disabled={actions.isBusy || next === undefined}
          onClick={() => advance(Math.max(0, Math.ceil(next! - now)))}
        >
          {next === undefined ? words.nothingScheduled : words.toNext(new Date(next).toLocaleString())}
        </button>
      </div>
    </section>
  )
}

/** The faults that a switch turns on, by their names in the words. */
const FAULTS = {
  error500: { kind: 'status', status: 500 },
  error429: { kind: 'status', status: 429 },
  error502: { kind: 'status', status: 502 },
  delay: { kind: 'delay', ms: 3000 },
  cutConnection: { kind: 'cut-connection' },
  lostResponse: { kind: 'lost-response' },
  cutBody: { kind: 'cut-body' },
  wrongSignature: { kind: 'wrong-signature' },
  unknownSerial: { kind: 'unknown-serial' },
  clockSkew: { kind: 'clock-skew', ms: 600_000 },
} as const

export type FaultName = keyof typeof FAULTS

/** Returns whether a rule has the effect of a switch, on whichever requests. */
const isSame = (rule: object, effect: object): boolean =>
  Object.entries(effect).every(([name, value]) => (rule as Record<string, unknown>)[name] === value)

function Faults({ faults, actions, words }: Common & { faults: readonly FaultRecord[] }) {
  const [path, setPath] = useState('')
  const lang = useStore(language)
  return (
    <section>
      <h2>{words.faults}</h2>
      <label class="field">
        {words.faultPath}
        <input
          value={path}
          placeholder="/v3/pay/**"
          autocomplete="off"
          spellcheck={false}
          onInput={event => setPath(event.currentTarget.value)}
        />
      </label>
      <div class="buttons">
        {Object.entries(FAULTS).map(([name, rule]) => {
          const active = faults.find(fault => isSame(fault.rule, rule))
          return (
            <button
              key={name}
              type="button"
              role="switch"
              aria-checked={active !== undefined}
              disabled={actions.isBusy}
              onClick={() =>
                active
                  ? actions.run('DELETE', `/faults/${encodeURIComponent(active.id)}`)
                  : actions.run('POST', '/faults', { ...rule, ...(path !== '' && { path }) })
              }
            >
              {words.faultNames[name as FaultName]}
            </button>
          )
        })}
      </div>
      {faults.length > 0 && (
        <ul class="items">
          {faults.map(({ id, rule, hits }) => (
            <li key={id}>
              <span class="description">{faultSentenceOf(rule, lang)}</span>
              <span class="dim">{words.hits(hits)}</span>
              <button
                type="button"
                disabled={actions.isBusy}
                onClick={() => actions.run('DELETE', `/faults/${encodeURIComponent(id)}`)}
              >
                {words.remove}
              </button>
            </li>
          ))}
        </ul>
      )}
    </section>
  )
}

function States({ status: { saved }, actions, words }: Common & { status: SimulatorStatus }) {
  const [name, setName] = useState('')
  const [isAsking, setAsking] = useState(false)
  return (
    <section>
      <h2>{words.savedStates}</h2>
      <form
        class="buttons"
        onSubmit={event => {
          event.preventDefault()
          if (name !== '') actions.run('POST', '/save', { name })
        }}
      >
        <input
          value={name}
          aria-label={words.stateName}
          placeholder={words.stateName}
          onInput={event => setName(event.currentTarget.value)}
        />
        <button type="submit" disabled={actions.isBusy || name === ''}>
          {words.save}
        </button>
      </form>
      {saved.length > 0 && (
        <ul class="items">
          {saved.map(state => (
            <li key={state}>
              <span class="description">{state}</span>
              <button
                type="button"
                disabled={actions.isBusy}
                aria-label={labelled(words.restore, state)}
                onClick={() => actions.run('POST', '/restore', { name: state })}
              >
                {words.restore}
              </button>
            </li>
          ))}
        </ul>
      )}
      <div class="buttons">
        {isAsking ? (
          <>
            <span>{words.resetQuestion}</span>
            <button
              type="button"
              class="danger"
              disabled={actions.isBusy}
              onClick={() => {
                setAsking(false)
                actions.run('POST', '/reset')
              }}
            >
              {words.resetYes}
            </button>
            <button type="button" onClick={() => setAsking(false)}>
              {words.resetNo}
            </button>
          </>
        ) : (
          <button type="button" class="danger" disabled={actions.isBusy} onClick={() => setAsking(true)}>
            {words.reset}
          </button>
        )}
      </div>
    </section>
  )
}
