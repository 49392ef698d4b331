import type { Api } from '../../definitions/call.ts'
import { stringifyFields } from '../codec/xml.ts'
import { NotificationError } from './error.ts'
import { isV3 } from './message-checks.ts'
import type { Notification } from './notification.ts'

/**
 * Creates the response that tells WeChat Pay that a notification has arrived, so that it is not repeated.
 *
 * @param notification the notification
 * @param answer the answer to a notification that asks a question (`PARKING_FEE.QUERY_TRANS_INFO`,
 * `CROSS_BORDER_PAY.GET_MCH_INFO`), sent as JSON
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4012071382
 * @example
 * ```ts
 * return acknowledge(await receiveNotification(wxpay, request))
 * ```
 */
export function acknowledge({ api }: Pick<Notification, 'api'>, answer?: object): Response {
  if (answer) return Response.json(answer)
  return api === 'v2' ? xml({ return_code: 'SUCCESS', return_msg: 'OK' }) : new Response(null, { status: 204 })
}

/** HTTP status for each error code. Other errors are a 500. After any of them WeChat Pay repeats the notification. */
const STATUS: Readonly<Record<NotificationError['code'], number>> = {
  SIGNATURE_MISSING: 401,
  SIGNATURE_INVALID: 401,
  SIGNATURE_STALE: 401,
  SIGNATURE_PROBE: 401,
  SIGNATURE_UNKNOWN_SERIAL: 401,
  SIGNATURE_PARTIAL: 401,
  NOTIFICATION_UNKNOWN: 400,
  MERCHANT_MISMATCH: 403,
  BODY_TOO_LARGE: 413,
  UNCONFIRMED: 409,
  NOT_JSON: 400,
  NOT_XML: 400,
  DECRYPTION_FAILED: 400,
}

/**
 * Creates the response that tells WeChat Pay that a notification was not accepted, so that it is repeated, first after
 * 15 seconds, for a day. It does not reveal errors of this side.
 *
 * @param error the error of {@link receiveNotification}, or of handling its result
 * @param api the API of the notification, if known: APIv2 requires XML
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4012071382
 * @example
 * ```ts
 * try {
 *   return acknowledge(await receiveNotification(wxpay, request))
 * } catch (error) {
 *   return refuse(error)
 * }
 * ```
 */
export function refuse(error: unknown, api?: Api): Response {
  const isTheirs = error instanceof NotificationError
  const message = isTheirs ? error.code : 'not accepted'
  const isXml = api ? api === 'v2' : isTheirs && isXmlError(error)
  if (isXml) return xml({ return_code: 'FAIL', return_msg: message })
  return Response.json({ code: 'FAIL', message }, { status: isTheirs ? STATUS[error.code] : 500 })
}

/**
 * Returns whether to refuse in XML: for a body that is neither JSON nor marked as APIv3. A body that was not read may
 * belong to either API; it is refused by its status, because APIv3 interprets the 200 of an XML response as success.
 */
const isXmlError = ({ headers, body }: NotificationError): boolean =>
  body !== '' && !isV3(headers) && !body.trimStart().startsWith('{')

const xml = (fields: Readonly<Record<string, string>>): Response =>
  new Response(stringifyFields(fields), { headers: { 'content-type': 'text/xml; charset=utf-8' } })
