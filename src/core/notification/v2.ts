import { notificationTraits } from '../../definitions/generated/notification-traits.ts'
import type { NotificationTrait } from '../../definitions/trait.ts'
import { printable } from '../base/error-text.ts'
import { parseJsonFields } from '../codec/fields.ts'
import { parseJson, parseJsonOr } from '../codec/json.ts'
import { parseXml, type XmlFields } from '../codec/xml.ts'
import { decryptEcb, decryptGcm, importEcbKey } from '../crypto/aes.ts'
import { md5 } from '../crypto/digest.ts'
import type { Credentials } from '../protocol/call.ts'
import { verifySigned } from '../protocol/v2.ts'
import { NotificationError } from './error.ts'
import { nameInApi } from './event-name.ts'
import {
  decryptPart,
  parseNotificationBody,
  type Received,
  requireAddressee,
  signatureErrorOf,
} from './message-checks.ts'
import type { AnyNotification } from './notification.ts'

/**
 * Fields that form the id of an event. APIv2 does not name its notifications, so the required fields of its definition
 * identify an event.
 */
const ID_FIELDS: Readonly<Record<string, readonly string[]>> = {
  'combined-transactions-success': ['combine_mch_id', 'combine_out_trade_no'],
  'pap-contract-state-changed': ['contract_id', 'change_type', 'operate_time'],
  'transactions-risk-occurred': ['event_code'],
  'vehicle-state-changed-for-parking': ['plate_number', 'vehicle_event_createtime', 'vehicle_event_type'],
  'transaction-success': ['transaction_id', 'result_code'],
}

/**
 * Fields of other texts that the APIv2 key signs: responses to queries and orders, requests, URLs, payment parameters.
 * No notification has any of them.
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

/** Upper bound: a notification has about thirty fields, each with three brackets if it is CDATA. */
const MAX_FIELDS = 256
const MAX_BRACKETS = 4 * MAX_FIELDS

/**
 * By event: fields whose text the merchant or the payer chooses, so that it may contain `&name=`. Each has the optional
 * fields between it and the next required one, whose names it must not contain.
 */
const FREE_TEXT: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  'transaction-success': { attach: [] },
  'pap-contract-state-changed': { contract_display_account: ['contract_expired_time'] },
}
/** The boundary between two fields of a signed text. */
const FIELD_BOUNDARY = /&[\w.-]+=/

/** Only a merchant's own keys are needed for APIv2. */
type AccountCredentials = Pick<Credentials, 'account'>

/**
 * Reads an APIv2 notification: signed XML; an unsigned refund, part of which is encrypted with the APIv2 key; or JSON (免押速住,
 * 免押租借), signed with the APIv2 key and encrypted with the APIv3 key.
 *
 * @throws {NotificationError}
 * @see https://pay.weixin.qq.com/doc/v2/merchant/4011940955
 */
export async function readV2(received: Received, credentials: AccountCredentials): Promise<AnyNotification> {
  if (received.body.trimStart().startsWith('{')) return readJson(received, credentials)
  if (received.body.split('<', MAX_BRACKETS + 1).length > MAX_BRACKETS) throw tooManyFields('NOT_XML', received)
  const fields = parseNotificationBody(parseXml, received)
  return fields.req_info ? readRefund(fields, received, credentials) : readSigned(fields, received, credentials)
}

async function readSigned(
  fields: XmlFields,
  received: Received,
  { account }: AccountCredentials,
): Promise<AnyNotification> {
  const [event, missing] = nearestEvent(fields)
  const trait = traitOf(event)
  const verifiedBy = await verifySigned(fields, signatureErrorOf(received), account, trait.nested)
  const foreign = FOREIGN_FIELDS.find(name => fields[name]) ?? responseField(fields)
  if (missing.length > 0) throw unknownNotification(`"${event}" requires "${missing.join('", "')}"`, received)
  if (foreign) throw unknownNotification(`its "${foreign}" is that of a response or a request`, received)
  requireJson(fields, trait.json ?? [], received)
  requireUnambiguous(
    fields,
    { ...FREE_TEXT[event], ...Object.fromEntries((trait.json ?? []).map(name => [name, []])) },
    received,
  )
  const field = fields.combine_mch_id ? 'combine_mch_id' : 'mch_id'
  requireAddressee(fields[field], field, account, received)
  const resource = await parseJsonFields(fields, trait.json)
  return { api: 'v2', id: idOf(event, ID_FIELDS[event]!, fields), event, resource, message: fields, verifiedBy }
}

const traitOf = (event: string): NotificationTrait => notificationTraits[`v2/${event}`] ?? {}

/** Returns the event with the fewest missing required fields, which is the event of the message if none is missing. */
function nearestEvent(fields: XmlFields): [event: string, missing: readonly string[]] {
  return Object.keys(ID_FIELDS)
    .map((event): [string, readonly string[]] => [event, missingOf(traitOf(event).required, fields)])
    .reduce((nearest, candidate) => (candidate[1].length < nearest[1].length ? candidate : nearest))
}

/** Returns the names of fields without text, since empty fields are not signed. */
const missingOf = (names: readonly string[] = [], fields: XmlFields): readonly string[] =>
  names.filter(name => typeof fields[name] !== 'string' || fields[name] === '')

/**
 * Finds a field with a value that only a response has: bar-code and face payments are never notified, and a query
 * reports more states than a notification.
 */
function responseField({ trade_type, trade_state }: XmlFields): string | undefined {
  if (/^(?:MICROPAY|FACEPAY)$/.test(String(trade_type))) return 'trade_type'
  return trade_state && !/^(?:SUCCESS|PAY_FAIL)$/.test(String(trade_state)) ? 'trade_state' : undefined
}

const unknownNotification = (why: string, received: Received): NotificationError =>
  new NotificationError('NOTIFICATION_UNKNOWN', `is signed but is not a notification: ${why}`, received)

/**
 * Requires JSON in the fields that hold it by definition: other text could absorb the fields that follow it in the
 * signed text.
 */
function requireJson(fields: XmlFields, names: readonly string[], received: Received): void {
  for (const name of names.filter(each => fields[each]))
    if (parseJsonOr(String(fields[name]), undefined) === undefined)
      throw unknownNotification(`its "${name}" is not JSON`, received)
}

/**
 * Requires that the signed text is split into fields as WeChat Pay split it. The text consists of the fields sorted by
 * name and joined without escaping, `a=1&b=2`, so an attacker could move the boundaries: let a field absorb the
 * following ones (`a` is `1&b=2`), or split a value that contains `&b=2`. Only free fields may contain a boundary, so
 * only these can absorb.
 *
 * A free field cannot absorb a required field, which the event would then lack. Nor can it absorb a field that only
 * other texts have ({@link FOREIGN_FIELDS}), because a required field of the event precedes it in the order of names:
 * `bank_type` follows `attach`, `contract_id` follows `contract_display_account`; optional fields before that are
 * checked. A field with JSON cannot absorb anything, because it would no longer be JSON. If an attacker chose a value
 * that contains a whole notification, its last field must absorb the rest of the text; that field is not free, because
 * required fields follow every free field.
 *
 * @param free the fields that may contain a boundary, and the names that even they must not contain
 */
function requireUnambiguous(
  fields: XmlFields,
  free: Readonly<Record<string, readonly string[]>>,
  received: Received,
): void {
  const isAmbiguous = (name: string, text: string): boolean =>
    Object.hasOwn(free, name)
      ? free[name]!.some(optional => text.includes(`&${optional}=`))
      : !/^[\w.-]+$/.test(name) || FIELD_BOUNDARY.test(text)
  for (const [name, value] of Object.entries(fields))
    if (isAmbiguous(name, String(value)))
      throw signatureErrorOf(received)(
        'SIGNATURE_PARTIAL',
        `"${printable(name)}" contains the beginning of another field, which the signature does not distinguish`,
      )
}

/**
 * Reads a refund (退款结果通知). It is unsigned, and encrypted block by block, so blocks of several notifications can be
 * combined into one that WeChat Pay never sent. Decryption proves nothing; query the refund by its numbers.
 */
async function readRefund(
  message: XmlFields,
  received: Received,
  { account }: AccountCredentials,
): Promise<AnyNotification> {
  const { crypto } = account
  const body = await decryptPart(received, async () =>
    decryptEcb(String(message.req_info), await importEcbKey(md5(account.apiv2Key()), crypto), crypto),
  )
  requireAddressee(message.mch_id, 'mch_id', account, received)
  const resource = parseNotificationBody(parseXml, { ...received, body })
  const event = 'refund-processed'
  const names = ['refund_id', 'refund_status']
  const missing = missingOf([...names, 'out_refund_no'], resource)
  if (missing.length > 0)
    throw new NotificationError('NOTIFICATION_UNKNOWN', `of a refund has no "${missing.join('", "')}"`, received)
  return { api: 'v2', id: idOf(event, names, resource), event, resource, message, verifiedBy: undefined }
}

async function readJson(received: Received, { account }: AccountCredentials): Promise<AnyNotification> {
  const message = Object(parseNotificationBody(parseJson, received)) as XmlFields
  if (Object.keys(message).length > MAX_FIELDS) throw tooManyFields('NOT_JSON', received)
  if (!message.sign)
    throw signatureErrorOf(received)(
      'SIGNATURE_MISSING',
      'it has no Wechatpay-Signature, -Serial, -Timestamp and -Nonce (APIv3), and no "sign" (APIv2)',
    )
  const verifiedBy = await verifySigned(message, signatureErrorOf(received), account)
  const eventType = String(message.event_type)
  const { required = ['mch_id', 'event_id', 'event_type', 'event_ciphertext', 'event_nonce'] } = traitOf(eventType)
  const missing = missingOf(required, message)
  if (missing.length > 0) throw unknownNotification(`it has no "${missing.join('", "')}"`, received)
  requireUnambiguous(message, {}, received)
  requireAddressee(message.mch_id, 'mch_id', account, received)
  const { event_id, event_ciphertext, event_nonce, event_associated_data } = message
  const encrypted = {
    ciphertext: event_ciphertext as string,
    nonce: event_nonce as string,
    associated_data: event_associated_data as string | undefined,
  }
  const text = await decryptPart(received, async () =>
    decryptGcm(encrypted, await account.notificationKey(), account.crypto),
  )
  const resource = parseNotificationBody(parseJson, { ...received, body: text })
  return { api: 'v2', id: event_id as string, event: nameInApi('v2', eventType), resource, message, verifiedBy }
}

const tooManyFields = (code: 'NOT_JSON' | 'NOT_XML', received: Received): NotificationError =>
  new NotificationError(code, `has more than ${MAX_FIELDS} fields`, received)

const idOf = (event: string, names: readonly string[], fields: XmlFields): string =>
  [event, ...names.map(name => fields[name])].join('/')
