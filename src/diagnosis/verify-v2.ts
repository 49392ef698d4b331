import { WechatpayError } from '../core/base/errors.ts'
import { parseJson } from '../core/codec/json.ts'
import { parseXml, type XmlFields } from '../core/codec/xml.ts'
import { decryptEcb, importEcbKey } from '../core/crypto/aes.ts'
import { md5 } from '../core/crypto/digest.ts'
import { NotificationError } from '../core/notification/error.ts'
import { readV2 } from '../core/notification/v2.ts'
import type { Account } from '../core/options/account.ts'
import { signFields, verifySigned } from '../core/protocol/v2.ts'
import { failed, type MessageFinding, passed, skipped } from './finding.ts'
import { isXmlBody, type Message } from './message.ts'

/** Reads the fields of an APIv2 message. @throws {MalformedError} */
export const readV2Fields = (body: string): XmlFields =>
  isXmlBody(body) ? parseXml(body) : (Object(parseJson(body)) as XmlFields)

/**
 * Checks whether an APIv2 message can be read and its `sign` is valid; for a refund notification, which is always XML,
 * whether `req_info` decrypts, which proves nothing.
 */
export async function verifyV2(message: Message, account: Account): Promise<MessageFinding[]> {
  let fields: XmlFields
  try {
    fields = readV2Fields(message.body)
  } catch (error) {
    return [failed('message', 'message-malformed', { error: libraryError(error) })]
  }
  const read = passed('message', 'message-read', { fields: Object.keys(fields).length })
  if (isXmlBody(message.body) && fields.req_info)
    return [read, skipped('sign', 'refund-unsigned', {}), await checkRefund(String(fields.req_info), account)]
  if (fields.sign) return [read, ...(await checkSign(fields, message, account))]
  if (fields.return_code !== 'FAIL') return [read, failed('sign', 'sign-missing', {})]
  return [read, failed('sign', 'sign-missing-in-failure', { message: String(fields.return_msg ?? '') })]
}

async function checkSign(fields: XmlFields, message: Message, account: Account): Promise<MessageFinding[]> {
  try {
    const type = await verifySigned(fields, (code, why) => new SignatureMismatch(code, why), account)
    return [passed('sign', 'sign-valid', { type }), ...(await checkBoundaries(fields, message, account))]
  } catch (error) {
    if (!(error instanceof SignatureMismatch))
      return [failed('sign', 'sign-not-checked', { error: libraryError(error) })]
    if (error.code === 'SIGNATURE_PARTIAL') return [failed('sign', 'sign-partial', { why: error.message })]
    // Some databases change the case of stored messages.
    const types = ['MD5', 'HMAC-SHA256'] as const
    const expected = await Promise.all(types.map(type => signFields(fields, type, account)))
    const isLowerCase = expected.includes(String(fields.sign).toUpperCase())
    return [failed('sign', isLowerCase ? 'sign-lower-case' : 'sign-invalid', {})]
  }
}

class SignatureMismatch extends Error {
  readonly code: string

  constructor(code: string, why: string) {
    super(why)
    this.code = code
  }
}

/** The boundary between two fields of a signed text. */
const FIELD_BOUNDARY = /&[\w.-]+=/

/**
 * Fails if a field contains the beginning of another one: the signed text does not show where a field ends, so the
 * fields may be others than those that were signed. A notification may contain one in its free fields, which the
 * library knows, and a response in an address such as `mweb_url`.
 */
async function checkBoundaries(
  fields: XmlFields,
  { headers, body }: Message,
  account: Account,
): Promise<MessageFinding[]> {
  const found = Object.entries(fields).find(
    ([name, value]) => !/^[\w.-]+$/.test(name) || (!/url$/i.test(name) && FIELD_BOUNDARY.test(String(value))),
  )
  if (!found) return []
  try {
    await readV2({ headers, body }, { account })
    return []
  } catch (error) {
    if (!(error instanceof NotificationError)) throw error
    return [failed('fields', 'field-boundary', { field: found[0] })]
  }
}

async function checkRefund(encrypted: string, { apiv2Key, crypto }: Account): Promise<MessageFinding> {
  try {
    await decryptEcb(encrypted, await importEcbKey(md5(apiv2Key()), crypto), crypto)
    return passed('req_info', 'refund-decrypts', {})
  } catch (error) {
    return failed('req_info', 'refund-not-decrypted', { error: libraryError(error) })
  }
}

function libraryError(error: unknown): WechatpayError {
  if (error instanceof WechatpayError) return error
  throw error
}
