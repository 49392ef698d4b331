import { redactSecrets } from './redact.ts'

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

const LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error']

/** What may stand in a line. What is not here is left out of it, however it came there. */
const MEMBERS = [
  'requestId',
  'wechatpayRequestId',
  'caller',
  'mchid',
  'api',
  'method',
  'path',
  'status',
  'code',
  'outcome',
  'error',
  'reason',
  'detail',
  'mayHaveTakenEffect',
  'ms',
  'amount',
  'kind',
  'type',
  'number',
  'id',
  'seq',
  'endpoint',
  'delivery',
  'attempt',
  'retryAfter',
  'count',
  'version',
  'query',
  'body',
] as const

export type LogMember = (typeof MEMBERS)[number]

type Write = (event: string, members?: Readonly<Partial<Record<LogMember, unknown>>>) => void

/** Structured logs: an event, and what there is to know of it. */
export interface Log {
  /** The least that is written: what is dear to make is made for who reads it. */
  readonly level: LogLevel
  readonly debug: Write
  readonly info: Write
  readonly warn: Write
  readonly error: Write
}

export interface LogOptions {
  /** The least that is written. */
  readonly level: LogLevel
  /** Takes a line, without its line feed. */
  readonly write: (line: string) => void
  /** Milliseconds. */
  readonly now?: () => number
}

/**
 * Logs, one line of JSON an event: `time`, `level`, `event`, and of the members those that are known. It never fails. What
 * looks like a secret is taken out; of bodies, which `redactBody` has to have been through, only the debug level may tell.
 *
 * @example
 * ```ts
 * const log = createLog({ level: 'info', write: console.log })
 * log.warn('delivery', { mchid: '1900000109', endpoint: 'shop', attempt: 3, outcome: 'failed' })
 * // {"time":"2026-01-02T03:04:05.000Z","level":"warn","event":"delivery","mchid":"1900000109","outcome":"failed",…}
 * ```
 */
export function createLog({ level, write, now = Date.now }: LogOptions): Log {
  const at = (one: LogLevel): Write =>
    LEVELS.indexOf(one) < LEVELS.indexOf(level)
      ? () => {}
      : (event, members = {}) => {
          try {
            const known = MEMBERS.filter(name => one === 'debug' || (name !== 'body' && name !== 'query'))
            const told = Object.fromEntries(known.map(name => [name, members[name]]))
            const time = new Date(now()).toISOString()
            write(JSON.stringify({ time, level: one, event, ...(redactSecrets(told) as object) }))
          } catch {
            // What cannot be written down takes nothing else down with it.
          }
        }
  return { level, debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}
