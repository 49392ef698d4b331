import { describeError } from './describe-error.ts'
import { redactSecrets } from './redact.ts'
import { redactPath } from './redact-call.ts'

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

/** The levels, the most talkative first. */
export const LOG_LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error']

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
  // An error, of which no more is written than `describeError` tells. Words of this program's own go into `detail`.
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
  'url',
  'query',
  'body',
] as const

export type LogMember = (typeof MEMBERS)[number]

type Write = (event: string, members?: Members) => void

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
 * Logs, one line of JSON an event: `time`, `level`, `event`, and of the members those that are known. It never fails. Shows of
 * a path and of an error no more than `redactPath` and `describeError` do, and takes out what looks like a secret; bodies, which
 * `redactCall` must have been through, are shown at the debug level only.
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
    LOG_LEVELS.indexOf(one) < LOG_LEVELS.indexOf(level)
      ? () => {}
      : (event, members = {}) => {
          try {
            const known = MEMBERS.filter(name => one === 'debug' || (name !== 'body' && name !== 'query'))
            const redacted = redactMembers(members)
            const told = Object.fromEntries(known.map(name => [name, redacted[name]]))
            const time = new Date(now()).toISOString()
            write(JSON.stringify({ time, level: one, event, ...(redactSecrets(told) as object) }))
          } catch {
            // What cannot be written down takes nothing else down with it.
          }
        }
  const log = { level, debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
  redacting.add(log)
  return log
}

/** The logs that redact what they are given. */
const redacting = new WeakSet<Log>()

type Members = Readonly<Partial<Record<LogMember, unknown>>>

/**
 * Wraps a log, somebody's own perhaps, so that it gets no path and no error as they are.
 *
 * @example
 * ```ts
 * const log = redactingLog(options.log)
 * log.warn('query failed', { mchid, reason: error }) // reason: 'ServiceError ORDER_NOT_EXIST (HTTP 404)'
 * ```
 */
export function redactingLog(log: Log): Log {
  if (redacting.has(log)) return log
  const at =
    (level: LogLevel): Write =>
    (event, members) =>
      log[level](event, members && redactMembers(members))
  return { level: log.level, debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}

function redactMembers(members: Members): Members {
  const { path, reason, method } = members
  return {
    ...members,
    ...(typeof path === 'string' && { path: redactPath(String(method), path) }),
    ...(reason !== undefined && { reason: describeError(reason) }),
  }
}
