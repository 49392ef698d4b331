import type { Log } from '../ports.ts'

export type LogLevel = 'debug' | 'info' | 'warn'

const LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn']

/**
 * Structured logs, one line of JSON an event. What is handed to it holds no secret by itself: bodies are never logged. What
 * looks like one all the same is taken out, as a second line of defence.
 *
 * @param level the least that is written
 */
export function createLog({
  level,
  write,
  now = Date.now,
}: {
  level: LogLevel
  write: (line: string) => void
  now?: () => number
}): Log {
  const at = (one: LogLevel) =>
    LEVELS.indexOf(one) < LEVELS.indexOf(level)
      ? () => {}
      : (event: string, members: Readonly<Record<string, unknown>> = {}) => {
          write(JSON.stringify({ time: new Date(now()).toISOString(), level: one, event, ...members }, redacted))
        }
  return { debug: at('debug'), info: at('info'), warn: at('warn') }
}

/** Members that would hold a secret, whatever it looks like. */
const SECRET_NAMES =
  /^(?:authorization|(?:api|private|public|secret|session)[_-]?(?:v[23])?[_-]?key|apiv[23]Key|key|token|secrets?|password|passphrase|sign|pay_?sign|signature|ciphertext|openid|sub_openid|sp_openid|phone|mobile|id_card\w*|bank_account\w*)$/i
/** What a secret looks like: a PEM, a credential, one of ours, a JWT, a signature. */
const SECRETS =
  /-----BEGIN[\s\S]*?(?:-----END[^-]*-----|$)|(?<=\b(?:Bearer|Basic) )[\w.~+/=-]+|\b(?:whsec|wxe)_[\w+/=-]+|\beyJ[\w-]+\.[\w-]+\.[\w-]*|[A-Za-z0-9+/]{86,}={0,2}/g

function redacted(name: string, value: unknown): unknown {
  if (typeof value === 'bigint') return String(value)
  if (SECRET_NAMES.test(name) && value !== undefined && value !== null) return '[redacted]'
  return typeof value === 'string' ? value.replace(SECRETS, '[redacted]') : value
}
