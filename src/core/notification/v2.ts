import { parseJson } from '../codec/json.ts'
import { parseJsonFields } from '../codec/json-fields.ts'
import { parseXml, type XmlFields } from '../codec/xml.ts'
import { importEcbKey, openEcb, openGcm } from '../crypto/aes.ts'
import { md5 } from '../crypto/digest.ts'
import { notificationTraits } from '../endpoints/generated/notification-traits.ts'
import type { Parties } from '../protocol/call.ts'
import { verifySigned } from '../protocol/v2.ts'
import { NotificationError } from './error.ts'
import type { Notification } from './notification.ts'
import { opening, parsed, type Received, refusalOf } from './received.ts'

/** APIv2 does not name its notifications: a field that only one of them has tells, and what it is about makes its id. */
const EVENTS: readonly [event: string, tell: string, id: readonly string[]][] = [
  ['combined-transactions-success', 'combine_out_trade_no', ['combine_mch_id', 'combine_out_trade_no']],
  ['pap-contract-state-changed', 'change_type', ['contract_id', 'change_type', 'operate_time']],
  ['transactions-risk-occurred', 'risk_level', ['event_code']],
  ['vehicle-state-changed-for-parking', 'vehicle_event_createtime', ['plate_number', 'vehicle_event_createtime']],
  ['transaction-success', 'transaction_id', ['transaction_id', 'result_code']],
]

/**
 * Reads an APIv2 notification: XML, signed with the APIv2 key; a refund's, of which a part is sealed with that key; and
 * those that are JSON (免押速住, 免押租借), signed with the APIv2 key and sealed with the APIv3 key.
 *
 * @throws {NotificationError}
 * @see https://pay.weixin.qq.com/doc/v2/merchant/4011940955
 */
export async function readV2(received: Received, parties: Parties): Promise<Notification> {
  if (received.body.trimStart().startsWith('{')) return readJson(received, parties)
  const fields = parsed(parseXml, received)
  if (fields.req_info) return readRefund(fields, received, parties)
  const verifiedBy = await verifySigned(fields, refusalOf(received), parties.account)
  const [event, , id] = EVENTS.find(([, tell]) => tell in fields) ?? ['unknown', '', ['nonce_str']]
  const resource = await parseJsonFields(fields, notificationTraits[`v2/${event}`]?.json)
  return { api: 'v2', id: idOf(event, id, fields), event, resource, message: fields, verifiedBy }
}

/** 退款结果通知: unsigned. That `req_info` opens with the APIv2 key is what proves it. */
async function readRefund(message: XmlFields, received: Received, { account }: Parties): Promise<Notification> {
  const { crypto } = account
  const body = await opening(received, async () =>
    openEcb(String(message.req_info), await importEcbKey(md5(account.apiv2Key()), crypto), crypto),
  )
  const resource = parsed(parseXml, { ...received, body })
  const event = 'refund-processed'
  const id = idOf(event, ['refund_id', 'refund_status'], resource)
  return { api: 'v2', id, event, resource, message, verifiedBy: 'aes-256-ecb' }
}

async function readJson(received: Received, { account }: Parties): Promise<Notification> {
  const message = Object(parsed(parseJson, received)) as XmlFields
  const verifiedBy = await verifySigned(message, refusalOf(received), account)
  const { event_id, event_type, event_ciphertext, event_nonce, event_associated_data } = message
  if (![event_id, event_type, event_ciphertext, event_nonce].every(value => typeof value === 'string'))
    throw new NotificationError('NOT_JSON', 'has no "event_id", "event_type" or "event_ciphertext"', received)
  const sealed = {
    ciphertext: event_ciphertext as string,
    nonce: event_nonce as string,
    associated_data: event_associated_data as string | undefined,
  }
  const text = await opening(received, async () => openGcm(sealed, await account.apiv3Key(), account.crypto))
  const resource = parsed(parseJson, { ...received, body: text })
  return { api: 'v2', id: event_id as string, event: event_type as string, resource, message, verifiedBy }
}

const idOf = (event: string, names: readonly string[], fields: XmlFields): string =>
  [event, ...names.map(name => fields[name])].join('/')
