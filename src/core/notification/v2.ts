import { parseJson } from '../codec/json.ts'
import { parseJsonFields } from '../codec/json-fields.ts'
import { parseXml, type XmlFields } from '../codec/xml.ts'
import { importEcbKey, openEcb, openGcm } from '../crypto/aes.ts'
import { md5 } from '../crypto/digest.ts'
import { notificationTraits } from '../endpoints/generated/notification-traits.ts'
import type { NotificationTrait } from '../endpoints/trait.ts'
import type { Parties } from '../protocol/call.ts'
import { verifySigned } from '../protocol/v2.ts'
import { NotificationError } from './error.ts'
import type { Notification } from './notification.ts'
import { opening, parsed, type Received, refusalOf, requireAddressee } from './received.ts'

/** APIv2 does not name its notifications: the fields that a definition requires tell the event, and these make its id. */
const ID_FIELDS: Readonly<Record<string, readonly string[]>> = {
  'combined-transactions-success': ['combine_mch_id', 'combine_out_trade_no'],
  'pap-contract-state-changed': ['contract_id', 'change_type', 'operate_time'],
  'transactions-risk-occurred': ['event_code'],
  'vehicle-state-changed-for-parking': ['plate_number', 'vehicle_event_createtime'],
  'transaction-success': ['transaction_id', 'result_code'],
}

/**
 * Fields of the other texts that the APIv2 key signs: responses to queries and to orders, requests, URLs, the parameters of a
 * payment page. No notification has one of them.
 */
const FOREIGN_FIELDS: readonly string[] = [
  'trade_state_desc',
  'prepay_id',
  'code_url',
  'mweb_url',
  'notify_url',
  'redirect_uri',
  'spbill_create_ip',
  'timestamp',
  'timeStamp',
  'package',
]

/** A notification has about thirty fields; three brackets each, where they are CDATA. */
const MAX_FIELDS = 256
const MAX_BRACKETS = 4 * MAX_FIELDS

/** Text that the merchant or the payer chose: only in these may `&name=` occur. */
const FREE_TEXT: readonly string[] = ['attach', 'contract_display_account']
/** The end of one field and the beginning of the next, as they stand in a signed text. */
const FIELD_BOUNDARY = /&[\w.-]+=/

/**
 * Reads an APIv2 notification: XML, signed with the APIv2 key; a refund's, of which a part is encrypted with that key; and
 * those that are JSON (免押速住, 免押租借), signed with the APIv2 key and encrypted with the APIv3 key.
 *
 * @throws {NotificationError}
 * @see https://pay.weixin.qq.com/doc/v2/merchant/4011940955
 */
export async function readV2(received: Received, parties: Parties): Promise<Notification> {
  if (received.body.trimStart().startsWith('{')) return readJson(received, parties)
  if (received.body.split('<', MAX_BRACKETS + 1).length > MAX_BRACKETS) throw tooManyFields('NOT_XML', received)
  const fields = parsed(parseXml, received)
  return fields.req_info ? readRefund(fields, received, parties) : readSigned(fields, received, parties)
}

async function readSigned(fields: XmlFields, received: Received, { account }: Parties): Promise<Notification> {
  const [event, missing] = nearestEvent(fields)
  const trait = traitOf(event)
  const verifiedBy = await verifySigned(fields, refusalOf(received), account, trait.nested)
  const foreign = FOREIGN_FIELDS.find(name => fields[name])
  if (missing.length > 0 || foreign || isResponse(fields))
    throw new NotificationError(
      'NOTIFICATION_UNKNOWN',
      `is signed, but is none: ${missing.length > 0 ? `"${event}" requires "${missing.join('", "')}"` : `it has what a response has, "${foreign ?? 'trade_type'}"`}`,
      received,
    )
  requireUnambiguous(fields, [...FREE_TEXT, ...(trait.json ?? [])], received)
  const field = fields.combine_mch_id ? 'combine_mch_id' : 'mch_id'
  requireAddressee(fields[field], field, account.mchid, received)
  const resource = await parseJsonFields(fields, trait.json)
  return { api: 'v2', id: idOf(event, ID_FIELDS[event]!, fields), event, resource, message: fields, verifiedBy }
}

const traitOf = (event: string): NotificationTrait => notificationTraits[`v2/${event}`] ?? {}

/** The event of whose required fields the fewest are missing: it is that event when none is. */
function nearestEvent(fields: XmlFields): [event: string, missing: readonly string[]] {
  return Object.keys(ID_FIELDS)
    .map((event): [string, readonly string[]] => [event, missingOf(traitOf(event).required, fields)])
    .reduce((nearest, other) => (other[1].length < nearest[1].length ? other : nearest))
}

/** The names without a text: what is empty is in no signature. */
const missingOf = (names: readonly string[] = [], fields: XmlFields): readonly string[] =>
  names.filter(name => typeof fields[name] !== 'string' || fields[name] === '')

/** A bar-code or face payment is answered at once, and never notified; a query may tell of other states than a notification. */
const isResponse = ({ trade_type, trade_state }: XmlFields): boolean =>
  /^(?:MICROPAY|FACEPAY)$/.test(String(trade_type)) ||
  (Boolean(trade_state) && !/^(?:SUCCESS|PAY_FAIL)$/.test(String(trade_state)))

/**
 * Requires that the signed text can be read in one way. It is the fields joined, `a=1&b=2`, without any escape: a value that
 * holds `&b=2` may have been a field of its own, and one that the sender chose may have been taken for several.
 *
 * @param free the fields in which such a text is usual. None of them comes before a field that tells an event
 */
function requireUnambiguous(fields: XmlFields, free: readonly string[], received: Received): void {
  for (const [name, value] of Object.entries(fields))
    if (!/^[\w.-]+$/.test(name) || (!free.includes(name) && FIELD_BOUNDARY.test(String(value))))
      throw refusalOf(received)(
        'SIGNATURE_PARTIAL',
        `"${name.slice(0, 64)}" holds the beginning of another field, from which the signature does not tell it`,
      )
}

/**
 * 退款结果通知: unsigned, and encrypted block by block: blocks of several notifications can be put together to one that never
 * was. Opening it proves nothing. The numbers in it tell what to query.
 */
async function readRefund(message: XmlFields, received: Received, { account }: Parties): Promise<Notification> {
  const { crypto, mchid } = account
  const body = await opening(received, async () =>
    openEcb(String(message.req_info), await importEcbKey(md5(account.apiv2Key()), crypto), crypto),
  )
  requireAddressee(message.mch_id, 'mch_id', mchid, received)
  const resource = parsed(parseXml, { ...received, body })
  const event = 'refund-processed'
  const names = ['refund_id', 'refund_status']
  const missing = missingOf([...names, 'out_refund_no'], resource)
  if (missing.length > 0)
    throw new NotificationError('NOTIFICATION_UNKNOWN', `of a refund has no "${missing.join('", "')}"`, received)
  return { api: 'v2', id: idOf(event, names, resource), event, resource, message, verifiedBy: undefined }
}

async function readJson(received: Received, { account }: Parties): Promise<Notification> {
  const message = Object(parsed(parseJson, received)) as XmlFields
  if (Object.keys(message).length > MAX_FIELDS) throw tooManyFields('NOT_JSON', received)
  if (!message.sign && message.resource)
    throw refusalOf(received)(
      'SIGNATURE_MISSING',
      'it is one of APIv3, but has no Wechatpay-Signature, -Serial, -Timestamp and -Nonce. Something on the way drops these headers, a proxy or a framework: let them pass',
    )
  const verifiedBy = await verifySigned(message, refusalOf(received), account)
  const event = String(message.event_type)
  const { required = ['mch_id', 'event_id', 'event_type', 'event_ciphertext', 'event_nonce'] } = traitOf(event)
  const missing = missingOf(required, message)
  if (missing.length > 0)
    throw new NotificationError('NOTIFICATION_UNKNOWN', `is signed, but has no "${missing.join('", "')}"`, received)
  requireUnambiguous(message, [], received)
  requireAddressee(message.mch_id, 'mch_id', account.mchid, received)
  const { event_id, event_ciphertext, event_nonce, event_associated_data } = message
  const sealed = {
    ciphertext: event_ciphertext as string,
    nonce: event_nonce as string,
    associated_data: event_associated_data as string | undefined,
  }
  const text = await opening(received, async () => openGcm(sealed, await account.apiv3Key(), account.crypto))
  const resource = parsed(parseJson, { ...received, body: text })
  return { api: 'v2', id: event_id as string, event, resource, message, verifiedBy }
}

const tooManyFields = (code: 'NOT_JSON' | 'NOT_XML', received: Received): NotificationError =>
  new NotificationError(code, `has more than ${MAX_FIELDS} fields`, received)

const idOf = (event: string, names: readonly string[], fields: XmlFields): string =>
  [event, ...names.map(name => fields[name])].join('/')
