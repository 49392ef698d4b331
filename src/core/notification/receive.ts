import { partiesOf, type Wechatpay } from '../client.ts'
import { NotificationError } from './error.ts'
import type { Notification } from './notification.ts'
import { readV2 } from './v2.ts'
import { readV3 } from './v3.ts'

/** No notification is near as long. */
const MOST_CHARACTERS = 2 ** 20
/** A byte order mark stays: it is signed. */
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

/**
 * Receives a notification (通知): verifies it with the keys that the client knows, opens and parses it. APIv3 and APIv2
 * alike: who has the header `Wechatpay-Signature` is APIv3.
 *
 * Act on what it returns, and on nothing else. WeChat Pay sends a notification several times, in any order: `id` tells.
 * Answer within 5 seconds, with {@link acknowledge} or {@link refuse}.
 *
 * @param client the client of the merchant to whom it is sent
 * @param request as it came; its body is read
 * @throws {NotificationError} it is not proven to be WeChat Pay's, cannot be read, or does not open
 * @throws {ConfigurationError} an option that it takes to read it is missing
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4012071382
 * @example
 * ```ts
 * export default {
 *   async fetch(request, env) {
 *     try {
 *       const notification = await receiveNotification(wechatpay(env), request)
 *       if (isEvent(notification, 'TRANSACTION.SUCCESS')) await ship(notification.resource.out_trade_no)
 *       return acknowledge(notification)
 *     } catch (error) {
 *       return refuse(error)
 *     }
 *   },
 * }
 * ```
 */
export async function receiveNotification(client: Wechatpay, request: Request): Promise<Notification> {
  const { headers } = request
  const body = decoder.decode(await request.arrayBuffer())
  if (body.length > MOST_CHARACTERS)
    throw new NotificationError('NOT_JSON', `has more than ${MOST_CHARACTERS} characters`, { headers, body: '' })
  const read = headers.has('wechatpay-signature') ? readV3 : readV2
  return read({ headers, body }, partiesOf(client))
}
