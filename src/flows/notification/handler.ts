import { kindOf } from '../../core/error-text.ts'
import {
  acknowledge,
  ConfigurationError,
  type Notification,
  refuse,
  Wechatpay,
  WechatpayError,
} from '../../core/index.ts'
import { readNotification, requireRequest } from '../../core/notification/receive.ts'
import { isV3 } from '../../core/notification/received.ts'
import { once } from '../../core/single-flight.ts'
import {
  type Difference,
  type ExpectedCombinedOrder,
  type ExpectedOrder,
  isPayment,
  requireExpected,
  UnexpectedOrderError,
} from '../expectation.ts'
import { type Wait, waitWithTimer } from '../wait.ts'
import { createReceiver, type NotificationClients, type ReceivedNotification } from './clients.ts'
import { confirmationOf } from './confirmations.ts'
import { createConfirmer } from './confirmer.ts'
import { createRouter, isQuestion, type NotificationContext, type NotificationHandlers } from './handlers.ts'
import { createRefusalLog, createUnhandledLog } from './refusal-log.ts'
import { createSingleFlight } from './single-flight.ts'

export interface NotificationHandlerOptions {
  /**
   * Tells whether a notification was handled before: then it is acknowledged, and no handler is called. Called before a
   * handler is; for an APIv2 payment or refund also before the query that confirms it, when nothing but `id` may be relied
   * on.
   *
   * @param id the notification's; of several merchants, with the mchid and a slash before it
   */
  seen?: (id: string, notification: Notification) => boolean | Promise<boolean>
  /**
   * Notes that a notification is handled. Called when the handler is through and before WeChat Pay is answered: whatever
   * breaks in between, the notification comes again. None is lost, and a handler must cope with a repetition.
   */
  remember?: (id: string, notification: Notification) => unknown
  /**
   * Receives the error for each notification that was refused: the library's own hold no key and nothing of what the
   * notification says, a handler's own come as they were thrown. Default: the first of each kind (code and event) is written
   * with `console.warn`.
   */
  onError?: (error: unknown, about: NotificationSummary) => void
  /**
   * Returns what the merchant's own records say of the order that a notification reports as paid: amount, currency, appid;
   * undefined where they do not have it. If WeChat Pay says otherwise, no handler is called but `onUnexpected`. A record that could
   * compare nothing, for want of an integer `total`, is a `CallError`: the notification is refused, and comes again.
   */
  expect?: (notification: PaidNotification, context: NotificationContext) => Expected | Promise<Expected>
  /**
   * Handles a paid order that is not what `expect` says: hand nothing over, and write it down for somebody to look into.
   * When it returns, the notification is acknowledged. Without it the notification is refused with {@link
   * UnexpectedOrderError}, and comes again for a day.
   */
  onUnexpected?: (
    notification: Notification,
    differences: readonly Difference[],
    context: NotificationContext,
  ) => unknown
  /**
   * Accepts the APIv2 notifications `transaction-success`, `combined-transactions-success` and `refund-processed`
   * unconfirmed. By default each is confirmed by a query before a handler is called (see `confirmNotification`), and refused
   * if WeChat Pay says otherwise: whoever holds a text that the APIv2 key signed may forge a payment, and a refund is not
   * signed at all. The queries that replayed or made-up notifications cause are bounded: 30 per merchant, and one more every
   * two seconds. Default: false.
   */
  trustUnconfirmedV2?: boolean
  /**
   * Milliseconds within which WeChat Pay is answered, below the 5,000 that it waits. A handler that takes longer goes on,
   * but its notification is refused (`TIMEOUT`) and comes again. Default: 4,000.
   */
  limit?: number
  /** Milliseconds since 1970. Default: `Date.now`. */
  now?: () => number
  /** Waits for the limit. Default: the runtime's timer. */
  wait?: Wait
}

/** A notification of a paid order, as `expect` is given it: what tells one order from another, in APIv3 and APIv2. */
export type PaidNotification = Notification<string, PaidOrder>

/** The names of a paid order. One of them is there. */
export interface PaidOrder {
  readonly out_trade_no?: string
  /** The numbers of a combined order (合单). */
  readonly combine_out_trade_no?: string
  /** The sub-merchant (特约商户号) of a partner's order; in APIv2 `sub_mch_id`. A partner's number is unique only within it. */
  readonly sub_mchid?: string
  readonly sub_mch_id?: string
}

/** The value that `expect` returns. */
type Expected = ExpectedOrder | ExpectedCombinedOrder | undefined

/** The notification that an error is about, as far as it is known. */
export interface NotificationSummary {
  mchid?: string
  api?: Notification['api']
  id?: string
  event?: string
}

/**
 * Answers a request of WeChat Pay's.
 *
 * @param request the `Request` as it came, its body unread; of an `IncomingMessage` of Node and Express make one (see
 * `receiveNotification`)
 * @param context where a runtime ends with the answer (Cloudflare's `ExecutionContext`): what outlasts it is handed to its
 * `waitUntil`
 */
export type NotificationHandler = (
  request: Request,
  context?: { waitUntil?(work: Promise<unknown>): void },
) => Promise<Response>

const OPTIONS: Readonly<Record<keyof NotificationHandlerOptions, 'function' | 'boolean' | 'number'>> = {
  seen: 'function',
  remember: 'function',
  onError: 'function',
  expect: 'function',
  onUnexpected: 'function',
  trustUnconfirmedV2: 'boolean',
  limit: 'number',
  now: 'function',
  wait: 'function',
}

/** Refuses options that would silently do nothing: with `expects` or `expect: undefined` no payment would be compared. */
function checkHandlerOptions(options: NotificationHandlerOptions): void {
  for (const [name, value] of Object.entries(options)) {
    const type = Object.hasOwn(OPTIONS, name) ? OPTIONS[name as keyof NotificationHandlerOptions] : undefined
    if (!type) throw new ConfigurationError('OPTION_INVALID', name, `not one of ${Object.keys(OPTIONS).join(', ')}`)
    const mayBeLeftOut = value === undefined && name !== 'expect'
    if (!mayBeLeftOut && typeof value !== type)
      throw new ConfigurationError('OPTION_INVALID', name, `${kindOf(value)}. Give a ${type}, or leave it out`)
  }
}

/** Milliseconds that WeChat Pay waits for an answer, and the part of them that the network does not need. */
const WECHATPAY_TIMEOUT = 5000
const DEFAULT_LIMIT = 4000

/**
 * Creates a function from `Request` to `Response` that receives notifications (通知). It verifies and decrypts each, confirms
 * APIv2 payments and refunds by a query (`transaction-success`, `combined-transactions-success`, `refund-processed`), calls
 * the handler of its event once, and answers in time. A notification is acknowledged when its handler is through. Otherwise
 * it is refused, so that WeChat Pay sends it again: when the handler throws, when it takes longer than `limit`, or when
 * there is no handler (`otherwise` changes that).
 *
 * Write handlers that can run twice (idempotent): WeChat Pay repeats a notification until one answer arrives, and the
 * process may end between the handler's work and `remember`. A handler that outlives `limit` goes on, and repetitions that
 * reach the same process wait for the same work; another process starts it anew. So let a handler only store the
 * notification, or put it into a queue, and do long work after the acknowledgement, on Workers under `waitUntil` of
 * `cloudflare:workers`. Such work must be resumed from what was stored: WeChat Pay does not repeat what was acknowledged.
 *
 * @param clients the client of the merchant; those of several, by mchid (商户号); or a function that picks by the URL
 * @param handlers by event
 * @returns rejects with a {@link ConfigurationError} if it is not given a `Request`
 * @throws {ConfigurationError} a client is not the merchant's, a handler is not a function, no event has a handler's name, an option is unknown or of another type, `limit` is
 * beyond WeChat Pay's
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4012071382
 * @example
 * ```ts
 * const handler = createNotificationHandler(wxpay, {
 *   'TRANSACTION.SUCCESS': ({ resource }) => ship(resource.out_trade_no),
 *   'REFUND.*': ({ resource }) => note(resource.out_refund_no, resource.refund_status),
 *   otherwise: ({ event }) => console.log('not for us:', event),
 * }, { expect: ({ resource }) => db.expected(resource) }) // { total: 100, appid }: as the order was placed
 * app.post('/notify', c => handler(c.req.raw)) // Hono
 * export default { fetch: (request, _, context) => handler(request, context) } // Cloudflare Workers
 * Deno.serve(request => handler(request))
 * ```
 */
export function createNotificationHandler(
  clients: NotificationClients,
  handlers: NotificationHandlers,
  options: NotificationHandlerOptions = {},
): NotificationHandler {
  checkHandlerOptions(options)
  const { seen, remember, expect, onUnexpected, onError = createRefusalLog(), trustUnconfirmedV2 = false } = options
  const { limit = DEFAULT_LIMIT, wait: waitForLimit = waitWithTimer, now = Date.now } = options
  if (!(limit > 0 && limit < WECHATPAY_TIMEOUT))
    throw new ConfigurationError('OPTION_INVALID', 'limit', `WeChat Pay waits ${WECHATPAY_TIMEOUT} ms: give less`)
  const receive = createReceiver(clients)
  const handlerOf = createRouter(handlers, createUnhandledLog())
  const singleFlight = createSingleFlight(now)
  const confirm = createConfirmer(now)
  const keyOf = (mchid: string, id: string) => (clients instanceof Wechatpay ? id : `${mchid}/${id}`)
  const report = (error: unknown, about: NotificationSummary) => {
    try {
      onError(error, { ...about })
    } catch {
      // An error in `onError` must not change the answer to WeChat Pay.
    }
  }

  /** Compares a payment with the merchant's records. */
  async function findUnexpected(
    notification: Notification,
    context: NotificationContext,
  ): Promise<UnexpectedOrderError | undefined> {
    if (!expect || !isPayment(notification)) return undefined
    try {
      requireExpected(notification.resource as object, await expect(notification as PaidNotification, context))
      return undefined
    } catch (error) {
      if (error instanceof UnexpectedOrderError) return error
      throw error
    }
  }

  /** @returns what makes the answer, for each who waits for it */
  async function handle(id: string, { notification, ...context }: ReceivedNotification): Promise<() => Response> {
    const handler = handlerOf(notification)
    const needsAnswer = isQuestion(notification)
    // A question that comes again is asked again.
    if (!needsAnswer && (await seen?.(id, notification))) return () => acknowledge(notification)
    const unexpected = await findUnexpected(notification, context)
    if (unexpected) {
      if (!onUnexpected) throw unexpected
      await onUnexpected(notification, unexpected.differences, context)
      await remember?.(id, notification)
      return () => acknowledge(notification)
    }
    const answer = await handler(notification, context)
    if (needsAnswer && Object(answer) !== answer) throw missingAnswerError(notification)
    const isResponse = answer instanceof Response
    if (!needsAnswer && !(isResponse && !answer.ok)) await remember?.(id, notification)
    return isResponse ? copiesOf(answer) : () => acknowledge(notification, needsAnswer ? (answer as object) : undefined)
  }

  async function respond(request: Request, about: NotificationSummary): Promise<Response> {
    let isXml = false
    const readBody = once(async () => {
      const body = await readNotification(request)
      isXml = !isV3(request.headers) && /^\s*</.test(new TextDecoder().decode(body))
      return body
    })
    try {
      const received = await receive({ request, readBody })
      const { mchid, wechatpay } = received
      Object.assign(about, summarize(mchid, received.notification))
      const needsConfirmation = !trustUnconfirmedV2 && confirmationOf(received.notification) !== undefined
      // A replay must not cause a query.
      if (needsConfirmation && (await seen?.(keyOf(mchid, received.notification.id), received.notification)))
        return acknowledge(received.notification)
      const notification = needsConfirmation ? await confirm(wechatpay, received.notification) : received.notification
      Object.assign(about, summarize(mchid, notification))
      const key = keyOf(mchid, notification.id)
      return (await singleFlight(key, () => handle(key, { notification, mchid, wechatpay })))()
    } catch (error) {
      report(error, about)
      return refuse(error, isXml ? 'v2' : 'v3')
    }
  }

  return async (request, context) => {
    requireRequest(request)
    if (request.method !== 'POST') return new Response(null, { status: 405, headers: { allow: 'POST' } })
    const about: NotificationSummary = {}
    const ended = new AbortController()
    const work = respond(request, about)
    context?.waitUntil?.(work)
    const timeout = waitForLimit(limit, ended.signal).then(() => {
      report(timeoutError(limit), about)
      return refuse(undefined)
    })
    try {
      return await Promise.race([work, timeout])
    } finally {
      ended.abort()
    }
  }
}

const summarize = (mchid: string, { api, id, event }: Notification): NotificationSummary => ({ mchid, api, id, event })

/** A body goes once over the wire; the answer may have to several times. */
async function copiesOf(response: Response): Promise<() => Response> {
  const { status, headers } = response
  const body = await response.arrayBuffer()
  return () => new Response(body.byteLength > 0 ? body : null, { status, headers })
}

const timeoutError = (limit: number) =>
  new WechatpayError(
    'TIMEOUT',
    `The handler took longer than ${limit} ms, so the notification was refused and comes again; the handler goes on. Store the notification or put it into a queue, return, and do the rest afterwards (on Workers under waitUntil). The handler must be able to run twice.`,
  )

const missingAnswerError = ({ event }: Notification) =>
  new ConfigurationError(
    'OPTION_INVALID',
    `handlers['${event}']`,
    'this notification asks: return the answer, an object',
  )
