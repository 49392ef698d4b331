import type { Bytes } from '../bytes.ts'
import { credentialsOf, type Wechatpay } from '../client.ts'
import { ConfigurationError } from '../errors.ts'
import { type ByteSource, readBounded } from '../read-bounded.ts'
import { NotificationError } from './error.ts'
import type { Notification } from './notification.ts'
import { isV3 } from './received.ts'
import { readV2 } from './v2.ts'
import { checkV3Headers } from './v3.ts'

/** Maximum bytes of a notification. The longest, of combined orders (合单) with their promotions, have about half of it. */
const MAX_NOTIFICATION: number = 2 ** 16
/** Keeps a byte order mark, because the signature covers it. */
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

/**
 * Receives a notification (通知): verifies it with the keys that the client knows, decrypts and parses it. A message with a
 * header `Wechatpay-Signature` is one of APIv3, any other one of APIv2. At most 64 KiB are read, and of an APIv3 message nothing
 * before its headers name a fresh timestamp and a known key.
 *
 * An APIv3 notification is proven by its signature. What an APIv2 one proves is less:
 * - its key signs requests, responses, signed URLs and payment parameters as well. Only a message that has every field that the
 *   definition of an event requires, and none of those others, passes for that event;
 * - the fields listed as elements by the definition (`transaction_id_list`) are in no signature;
 * - `refund-processed` has no signature at all (`verifiedBy` is `undefined`): treat it as a hint, and query the refund.
 *
 * `createNotificationHandler` of `wechatpay-edge/notification` confirms APIv2 payments and refunds by a query; here,
 * `confirmNotification` does.
 *
 * Act on what it returns, and on nothing else. WeChat Pay sends a notification several times, in any order: `id` tells.
 * Answer within 5 seconds, with {@link acknowledge} or {@link refuse}.
 *
 * @param client the client of the merchant that is notified
 * @param request the `Request` as received, its body unread. In Express and `node:http`, create one from the `IncomingMessage` before
 * any body parser: `new Request(url, { method: 'POST', headers: req.headers, body: Readable.toWeb(req), duplex: 'half' })`
 * @throws {NotificationError} it is not proven to be WeChat Pay's, is meant for another merchant, cannot be read, or does not decrypt
 * @throws {ConfigurationError} an option that is required to read it is missing, `request` is not a `Request`, or its body was read before
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
  return read(await readNotification(request))
}

/**
 * Requires a `Request` of the Fetch API. Node's `IncomingMessage`, the requests of frameworks, and a parsed body are not: they lack
 * the signed bytes, or a way to read at most a bounded number of them.
 *
 * @throws {ConfigurationError} `OPTION_INVALID`
 */
export function requireRequest(request: unknown): void {
  const { headers, body } = Object(request)
  if (headers?.get && (!body || body.getReader)) return
  throw new ConfigurationError(
    'OPTION_INVALID',
    'request',
    'not a Request of the Fetch API. Pass that with its body unread, not a parsed body; of a Node or Express req make one: new Request(url, { method, headers, body: Readable.toWeb(req), duplex: "half" })',
  )
}

/**
 * Checks the headers of a notification, before any of its body is read.
 *
 * @returns a function that reads the body
 * @throws {NotificationError} APIv3: a header is missing, the timestamp is old, the key is unknown, or it is a probe
 */
export async function checkNotificationHeaders(
  client: Wechatpay,
  headers: Headers,
): Promise<(body: Bytes) => Promise<Notification>> {
  const credentials = credentialsOf(client)
  if (!isV3(headers)) return async body => readV2({ headers, body: decoder.decode(body) }, credentials)
  const read = await checkV3Headers(headers, credentials)
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
    throw new ConfigurationError('OPTION_INVALID', 'request', 'its body was read before: hand it over as it came')
  const isLonger = Number(headers.get('content-length')) > MAX_NOTIFICATION
  const bytes = isLonger ? undefined : await readBounded(body, MAX_NOTIFICATION, onChunk)
  if (bytes) return bytes
  const why = `has more than ${MAX_NOTIFICATION} bytes, the most that is read`
  throw new NotificationError('BODY_TOO_LARGE', why, { headers, body: '' })
}
