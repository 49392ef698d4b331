import type { Reply } from '../../definitions/call.ts'
import type { SignType } from '../../definitions/trait.ts'
import type { Account } from '../account.ts'
import { parseJsonFields, replaceFields } from '../codec/fields.ts'
import { parseJson, stringifyJson } from '../codec/json.ts'
import { stringifyMultipart } from '../codec/multipart.ts'
import { percentEncode, stringifyQuery } from '../codec/query.ts'
import { scalarText } from '../codec/scalar.ts'
import { parseXml, stringifyXml, type XmlFields } from '../codec/xml.ts'
import { equal, hmacSha256, md5 } from '../crypto/digest.ts'
import { nonce } from '../crypto/nonce.ts'
import { printable } from '../error-text.ts'
import { invalidBody, ServiceError } from '../errors.ts'
import { leavesDoubt } from '../service-codes.ts'
import { VERSION } from '../version.ts'
import { type Attempt, type Call, type Credentials, mayTakeEffect, type Protocol, type Verified } from './call.ts'
import { decryptFields, encryptFields, encryptText } from './encrypted-fields.ts'
import {
  type CreateSignatureError,
  describeUnknownError,
  isXml,
  MAX_XML,
  parseBody,
  readWhole,
  replyOf,
  signatureErrorOf,
  streamed,
} from './response.ts'
import { filePart, readUpload } from './upload.ts'

/**
 * Encodes an APIv2 call: as XML in a POST, as a form if it has a file, or as the query of a GET. Each attempt is signed
 * with its own nonce.
 *
 * @see https://pay.weixin.qq.com/doc/v2/merchant/4011985891
 */
export async function encode(call: Call, credentials: Credentials): Promise<Attempt> {
  const { account, bankKey } = credentials
  const { method, path, trait } = call
  const isGet = method === 'GET'
  const upload = await readUpload(call.body)
  let message = isGet ? call.params : (upload?.others ?? call.body)
  message = await replaceFields(message, trait.form, formText, true)
  message = await replaceFields(message, trait.encryptForBank, (value, name) =>
    encryptText(value, name, bankKey, account.crypto),
  )
  // The message names its key itself, in `cert_sn`.
  const { cert_sn } = Object(message)
  const { body, serial } = await encryptFields(call, message, credentials, cert_sn && String(cert_sn))
  const given = fieldsOf(body)
  if (serial) given.cert_sn = serial
  const file = upload && filePart(upload, upload.filename)
  if (upload) given[`${upload.field}_hash`] ??= md5(upload.content)
  const signType = signTypeOf(given.sign_type ?? trait.signType ?? 'MD5')
  if (trait.signType && !given.sign_type) given.sign_type = signType
  delete given.sign

  return async baseUrl => {
    const fields = { ...given }
    if (!trait.nonceless) fields.nonce_str ??= nonce(account.crypto)
    fields.sign = await signFields(fields, signType, account)

    const url = new URL(baseUrl.replace(/\/$/, '') + path)
    const query = isGet ? fields : call.params
    if (query) url.search = stringifyQuery(query)
    const payload = file
      ? stringifyMultipart(
          [...Object.entries(fields).map(([name, content]) => ({ name, content })), file],
          nonce(account.crypto),
        )
      : { type: 'text/xml; charset=utf-8', body: isGet ? null : stringifyXml(fields) }
    const headers: Record<string, string> = {
      accept: 'text/xml, */*',
      'user-agent': `wechatpay-edge/${VERSION}`,
      ...Object.fromEntries(new Headers(call.headers)),
      ...(payload.body && { 'content-type': payload.type }),
    }
    return [url.href, { method, headers, body: payload.body, redirect: 'manual' }]
  }
}

/**
 * Converts all fields to text, objects (`detail`, `scene_info`) to JSON. Omits empty fields, because they are not
 * signed.
 */
function fieldsOf(message: unknown): Record<string, string> {
  if (Object(message) !== message || Array.isArray(message)) throw invalidBody('body', 'give an object of fields')
  const fields: Record<string, string> = {}
  for (const [name, value] of Object.entries(message as object)) {
    if (value === undefined || value === null || value === '') continue
    fields[name] = typeof value === 'object' ? stringifyJson(value, name) : scalarText(value, name, 'BODY_INVALID')
  }
  return fields
}

/** Writes `risk_info`: joins its fields, then percent-encodes the whole, including `=` and `&`. */
const formText = (value: unknown, name: string): unknown =>
  typeof value === 'object'
    ? percentEncode(
        Object.entries(fieldsOf(value))
          .map(pair => pair.join('='))
          .join('&'),
        name,
        'BODY_INVALID',
      )
    : value

function signTypeOf(text: string): SignType {
  if (text === 'MD5' || text === 'HMAC-SHA256') return text
  throw invalidBody('sign_type', 'give MD5 or HMAC-SHA256')
}

/** Signs the non-empty fields except `sign`, in ASCII order of their names, with the APIv2 key; upper-case hex. */
export async function signFields(fields: XmlFields, type: SignType, account: Account): Promise<string> {
  const pairs = Object.keys(fields)
    .filter(name => name !== 'sign' && typeof fields[name] === 'string' && fields[name] !== '')
    .sort()
    .map(name => `${name}=${fields[name]}`)
  const message = [...pairs, `key=${account.apiv2Key()}`].join('&')
  const digest = type === 'MD5' ? md5(message) : await hmacSha256(message, await account.hmacKey(), account.crypto)
  return digest.toUpperCase()
}

/**
 * Verifies that a response is WeChat Pay's. It is unsigned if its `return_code` is `FAIL` or its definition has no
 * `sign`. A failed download is XML instead of a file.
 */
export async function verify(response: Response, call: Call, { account }: Credentials): Promise<Verified> {
  const { trait } = call
  if (response.ok && trait.response === 'file' && !(await isXml(response, call))) return streamed(response)
  const received = await readWhole(response, call, MAX_XML)
  if (!response.ok) return received
  const fields = parseBody(trait.response === 'json' ? parseObject : parseXml, received, call)
  if (!fields.sign && (trait.unsigned || fields.return_code === 'FAIL')) return { ...received, fields }
  // The definition has no signature, so one that does not cover all fields proves nothing.
  if (trait.unsigned && uncovered(fields)) return { ...received, fields }
  return { ...received, fields, verifiedBy: await verifySigned(fields, signatureErrorOf(received, call), account) }
}

/**
 * Verifies the signature of a response or a notification, and that it covers all fields: otherwise a holder of any text
 * signed with the APIv2 key could add nested elements, or repeat one.
 *
 * @param nested fields that have nested elements by definition, which are not signed
 * @returns the sign type of the signature
 */
export async function verifySigned(
  fields: XmlFields,
  createError: CreateSignatureError,
  account: Account,
  nested: readonly string[] = [],
): Promise<SignType> {
  const { sign } = fields
  if (typeof sign !== 'string' || !sign) throw createError('SIGNATURE_MISSING', 'no "sign"')
  const name = uncovered(fields, nested)
  if (name !== undefined)
    throw createError('SIGNATURE_PARTIAL', `the signature does not cover "${printable(name)}", which is not text`)
  // Determined by the length: responses seldom repeat sign_type, and some services always use MD5.
  const type = sign.length === 64 ? 'HMAC-SHA256' : 'MD5'
  if (!equal(await signFields(fields, type, account), sign))
    throw createError('SIGNATURE_INVALID', `"sign" (${type}) does not match "apiv2Key" (商户平台 → API 安全)`)
  return type
}

/** Returns the first field that is not signed because it is not text: a nested or repeated element. */
const uncovered = (fields: XmlFields, nested: readonly string[] = []): string | undefined =>
  Object.keys(fields).find(name => typeof fields[name] !== 'string' && fields[name] !== null && !nested.includes(name))

const parseObject = (text: string): XmlFields => Object(parseJson(text))

/**
 * Reads a verified response: parses JSON in fields, and decrypts encrypted ones. The data of a redirect is its
 * location.
 *
 * @throws {ServiceError} `return_code` or `result_code` is not `SUCCESS`
 */
export async function decode(verified: Verified, call: Call, { account }: Credentials): Promise<Reply<unknown>> {
  const { status, headers, fields, verifiedBy } = verified
  const { trait } = call
  const location = headers.get('location')
  // A redirect in response to any other call comes from a proxy; it proves nothing and is not followed.
  if (trait.response === 'redirect' && location && !fields) return replyOf(verified, location)
  const failed = fields
    ? failure(fields, trait.response === 'file')
    : { serviceCode: `HTTP_${status}`, serviceMessage: describeUnknownError(verified) }
  if (!failed)
    return replyOf(verified, await decryptFields(await parseJsonFields(fields, trait.json), verified, call, account))
  // APIv2 never signs a `return_code` FAIL, because it has not read the message. For red packets and transfers, whose
  // responses are all unsigned, it proves nothing, and WeChat Pay asks for a query.
  const isProven = verifiedBy !== undefined || (failed.serviceCode === RETURN_FAIL && !trait.unsigned)
  const isDoubtful = mayTakeEffect(call) && leavesDoubt(failed.serviceCode, status, isProven)
  throw new ServiceError({ ...failed, verifiedBy }, verified, isDoubtful)
}

/** Code of a refusal without one. */
const RETURN_FAIL = 'FAIL'

/**
 * Returns the refusal in a response, if there is one. `return_code` is the result of the transport, `result_code` that
 * of the business; `secsvc` has `error_code` instead of `err_code`, and JSON responses a number.
 */
function failure(fields: XmlFields, hasFailed: boolean): { serviceCode: string; serviceMessage: string } | undefined {
  const { return_code = 'SUCCESS', result_code = 'SUCCESS', retcode = 0, errcode = retcode } = fields
  if (!hasFailed && return_code === 'SUCCESS' && result_code === 'SUCCESS' && Number(errcode) === 0) return undefined
  const text = (...names: string[]) => String(names.map(name => fields[name]).find(Boolean) ?? '')
  return {
    serviceCode: text('err_code', 'error_code', 'errcode', 'retcode') || RETURN_FAIL,
    serviceMessage: text('err_code_des', 'error_code_des', 'return_msg', 'errmsg', 'retmsg'),
  }
}

/** The APIv2 protocol. */
export const protocol: Protocol = { encode, verify, decode }
