import { jsonText, type Terminal } from '../terminal.ts'

/** The part of a request that is printed: no secrets, and nothing of its body. */
export interface RequestReport {
  readonly method?: string | undefined
  /** The request target as sent; its query is not printed. */
  readonly target?: string | undefined
  readonly status?: number | undefined
  readonly code?: string | undefined
  readonly signature?: string | undefined
  /** The injected faults. */
  readonly faults?: readonly string[] | undefined
  /** The reason why there was no valid request, or an error of the simulator. */
  readonly reason?: string | undefined
}

export interface NotificationReport {
  readonly url: string
  readonly event?: string | undefined
  /** Absent if there was no response. */
  readonly status?: number | undefined
  readonly reason?: string | undefined
}

export interface Report {
  /** Prints text for people, or one object per line with --json. */
  started(text: string, facts: object): void
  request(report: RequestReport): void
  notification(report: NotificationReport): void
}

/** Creates a report that prints one line per request and notification. */
export function createReport(
  { print }: Pick<Terminal, 'print'>,
  { json, quiet, now = Date.now }: { json: boolean; quiet: boolean; now?: () => number },
): Report {
  const write = (kind: string, facts: object, words: readonly unknown[]): void => {
    const time = new Date(now())
    if (quiet) return
    if (json) print(jsonText({ time: time.toISOString(), kind, ...facts }))
    else print([clock(time), ...words.filter(Boolean)].join('  '))
  }
  return {
    started: (text, facts) => print(json ? jsonText({ kind: 'started', ...facts }) : text),
    // Members are named one by one, so that nothing else is printed.
    request({ method = '', target, status, code, signature, faults, reason }) {
      const path = target === undefined ? undefined : printable(target.replace(/\?.*$/s, ''))
      const outcome = [status || (faults && 'cut'), code === String(status) ? '' : code].filter(Boolean).join(' ')
      const marks = [SIGNATURES[signature ?? ''], faults && `fault: ${faults.join(', ')}`, reason]
      write('request', { method, path, status, code, signature, faults, reason }, [
        method.padEnd(4),
        path,
        outcome,
        ...marks,
      ])
    },
    notification({ url, event, status, reason }) {
      const to = printable(URL.canParse(url) ? new URL(url).origin + new URL(url).pathname : url)
      write('notification', { url: to, event, status, reason }, ['⇒   ', to, event && printable(event), status, reason])
    },
  }
}

const SIGNATURES: Readonly<Record<string, string>> = {
  valid: 'signature valid',
  invalid: 'signature INVALID',
  absent: 'unsigned',
}

/** Formats the local time to the millisecond. */
const clock = (time: Date): string =>
  new Date(time.getTime() - time.getTimezoneOffset() * 60_000).toISOString().slice(11, 23)

const MAX_LENGTH = 120

/** Escapes and shortens a path, because a request must not control the terminal. */
function printable(text: string): string {
  const plain = text.replace(/[^\x21-\x7e]/gu, encode)
  return plain.length > MAX_LENGTH ? `${plain.slice(0, MAX_LENGTH)}…` : plain
}

const encode = (character: string): string =>
  [...new TextEncoder().encode(character)].map(byte => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join('')
