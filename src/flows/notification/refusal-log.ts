import { printable } from '../../core/error-text.ts'
import { type Notification, WechatpayError } from '../../core/index.ts'

/** The notification that an error is about, as far as it was read. */
export interface NotificationSummary {
  mchid?: string
  api?: Notification['api']
  id?: string
  event?: string
}

/**
 * Creates the default `onError`, which logs the first refusal of each kind (error code and event) with `console.warn`.
 * Anybody can post to a `notify_url`, so the log must not grow with the number of requests.
 */
export function createRefusalLog(): (error: unknown, notification: NotificationSummary) => void {
  const logged = new Set<string>()
  return (error, { event = 'unknown' }) => {
    const code = error instanceof WechatpayError ? error.code : undefined
    const kind = `${code} ${event}`
    if (logged.has(kind)) return
    logged.add(kind)
    warn(
      `wechatpay-edge: a notification (event: ${printable(event)}) was refused (${code ?? 'its handler threw'}). Further ones of this kind are not logged; set onError to see each.`,
      error,
    )
  }
}

/** Creates a function that logs the first notification of each event that `otherwise: 'acknowledge'` accepts. */
export function createUnhandledLog(): (name: string) => void {
  const logged = new Set<string>()
  return name => {
    if (logged.has(name)) return
    logged.add(name)
    warn(
      `wechatpay-edge: notifications ${printable(name)} have no handler and are acknowledged (otherwise: 'acknowledge'), so WeChat Pay does not repeat them.`,
    )
  }
}

// biome-ignore lint/suspicious/noConsole: without onError, refused notifications would go unnoticed
const warn = (...words: unknown[]): void => console.warn(...words)
