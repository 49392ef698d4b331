import { kindOf } from '../../core/base/error-text.ts'
import { once } from '../../core/base/single-flight.ts'
import {
  type AnyNotification,
  acknowledge,
  ConfigurationError,
  type Notification,
  refuse,
  Wechatpay,
  WechatpayError,
} from '../../core/index.ts'
import { isV3 } from '../../core/notification/message-checks.ts'
import { readNotification, requireRequest } from '../../core/notification/receive.ts'
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
import {
  type AnyNotificationContext,
  createRouter,
  isQuestion,
  type NotificationContext,
  type NotificationHandlers,
} from './handlers.ts'
import { createRefusalLog, createUncomparedLog, createUnhandledLog, type NotificationSummary } from './refusal-log.ts'
import { createSingleFlight } from './single-flight.ts'

/** Options of {@link createNotificationHandler}. */
export interface NotificationHandlerOptions {
  /**
   * Returns whether the notification was handled before; if so, it is acknowledged without calling a handler. Called
   * before a handler, and for APIv2 payments and refunds before the confirming query, when only `id` is reliable.
   * Requires `remember`.
   *
   * @param id the notification's id, prefixed with the mchid and a slash if there are several merchants
   */
  seen?: (id: string, notification: Notification) => boolean | Promise<boolean>
  /**
   * Records that a notification has been handled. Called after the handler and before the response to WeChat Pay, so a
   * crash in between causes a repetition, never a loss; handlers must tolerate repetitions. Requires `seen`. A handler
   * that records the id itself, in the transaction of its own changes, gives a function that does nothing.
   */
  remember?: (id: string, notification: Notification) => unknown
  /**
   * Receives the error for each refused notification. The library's own errors contain neither keys nor contents of the
   * notification; errors of a handler are passed as thrown. Default: logs the first of each kind (code and event) with
   * `console.warn`.
   */
  onError?: (error: unknown, notification: NotificationSummary) => void
  /**
   * Returns the merchant's record of the order that a notification reports as paid: amount, currency, appid; undefined
   * if the order is unknown. If WeChat Pay's values differ, only `onUnexpected` is called. A record without an integer
   * `total` could not be compared: it causes a `CallError`, and the notification is refused and repeated. If omitted,
   * nothing is compared, and the first payment that a handler is called for logs that with `console.warn`. `false` if
   * handlers compare payments themselves, with `requireExpected` or `settledOrder`: then nothing is logged.
   */
  expect?: false | ((notification: PaidNotification, context: NotificationContext) => Expected | Promise<Expected>)
  /**
   * Handles a paid order that differs from the result of `expect`: do not fulfil it, and record it for investigation.
   * The notification is acknowledged when it returns. If omitted, the notification is refused with
   * {@link UnexpectedOrderError}, and WeChat Pay repeats it for a day.
   */
  onUnexpected?: (
    notification: Notification,
    differences: readonly Difference[],
    context: NotificationContext,
  ) => unknown
  /**
   * Accepts the APIv2 notifications `transaction-success`, `combined-transactions-success` and `refund-processed`
   * without confirmation. By default each is confirmed by a query before its handler is called (see
   * `confirmNotification`), and refused if WeChat Pay contradicts it: anybody who has a text signed with the APIv2 key
   * may be able to forge a payment, and refunds are not signed at all. Queries for replayed or forged notifications are
   * limited to 30 per merchant, plus one every two seconds. Default: false
   */
  trustUnconfirmedV2?: boolean
  /**
   * Milliseconds until WeChat Pay gets a response; it waits 5,000. A slower handler continues, but its notification is
   * refused (`TIMEOUT`) and repeated. Default: 4,000
   */
  limit?: number
  /** Returns milliseconds since 1970. Default: `Date.now` */
  now?: () => number
  /** Waits for `limit`. Default: the runtime's timer */
  wait?: Wait
}

/**
 * A notification of a paid order, as passed to `expect`; typed with the numbers that identify orders in APIv3 and
 * APIv2.
 */
export type PaidNotification = AnyNotification<string, PaidOrder>

/** Numbers of a paid order, of which at least one is set. */
export interface PaidOrder {
  readonly out_trade_no?: string
  /** Number of a combined order (合单). */
  readonly combine_out_trade_no?: string
  /** Sub-merchant (特约商户号) of a partner's order; `sub_mch_id` in APIv2. Order numbers are unique only within it. */
  readonly sub_mchid?: string
  readonly sub_mch_id?: string
}

/** Result of `expect`. */
type Expected = ExpectedOrder | ExpectedCombinedOrder | undefined

/**
 * Handles an HTTP request from WeChat Pay.
 *
 * @param request the `Request` with its body unread; for Express, Koa, Fastify and NestJS, wrap the handler with
 * `wechatpay-edge/frameworks`
 * @param context for runtimes that stop work once the response is sent (Cloudflare's `ExecutionContext`): remaining
 * work is passed to its `waitUntil`
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

/**
 * Rejects options that would silently have no effect: with `expects` or `expect: undefined` payments would not be
 * compared.
 */
function checkHandlerOptions(options: NotificationHandlerOptions): void {
  for (const [name, value] of Object.entries(options)) {
    const type = Object.hasOwn(OPTIONS, name) ? OPTIONS[name as keyof NotificationHandlerOptions] : undefined
    if (name === 'expect' && value === false) continue
    if (!type) throw new ConfigurationError('OPTION_INVALID', name, `not one of ${Object.keys(OPTIONS).join(', ')}`)
    const mayBeLeftOut = value === undefined && name !== 'expect'
    if (!mayBeLeftOut && typeof value !== type)
      throw new ConfigurationError('OPTION_INVALID', name, `${kindOf(value)}. Give a ${type}, or leave it out`)
  }
  const { seen, remember } = options
  if (!seen !== !remember)
    throw new ConfigurationError(
      'OPTION_MISSING',
      seen ? 'remember' : 'seen',
      `"seen" and "remember" work only together: "remember" records an id, "seen" finds it. Give both, or neither`,
    )
}

/** Milliseconds that WeChat Pay waits for a response, and the default limit, which leaves time for the network. */
const WECHATPAY_TIMEOUT = 5000
const DEFAULT_LIMIT = 4000

/**
 * Creates a function from `Request` to `Response` that receives notifications (通知). It verifies and decrypts each one,
 * confirms APIv2 payments and refunds by a query (`transaction-success`, `combined-transactions-success`,
 * `refund-processed`), calls the handler of its event once, and responds in time. A notification is acknowledged after
 * its handler has returned. It is refused, so that WeChat Pay repeats it, if the handler throws, takes longer than
 * `limit`, or does not exist (`otherwise` changes the latter).
 *
 * Write handlers that can run twice (idempotent): WeChat Pay repeats a notification until a response arrives, and the
 * process may stop between the handler and `remember`. A handler that exceeds `limit` continues, and repetitions that
 * reach the same process wait for it; another process runs it again. Let handlers only store the notification or
 * enqueue it, and do long-running work after the acknowledgement, on Workers under `waitUntil` of `cloudflare:workers`.
 * Such work must be resumable from what was stored, because WeChat Pay does not repeat acknowledged notifications.
 *
 * @param clients the client of the merchant; a record of clients by mchid (商户号); or a function that chooses by request
 * @param handlers the handlers by event
 * @param options see {@link NotificationHandlerOptions}
 * @returns the function, which rejects with a {@link ConfigurationError} if its argument is not a `Request`
 * @throws {ConfigurationError} a client is not that of its mchid, a handler is not a function or not named after an
 * event, an option is unknown or has the wrong type, `seen` or `remember` is given alone, or `limit` is too long for
 * WeChat Pay
 * @example
 * ```ts
 * const handler = createNotificationHandler(wxpay, {
 *   'TRANSACTION.SUCCESS': ({ resource }) => ship(resource.out_trade_no),
 *   'REFUND.*': ({ resource }) => recordRefund(resource.out_refund_no, resource.refund_status),
 *   otherwise: ({ event }) => console.log('ignored:', event),
 * }, { expect: ({ resource }) => db.expected(resource) }) // { total: 100, appid }
 * app.post('/notify', c => handler(c.req.raw)) // Hono
 * app.post('/notify', nodeHandler(handler)) // Express, NestJS; nodeHandler of wechatpay-edge/frameworks
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
    throw new ConfigurationError(
      'OPTION_INVALID',
      'limit',
      `not between 0 and ${WECHATPAY_TIMEOUT}, the milliseconds that WeChat Pay waits`,
    )
  const receive = createReceiver(clients)
  const handlerOf = createRouter(handlers)
  const logUnhandled = createUnhandledLog()
  const logUncompared = createUncomparedLog()
  const singleFlight = createSingleFlight(now)
  const confirm = createConfirmer(now)
  const keyOf = ({ mchid, brandId }: AnyNotificationContext, id: string) =>
    brandId !== undefined ? `brand/${brandId}/${id}` : clients instanceof Wechatpay ? id : `${mchid}/${id}`
  const report = (error: unknown, summary: NotificationSummary) => {
    try {
      onError(error, { ...summary })
    } catch {
      // An error in `onError` must not change the response to WeChat Pay.
    }
  }

  /**
   * Compares a payment with the merchant's records.
   *
   * @param isHandled whether a handler is called for it, which relies on the comparison
   */
  async function findUnexpected(
    notification: Notification,
    context: AnyNotificationContext,
    isHandled: boolean,
  ): Promise<UnexpectedOrderError | undefined> {
    if (context.mchid === undefined || !isPayment(notification)) return undefined
    if (expect === undefined && isHandled) logUncompared()
    if (!expect) return undefined
    try {
      requireExpected(notification.resource as object, await expect(notification as PaidNotification, context))
      return undefined
    } catch (error) {
      if (error instanceof UnexpectedOrderError) return error
      throw error
    }
  }

  /**
   * Returns a function that creates the response, because repetitions that wait for the same work each need their own.
   */
  async function handle(id: string, { notification, context }: ReceivedNotification): Promise<() => Response> {
    const handler = handlerOf(notification)
    const needsAnswer = isQuestion(notification)
    // Questions need their answer each time, so they are not deduplicated.
    if (!needsAnswer && (await seen?.(id, notification))) return () => acknowledge(notification)
    const unexpected = await findUnexpected(notification, context, handler !== 'acknowledge')
    if (unexpected && context.mchid !== undefined) {
      if (!onUnexpected) throw unexpected
      await onUnexpected(notification, unexpected.differences, context)
      await remember?.(id, notification)
      return () => acknowledge(notification)
    }
    const answer = handler === 'acknowledge' ? logUnhandled(notification.event) : await handler(notification, context)
    if (needsAnswer && Object(answer) !== answer) throw missingAnswerError(notification)
    const isResponse = answer instanceof Response
    if (!needsAnswer && !(isResponse && !answer.ok)) await remember?.(id, notification)
    return isResponse ? copiesOf(answer) : () => acknowledge(notification, needsAnswer ? (answer as object) : undefined)
  }

  async function respond(request: Request, summary: NotificationSummary): Promise<Response> {
    let isXml = false
    const readBody = once(async () => {
      const body = await readNotification(request)
      isXml = !isV3(request.headers) && /^\s*</.test(new TextDecoder().decode(body))
      return body
    })
    try {
      const received = await receive({ request, readBody })
      const { context } = received
      Object.assign(summary, summarize(context, received.notification))
      const needsConfirmation = !trustUnconfirmedV2 && confirmationOf(received.notification) !== undefined
      // Replays must not cause queries.
      if (needsConfirmation && (await seen?.(keyOf(context, received.notification.id), received.notification)))
        return acknowledge(received.notification)
      const notification = needsConfirmation
        ? await confirm(context.wechatpay, received.notification)
        : received.notification
      Object.assign(summary, summarize(context, notification))
      const key = keyOf(context, notification.id)
      return (await singleFlight(key, () => handle(key, { notification, context })))()
    } catch (error) {
      report(error, summary)
      return refuse(error, isXml ? 'v2' : 'v3')
    }
  }

  return async (request, context) => {
    requireRequest(request)
    if (request.method !== 'POST') return new Response(null, { status: 405, headers: { allow: 'POST' } })
    const summary: NotificationSummary = {}
    const ended = new AbortController()
    const work = respond(request, summary)
    context?.waitUntil?.(work)
    const timeout = waitForLimit(limit, ended.signal).then(() => {
      report(timeoutError(limit), summary)
      return refuse(undefined)
    })
    try {
      return await Promise.race([work, timeout])
    } finally {
      ended.abort()
    }
  }
}

const summarize = (
  { mchid, brandId }: AnyNotificationContext,
  { api, id, event }: Notification,
): NotificationSummary => ({ ...(brandId === undefined ? { mchid } : { brandId }), api, id, event })

/** Buffers a response, because a body can be sent only once. */
async function copiesOf(response: Response): Promise<() => Response> {
  const { status, headers } = response
  const body = await response.arrayBuffer()
  return () => new Response(body.byteLength > 0 ? body : null, { status, headers })
}

const timeoutError = (limit: number) =>
  new WechatpayError(
    'TIMEOUT',
    `The handler took longer than ${limit} ms, so the notification was refused and WeChat Pay repeats it; the handler continues. Store the notification or enqueue it, return, and do the rest afterwards (on Workers under waitUntil). The handler must be able to run twice.`,
  )

const missingAnswerError = ({ event }: Notification) =>
  new ConfigurationError(
    'OPTION_INVALID',
    `handlers['${event}']`,
    'returned no answer. This notification is a question: return an object',
  )
