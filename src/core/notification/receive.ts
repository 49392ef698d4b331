import type { Api } from '../../definitions/call.ts'
import type { Bytes } from '../base/bytes.ts'
import { ConfigurationError } from '../base/errors.ts'
import { type ByteSource, readBounded } from '../base/read-bounded.ts'
import { senderOf, type Wechatpay } from '../client/client.ts'
import { emitNotification, refusalCodeOf } from '../client/observe.ts'
import { credentialsFor } from '../client/send-call.ts'
import { NotificationError } from './error.ts'
import { isV3 } from './message-checks.ts'
import type { AnyNotification, Notification } from './notification.ts'
import { readV2 } from './v2.ts'
import { checkV3Headers } from './v3.ts'

/**
 * Maximum bytes of a notification. The longest ones, of combined orders (合单) with promotions, have about half of it.
 */
const MAX_NOTIFICATION: number = 2 ** 16
/** Keeps a byte order mark, because the signature covers it. */
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

/**
 * Receives a notification (通知): verifies it with the keys that the client knows, decrypts and parses it. A message with
 * a header `Wechatpay-Signature` belongs to APIv3, or to the brand API if `Wechatpay-Serial` names a key of the client's brand;
 * any other to APIv2. Reads at most 64 KiB, and nothing of an APIv3
 * message before its headers name a recent timestamp and a known key.
 *
 * The signature of an APIv3 notification proves it. APIv2 proves less:
 * - its key also signs requests, responses, signed URLs and payment parameters. Only a message that has every field
 * required by the definition of an event, and none of those of other messages, is accepted as that event;
 * - fields that the definition describes as elements (`transaction_id_list`) are not signed;
 * - `refund-processed` has no signature at all (`verifiedBy` is `undefined`): treat it as a hint, and query the refund.
 *
 * `createNotificationHandler` of `wechatpay-edge/notification` confirms APIv2 payments and refunds by a query; after
 * this function, use `confirmNotification`.
 *
 * Act only on what it returns. WeChat Pay may send a notification several times and in any order; deduplicate by `id`.
 * Respond within 5 seconds, with {@link acknowledge} or {@link refuse}.
 *
 * @param client the client of the notified merchant
 * @param request the `Request` as received, with its body unread. `toRequest(req)` of `wechatpay-edge/frameworks` makes
 * one of a request of `node:http`, Express, Koa, Fastify or NestJS
 * @throws {NotificationError} it is not proven to be WeChat Pay's, is meant for another merchant, or cannot be read or
 * decrypted
 * @throws {ConfigurationError} a required option is missing, `request` is not a `Request`, or its body was read before
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4012071382
 * @example
 * ```ts
 * export default {
 *   async fetch(request, env) {
 *     try {
 *       const notification = await receiveNotification(wechatpay(env), request)
 *       if (isEvent(notification, 'TRANSACTION.SUCCESS')) {
 *         const { resource } = notification
 *         requireExpected(resource, await db.expected(resource.out_trade_no)) // of wechatpay-edge/notification: amount, appid
 *         await ship(resource.out_trade_no)
 *       }
 *       return acknowledge(notification)
 *     } catch (error) {
 *       return refuse(error)
 *     }
 *   },
 * }
 * ```
 */
export async function receiveNotification(client: Wechatpay, request: Request): Promise<Notification> {
  requireRequest(request)
  const read = await checkNotificationHeaders(client, request.headers)
  return read(await observeRefusal(client, apiOfNotification(client, request.headers), readNotification(request)))
}

/**
 * Returns the API of a notification. That of a brand names a key of the brand, which no merchant has; a client without a merchant
 * expects no other. Nothing is signed yet that says so, but each API verifies and decrypts only with keys of its own.
 */
export function apiOfNotification(client: Wechatpay, headers: Headers): Api {
  if (!isV3(headers)) return 'v2'
  const { credentials, brandCredentials } = senderOf(client)
  const isOfBrand =
    brandCredentials && (!credentials || brandCredentials.platformKeys.has(headers.get('wechatpay-serial') ?? ''))
  return isOfBrand ? 'brand' : 'v3'
}

/** Reports the refusal of a notification to the observers of the client. */
const observeRefusal = <T>(client: Wechatpay, api: Api, work: Promise<T>): Promise<T> =>
  work.catch(error => {
    emitNotification(client, { api, refused: refusalCodeOf(error) })
    throw error
  })

/**
 * Requires a `Request` of the Fetch API. Node's `IncomingMessage`, the requests of frameworks, and parsed bodies are
 * not: they lack the signed bytes, or a way to limit how many are read.
 *
 * @throws {ConfigurationError} `OPTION_INVALID`
 */
export function requireRequest(request: unknown): void {
  const { headers, body } = Object(request)
  if (headers?.get && (!body || body.getReader)) return
  throw new ConfigurationError(
    'OPTION_INVALID',
    'request',
    'not a Request of the Fetch API. Pass one with its body unread, not a parsed body. Of the req of Node, Express, Koa, Fastify or NestJS, toRequest(req) of wechatpay-edge/frameworks makes one; of a whole handler, nodeHandler(handler) makes one for Express',
  )
}

/**
 * Checks the headers of a notification before its body is read.
 *
 * @returns a function that reads the body
 * @throws {NotificationError} APIv3: a header is missing, the timestamp is too old, the key is unknown, or it is a
 * probe
 */
export async function checkNotificationHeaders(
  client: Wechatpay,
  headers: Headers,
): Promise<(body: Bytes) => Promise<Notification>> {
  const api = apiOfNotification(client, headers)
  const read = await observeRefusal(client, api, readerOf(client, api, headers))
  return async body => {
    const notification = await observeRefusal(client, api, read(body))
    const { id, event, verifiedBy } = notification
    emitNotification(client, {
      api,
      event,
      ...(api !== 'v2' && { id }),
      ...(verifiedBy !== undefined && { verifiedBy }),
    })
    // The type of a resource is what the definition of its event says; see `Notification`.
    return notification as Notification
  }
}

async function readerOf(
  client: Wechatpay,
  api: Api,
  headers: Headers,
): Promise<(body: Bytes) => Promise<AnyNotification>> {
  const sender = senderOf(client)
  if (api === 'v2') {
    const credentials = credentialsFor(sender, api)
    return async body => readV2({ headers, body: decoder.decode(body) }, credentials)
  }
  const read = await checkV3Headers(headers, credentialsFor(sender, api))
  return async body => read({ headers, body: decoder.decode(body) })
}

/**
 * Reads the body of a notification.
 *
 * @param onChunk receives each chunk within the bound as it arrives
 * @throws {NotificationError} `BODY_TOO_LARGE`
 * @throws {ConfigurationError} it was read before
 */
export async function readNotification(
  request: {
    readonly headers: Headers
    readonly body: ByteSource | null
    readonly bodyUsed: boolean
  },
  onChunk?: (chunk: Uint8Array) => void,
): Promise<Bytes> {
  requireRequest(request)
  const { headers, body, bodyUsed } = request
  if (bodyUsed || body?.locked)
    throw new ConfigurationError('OPTION_INVALID', 'request', 'its body was read before. Pass the request unread')
  const isLonger = Number(headers.get('content-length')) > MAX_NOTIFICATION
  const bytes = isLonger ? undefined : await readBounded(body, MAX_NOTIFICATION, onChunk)
  if (bytes) return bytes
  const why = `has more than ${MAX_NOTIFICATION} bytes`
  throw new NotificationError('BODY_TOO_LARGE', why, { headers, body: '' })
}
