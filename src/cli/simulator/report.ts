import type { Terminal } from '../terminal.ts'

/** What the terminal learns of a request: nothing that is secret, and nothing of what it carried. */
export interface RequestReport {
  readonly method?: string | undefined
  /** As it was sent; its query is not shown. */
  readonly target?: string | undefined
  readonly status?: number | undefined
  readonly code?: string | undefined
  readonly signature?: string | undefined
  /** What went wrong on demand. */
  readonly faults?: readonly string[] | undefined
  /** Of what never became a request, or of a fault of the simulator's own. */
  readonly why?: string | undefined
}

export interface NotificationReport {
  readonly url: string
  readonly event?: string | undefined
  /** Absent: nobody answered. */
  readonly status?: number | undefined
  readonly why?: string | undefined
}

export interface Report {
  /** A line for people, or an object a line where --json asks for it. */
  started(text: string, facts: object): void
  request(report: RequestReport): void
  notification(report: NotificationReport): void
}

/** Speaks of what happens, one line each. */
export function createReport(
  { print }: Pick<Terminal, 'print'>,
  { json, quiet, now = Date.now }: { json: boolean; quiet: boolean; now?: () => number },
): Report {
  const say = (kind: string, facts: object, words: readonly unknown[]): void => {
    const time = new Date(now())
    if (quiet) return
    if (json) print(JSON.stringify({ time: time.toISOString(), kind, ...facts }))
    else print([clock(time), ...words.filter(Boolean)].join('  '))
  }
  return {
    started: (text, facts) => print(json ? JSON.stringify({ kind: 'started', ...facts }) : text),
    // Named one by one: whatever else comes along is not for the terminal.
    request({ method = '', target, status, code, signature, faults, why }) {
      const path = target === undefined ? undefined : printable(target.replace(/\?.*$/s, ''))
      const outcome = [status || (faults && 'cut'), code === String(status) ? '' : code].filter(Boolean).join(' ')
      const marks = [SIGNATURES[signature ?? ''], faults && `fault: ${faults.join(', ')}`, why]
      say('request', { method, path, status, code, signature, faults, why }, [
        method.padEnd(4),
        path,
        outcome,
        ...marks,
      ])
    },
    notification({ url, event, status, why }) {
      const to = printable(URL.canParse(url) ? new URL(url).origin + new URL(url).pathname : url)
      say('notification', { url: to, event, status, why }, ['⇒   ', to, event && printable(event), status, why])
    },
  }
}

const SIGNATURES: Readonly<Record<string, string>> = {
  valid: 'signature valid',
  invalid: 'signature INVALID',
  absent: 'unsigned',
}

/** In the zone of whoever looks on, to the millisecond. */
const clock = (time: Date): string =>
  new Date(time.getTime() - time.getTimezoneOffset() * 60_000).toISOString().slice(11, 23)

const MOST = 120

/** A path as it may stand on a terminal: whoever sends a request must not steer it. */
function printable(text: string): string {
  const plain = text.replace(/[^\x21-\x7e]/gu, encode)
  return plain.length > MOST ? `${plain.slice(0, MOST)}…` : plain
}

const encode = (character: string): string =>
  [...new TextEncoder().encode(character)].map(byte => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join('')
