import { printable } from '../../core/error-text.ts'
import { WechatpayError } from '../../core/index.ts'
import type { NotificationSummary } from './handler.ts'

/**
 * Creates the `onError` of a handler that was given none: it writes the first refusal of each kind, an error code and an
 * event, with `console.warn`. Anybody can post to a `notify_url`, so the log must not grow with what arrives.
 */
export function createRefusalLog(): (error: unknown, about: NotificationSummary) => void {
  const logged = new Set<string>()
  return (error, { event = 'unknown' }) => {
    const code = error instanceof WechatpayError ? error.code : undefined
    const kind = `${code} ${event}`
    if (logged.has(kind)) return
    logged.add(kind)
    warn(
      `wechatpay-edge: a notification (event: ${printable(event)}) was refused (${code ?? 'its handler threw'}). Further ones of this kind are not logged: give onError to see each.`,
      error,
    )
  }
}

/** Creates a function that writes the first notification of each event that `otherwise: 'acknowledge'` accepts. */
export function createUnhandledLog(): (name: string) => void {
  const logged = new Set<string>()
  return name => {
    if (logged.has(name)) return
    logged.add(name)
    warn(
      `wechatpay-edge: notifications ${printable(name)} have no handler and are acknowledged (otherwise: 'acknowledge'): WeChat Pay does not send them again.`,
    )
  }
}

// biome-ignore lint/suspicious/noConsole: without onError nobody would learn that notifications are refused
const warn = (...words: unknown[]): void => console.warn(...words)
