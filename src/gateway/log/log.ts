import { describeError } from './describe-error.ts'
import { redactSecrets } from './redact.ts'
import { redactPath } from './redact-call.ts'

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

/** The levels in ascending order. */
export const LOG_LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error']

/** The members of a log line. All others are left out. */
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
  // An error, which is written by `describeError`. Texts of this program belong into `detail`.
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
  // Of the peer of a connection.
  'address',
  'count',
  'version',
  'url',
  'query',
  'body',
] as const

export type LogMember = (typeof MEMBERS)[number]

type Write = (event: string, members?: Members) => void

/** A structured log. */
export interface Log {
  /** The minimum level. Callers check it before they create expensive members. */
  readonly level: LogLevel
  readonly debug: Write
  readonly info: Write
  readonly warn: Write
  readonly error: Write
}

export interface LogOptions {
  /** The minimum level. */
  readonly level: LogLevel
  /** Writes a line, which has no line feed. */
  readonly write: (line: string) => void
  /** The clock, milliseconds since 1970. */
  readonly now?: () => number
}

/**
 * Creates a log that writes one line of JSON per event: `time`, `level`, `event` and members. Its methods never throw. Paths are written
 * by `redactPath` and errors by `describeError`, and text that looks like a secret is removed. Bodies, which must have passed
 * `redactCall`, are written at the debug level only.
 *
 * @example
 * ```ts
 * const log = createLog({ level: 'info', write: console.log })
 * log.warn('delivery', { mchid: '1900000109', endpoint: 'shop', attempt: 3, outcome: 'failed' })
 * // {"time":"2026-01-02T03:04:05.000Z","level":"warn","event":"delivery","mchid":"1900000109","outcome":"failed",…}
 * ```
 */
export function createLog({ level, write, now = Date.now }: LogOptions): Log {
  const at = (lineLevel: LogLevel): Write =>
    isBelow(lineLevel, level)
      ? () => {}
      : (event, members = {}) => {
          try {
            const names = MEMBERS.filter(name => lineLevel === 'debug' || (name !== 'body' && name !== 'query'))
            const redacted = redactMembers(members)
            const written = Object.fromEntries(names.map(name => [name, redacted[name]]))
            const time = new Date(now()).toISOString()
            write(JSON.stringify({ time, level: lineLevel, event, ...(redactSecrets(written) as object) }))
          } catch {
            // A line that cannot be written must not make the request fail.
          }
        }
  const log = { level, debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
  redacting.add(log)
  return log
}

const isBelow = (level: LogLevel, minimum: LogLevel): boolean => LOG_LEVELS.indexOf(level) < LOG_LEVELS.indexOf(minimum)

/** The logs that already redact their members. */
const redacting = new WeakSet<Log>()

type Members = Readonly<Partial<Record<LogMember, unknown>>>

/**
 * Wraps a log, which may be the user's own, so that it gets redacted paths and errors only.
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
    (event, members) => {
      if (isBelow(level, log.level)) return
      log[level](event, members && redactMembers(members))
    }
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
