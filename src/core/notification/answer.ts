import { stringifyXml } from '../codec/xml.ts'
import { NotificationError } from './error.ts'
import type { Notification } from './notification.ts'
import { isV3 } from './received.ts'

/**
 * Tells WeChat Pay that a notification has arrived: it is not sent again.
 *
 * @param answer what a notification that asks a question is answered with (`PARKING_FEE.QUERY_TRANS_INFO`,
 * `CROSS_BORDER_PAY.GET_MCH_INFO`), as JSON
 */
export function acknowledge({ api }: Pick<Notification, 'api'>, answer?: object): Response {
  if (answer) return Response.json(answer)
  return api === 'v3' ? new Response(null, { status: 204 }) : xml({ return_code: 'SUCCESS', return_msg: 'OK' })
}

/**
 * The status by whose fault it is: a message that is not proven is rejected, any other failure makes WeChat Pay send again.
 */
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
 * Tells WeChat Pay that a notification was not accepted: it is sent again, after 15 seconds first, for a day. What went
 * wrong on this side is not told.
 *
 * @param error what {@link receiveNotification} threw, or the handling of what it returned
 * @param api of the notification, where that is known: APIv2 is answered in XML
 */
export function refuse(error: unknown, api?: 'v2' | 'v3'): Response {
  const isTheirs = error instanceof NotificationError
  const message = isTheirs ? error.code : 'not taken'
  const isXml = api ? api === 'v2' : isTheirs && isXmlError(error)
  if (isXml) return xml({ return_code: 'FAIL', return_msg: message })
  return Response.json({ code: 'FAIL', message }, { status: isTheirs ? STATUS[error.code] : 500 })
}

/**
 * What is neither marked as one of APIv3 nor JSON came from APIv2, if from WeChat Pay at all. A body that was not read may
 * be either: it is refused by the status, because APIv3 takes the 200 of an XML answer for success.
 */
const isXmlError = ({ headers, body }: NotificationError): boolean =>
  body !== '' && !isV3(headers) && !body.trimStart().startsWith('{')

const xml = (fields: Readonly<Record<string, string>>): Response =>
  new Response(stringifyXml(fields), { headers: { 'content-type': 'text/xml; charset=utf-8' } })
