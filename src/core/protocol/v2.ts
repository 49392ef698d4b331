import type { Reply } from '../../definitions/call.ts'
import type { SignType } from '../../definitions/trait.ts'
import { printable } from '../base/error-text.ts'
import { invalidBody, ServiceError } from '../base/errors.ts'
import { leavesDoubt } from '../base/service-codes.ts'
import { parseJsonFields, replaceFields } from '../codec/fields.ts'
import { parseJson, stringifyJson } from '../codec/json.ts'
import { stringifyMultipart } from '../codec/multipart.ts'
import { percentEncode } from '../codec/query.ts'
import { scalarText } from '../codec/scalar.ts'
import { parseXml, stringifyFields, type XmlFields } from '../codec/xml.ts'
import { equal, hmacSha256, md5 } from '../crypto/digest.ts'
import { nonce } from '../crypto/nonce.ts'
import type { Account } from '../options/account.ts'
import {
  type Call,
  type Credentials,
  endpointOf,
  mayTakeEffect,
  type Protocol,
  type SignRequest,
  type Verified,
} from './call.ts'
import { decryptFields, encryptFields, encryptText } from './encrypted-fields.ts'
import { requestOf, urlOf } from './request.ts'
import {
  type CreateSignatureError,
  describeUnknownError,
  isXml,
  MAX_XML,
  parseResponseBody,
  readWhole,
  replyOf,
  signatureErrorOf,
  unreadResponse,
} from './response.ts'
import { filePart, readUpload } from './upload.ts'

/**
 * Encodes an APIv2 call: as XML in a POST, as a form if it has a file, or as the query of a GET. Each attempt is signed
 * with its own nonce.
 *
 * @see https://pay.weixin.qq.com/doc/v2/merchant/4011985891
 */
export async function encode(call: Call, credentials: Credentials): Promise<SignRequest> {
  const { account, bankKey } = credentials
  const { method, trait } = call
  const isGet = method === 'GET'
  const upload = await readUpload(call.body)
  let message = isGet ? call.params : (upload?.others ?? call.body)
  message = await replaceFields(message, trait.form, formText, { isWhole: true })
  message = await replaceFields(
    message,
    trait.encryptForBank,
    (value, name) => encryptText(value, name, bankKey, account.crypto),
    { isStrict: true },
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

    const payload = isGet
      ? { type: null, body: null }
      : file
        ? stringifyMultipart(
            [...Object.entries(fields).map(([name, content]) => ({ name, content })), file],
            nonce(account.crypto),
          )
        : { type: 'text/xml; charset=utf-8', body: stringifyFields(fields) }
    return requestOf(urlOf(baseUrl, call, isGet ? fields : call.params), call, payload, { accept: 'text/xml, */*' })
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

/** Returns whether nginx has refused the call because no client certificate (双向证书) came with it, before anything read it. */
const lacksCertificate = ({ status, body }: Verified, { trait }: Call): boolean =>
  status === 400 && trait.mtls === true && body.includes('<title>400 No required SSL certificate was sent</title>')

const describeRefusedPage = (verified: Verified, call: Call): string =>
  lacksCertificate(verified, call)
    ? 'No client certificate (双向证书) arrived, and this call requires it. Nothing was done. Set "mtlsFetch", and an https: "baseUrl" (simulator: --tls).'
    : describeUnknownError(verified)

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
  if (response.ok && trait.response === 'file' && !(await isXml(response, call))) return unreadResponse(response)
  const received = await readWhole(response, call, MAX_XML)
  if (!response.ok) return received
  const fields = parseResponseBody(trait.response === 'json' ? parseObject : parseXml, received, call)
  const isUnsigned = trait.unsigned
    ? // The definition has no signature, so one that does not cover all fields proves nothing.
      !fields.sign || uncoveredField(fields)
    : !fields.sign && fields.return_code === 'FAIL'
  if (isUnsigned) return { ...received, fields }
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
  const name = uncoveredField(fields, nested)
  if (name !== undefined)
    throw createError('SIGNATURE_PARTIAL', `the signature does not cover "${printable(name)}", which is not text`)
  // Determined by the length: responses seldom repeat sign_type, and some services always use MD5.
  const type = sign.length === 64 ? 'HMAC-SHA256' : 'MD5'
  if (!equal(await signFields(fields, type, account), sign))
    throw createError('SIGNATURE_INVALID', `"sign" (${type}) does not match "apiv2Key" (商户平台 → API 安全)`)
  return type
}

/** Returns the first field that is not signed because it is not text: a nested or repeated element. */
const uncoveredField = (fields: XmlFields, nested: readonly string[] = []): string | undefined =>
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
  const refusal = fields
    ? refusalIn(fields, trait.response === 'file')
    : { serviceCode: `HTTP_${status}`, serviceMessage: describeRefusedPage(verified, call) }
  if (!refusal)
    return replyOf(verified, await decryptFields(await parseJsonFields(fields, trait.json), verified, call, account))
  // APIv2 never signs a `return_code` FAIL, because it has not read the message. For red packets and transfers, whose
  // responses are all unsigned, it proves nothing, and WeChat Pay asks for a query.
  const isProven = verifiedBy !== undefined || (refusal.serviceCode === RETURN_FAIL && !trait.unsigned)
  const isDoubtful =
    mayTakeEffect(call) && leavesDoubt(refusal.serviceCode, status, isProven) && !lacksCertificate(verified, call)
  throw new ServiceError({ ...refusal, endpoint: endpointOf(call, 'v2'), verifiedBy }, verified, isDoubtful)
}

/** Code of a refusal without one. */
const RETURN_FAIL = 'FAIL'

/**
 * Returns the refusal in a response, if there is one. `return_code` is the result of the transport, `result_code` that
 * of the business; `secsvc` has `error_code` instead of `err_code`, and JSON responses a number.
 */
function refusalIn(fields: XmlFields, isRefusal: boolean): { serviceCode: string; serviceMessage: string } | undefined {
  const { return_code = 'SUCCESS', result_code = 'SUCCESS', retcode = 0, errcode = retcode } = fields
  if (!isRefusal && return_code === 'SUCCESS' && result_code === 'SUCCESS' && Number(errcode) === 0) return undefined
  const text = (...names: string[]) => String(names.map(name => fields[name]).find(Boolean) ?? '')
  return {
    serviceCode: text('err_code', 'error_code', 'errcode', 'retcode') || RETURN_FAIL,
    serviceMessage: text('err_code_des', 'error_code_des', 'return_msg', 'errmsg', 'retmsg'),
  }
}

/** The APIv2 protocol. */
export const protocol: Protocol<Credentials> = { encode, verify, decode }
