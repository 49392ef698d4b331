import { excerptOf, jsonText, singleLine, type Terminal } from '../../terminal.ts'
import { clockTime, type EventRow, eventColumn, lineOf, numberOf } from '../event-row.ts'
import type { ForwardOutcome } from './target.ts'

/** Facts that the first lines of the command tell. */
export interface Started {
  readonly gateway: string
  readonly mchid: string
  readonly target: string
  /** The state file, if there is one. */
  readonly state: string | undefined
  /** Only if it was created by this program. */
  readonly secret: string | undefined
  /** The `id` at which the last run ended. */
  readonly resumeAfter: string | undefined
  readonly since: number | undefined
}

/** The part of an event that a line shows. */
export type ReportedEvent = Pick<EventRow, 'seq' | 'webhook_id' | 'id' | 'event' | 'subject' | 'numbers'>

export interface ListenReport {
  started(facts: Started): void
  /** Prints a line: time, event, number, status, milliseconds. No names and no amounts. */
  attempt(row: ReportedEvent, attempt: number, outcome: ForwardOutcome, retryAfter: number | undefined): void
}

/** Creates the report of a listener, as lines for people or as lines of JSON. */
export const createListenReport = (terminal: Pick<Terminal, 'print'>, { json }: { json: boolean }): ListenReport =>
  json ? jsonReport(terminal) : textReport(terminal)

const jsonReport = ({ print }: Pick<Terminal, 'print'>): ListenReport => ({
  started: facts => print(jsonText({ kind: 'started', ...facts })),
  attempt(row, attempt, outcome, retryAfter) {
    const { event, seq, webhook_id } = row
    const { ok, status, ms } = outcome
    const kind = ok ? 'forwarded' : 'refused'
    const time = new Date().toISOString()
    const failure = outcome.ok
      ? {}
      : {
          error: outcome.error,
          detail: outcome.detail,
          response: excerptOf(outcome.response ?? ''),
          retryAfter,
        }
    print(jsonText({ time, kind, event, number: numberOf(row), seq, webhook_id, attempt, status, ms, ...failure }))
  },
})

const textReport = ({ print }: Pick<Terminal, 'print'>): ListenReport => ({
  started({ gateway, mchid, target, state, secret, resumeAfter, since }) {
    print(`Forwarding events of ${mchid} at ${gateway} to ${target}, until you press Ctrl-C.`)
    if (secret !== undefined) print(`They are signed with WEBHOOK_SECRET=${secret}`)
    if (resumeAfter !== undefined) print(`Continuing where the last run ended (${state}).`)
    else if (since === undefined) print('Beginning with the next event.')
  },
  attempt(row, _, outcome, retryAfter) {
    const { status, ms } = outcome
    const refusal = outcome.ok || outcome.error !== 'STATUS' ? undefined : excerptOf(outcome.response ?? '')
    const reason = outcome.ok || outcome.error === 'STATUS' ? refusal : outcome.detail
    const retry = retryAfter === undefined ? undefined : `again in ${Math.ceil(retryAfter / 1000)} s`
    print(
      singleLine(
        lineOf(clockTime(Date.now()), eventColumn(row.event), numberOf(row), status, `${ms} ms`, reason, retry),
      ),
    )
  },
})
