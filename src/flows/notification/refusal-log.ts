import { printable } from '../../core/base/error-text.ts'
import { parseJsonOr } from '../../core/codec/json.ts'
import { type Notification, NotificationError, WechatpayError } from '../../core/index.ts'

/** The notification that an error is about, as far as it was read. */
export interface NotificationSummary {
  mchid?: string
  /** For a notification of the brand API, in place of `mchid`. */
  brandId?: string
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
  return (error, { event }) => {
    const code = error instanceof WechatpayError ? error.code : undefined
    const kind = `${code} ${event}`
    if (logged.has(kind)) return
    logged.add(kind)
    warn(
      `wechatpay-edge: a notification (${event === undefined ? claimOf(error) : `event: ${printable(event)}`}) was refused (${code ?? 'its handler threw'}). Further ones of this kind are not logged; set onError to see each.`,
      error,
    )
  }
}

/**
 * Describes the event of a refused notification. One that is readable, but not for this client, claims an event in plain text. Claims
 * are not part of what is deduplicated, because anybody can invent them.
 */
function claimOf(error: unknown): string {
  const isReadable = error instanceof NotificationError && READABLE.includes(error.code)
  const { event_type: claimed } = Object(isReadable && parseJsonOr(error.body, undefined)) as { event_type?: unknown }
  return typeof claimed === 'string' ? `claimed: ${printable(claimed)}` : 'event: unknown'
}

const READABLE: readonly string[] = ['DECRYPTION_FAILED', 'MERCHANT_MISMATCH']

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

/** Creates a function that logs once that payments are not compared with the merchant's records. */
export function createUncomparedLog(): () => void {
  let isLogged = false
  return () => {
    if (isLogged) return
    isLogged = true
    warn(
      'wechatpay-edge: a payment was not compared with your records, because createNotificationHandler has no "expect". Set it; or set expect: false if your handler compares the payment itself (requireExpected, settledOrder). This is logged once.',
    )
  }
}

// biome-ignore lint/suspicious/noConsole: without onError, refused notifications would go unnoticed
const warn = (...words: unknown[]): void => console.warn(...words)
