import type { Account } from '../account.ts'
import { utf8 } from '../bytes.ts'
import { replaceFields } from '../codec/fields.ts'
import { parseJson, stringifyJson } from '../codec/json.ts'
import { stringifyQuery } from '../codec/query.ts'
import { parseXml, stringifyXml, type XmlFields } from '../codec/xml.ts'
import { equal, hmacSha256, md5 } from '../crypto/digest.ts'
import { nonce } from '../crypto/nonce.ts'
import type { Reply } from '../endpoints/call.ts'
import type { SignType } from '../endpoints/trait.ts'
import { CallError, MalformedError, ServiceError } from '../errors.ts'
import { VERSION } from '../version.ts'
import { type Attempt, type Call, mayTakeEffect, type Parties, type Verified } from './call.ts'
import { answerOf, parseAnswer, readBytes, refusal, requestIdOf } from './receive.ts'

/**
 * Writes an APIv2 call: XML in a POST, the query in a GET, signed for every attempt anew with a nonce of its own.
 *
 * @see https://pay.weixin.qq.com/doc/v2/merchant/4011985891
 */
export async function encode(call: Call, { account }: Parties): Promise<Attempt> {
  const { method, path, trait } = call
  const isGet = method === 'GET'
  const given = fieldsOf(isGet ? call.query : call.body)
  const signType = signTypeOf(given.sign_type ?? trait.signType ?? 'MD5')
  if (trait.signType && !given.sign_type) given.sign_type = signType
  delete given.sign

  return async baseUrl => {
    const fields = { ...given }
    if (!trait.nonceless) fields.nonce_str ??= nonce(account.crypto)
    fields.sign = await signFields(fields, signType, account)

    const url = new URL(baseUrl.replace(/\/$/, '') + path)
    if (isGet) url.search = stringifyQuery(fields)
    const headers: Record<string, string> = {
      accept: 'text/xml, */*',
      'user-agent': `wechatpay-edge/${VERSION}`,
      ...(call.headers && Object.fromEntries(new Headers(call.headers))),
      ...(!isGet && { 'content-type': 'text/xml; charset=utf-8' }),
    }
    return [url.href, { method, headers, body: isGet ? null : utf8(stringifyXml(fields)), redirect: 'manual' }]
  }
}

/** A value that is no scalar is JSON in a string (`detail`, `scene_info`). Empty ones are not signed, so they are not sent. */
function fieldsOf(message: unknown): Record<string, string> {
  if (typeof message !== 'object' || message === null || Array.isArray(message))
    throw new CallError('BODY_INVALID', '', 'An APIv2 message is an object of fields.')
  const fields: Record<string, string> = {}
  for (const [name, value] of Object.entries(message)) {
    if (value === undefined || value === null || value === '') continue
    fields[name] =
      typeof value === 'string' ? value : stringifyJson({ [name]: value }).slice(JSON.stringify(name).length + 2, -1)
  }
  return fields
}

function signTypeOf(text: string): SignType {
  if (text === 'MD5' || text === 'HMAC-SHA256') return text
  throw new CallError('BODY_INVALID', 'sign_type', `sign_type is "${text}". It is MD5 or HMAC-SHA256.`)
}

/** The non-empty fields but `sign`, sorted by name in ASCII order, and the APIv2 key; upper-case hex. */
async function signFields(fields: XmlFields, type: SignType, account: Account): Promise<string> {
  const pairs = Object.keys(fields)
    .filter(name => name !== 'sign' && typeof fields[name] === 'string' && fields[name] !== '')
    .sort()
    .map(name => `${name}=${fields[name]}`)
  const message = [...pairs, `key=${account.apiv2Key()}`].join('&')
  const digest = type === 'MD5' ? md5(message) : await hmacSha256(message, await account.hmacKey(), account.crypto)
  return digest.toUpperCase()
}

/**
 * Proves that an answer is WeChat Pay's. One that fails (`return_code` other than `SUCCESS`) and one whose definition
 * has no `sign` come unsigned.
 */
export async function verify(response: Response, call: Call, { account }: Parties): Promise<Verified> {
  const unsigned = { response, verifiedBy: undefined }
  if (response.status >= 300 && response.status < 400) return { ...unsigned, bytes: undefined }
  const bytes = await readBytes(response, call)
  if (!response.ok) return { ...unsigned, bytes }
  const fields = parseAnswer(parseXml, response, bytes, call)
  const { sign } = fields
  if (typeof sign !== 'string' || sign === '') {
    if (call.trait.unsigned || fields.return_code === 'FAIL') return { ...unsigned, bytes, fields }
    throw refusal('SIGNATURE_MISSING', 'it has no "sign".', response, bytes, call)
  }
  // The length tells the digest: answers seldom repeat sign_type, and some services keep to MD5.
  const type = sign.length === 64 ? 'HMAC-SHA256' : 'MD5'
  if (!equal(await signFields(fields, type, account), sign))
    throw refusal(
      'SIGNATURE_INVALID',
      `its "sign" (${type}) does not fit "apiv2Key". Compare that with the merchant platform's (商户平台 → API 安全).`,
      response,
      bytes,
      call,
    )
  return { response, bytes, fields, verifiedBy: type }
}

/**
 * Reads a verified answer: the fields of the XML, those that hold JSON parsed; of a redirect, its location.
 *
 * @throws {ServiceError} when `return_code` or `result_code` is not `SUCCESS`
 */
export async function decode({ response, bytes, fields, verifiedBy }: Verified, call: Call): Promise<Reply<unknown>> {
  const { status, headers } = response
  const reply = (data: unknown) => ({ data, status, headers, requestId: requestIdOf(response), verifiedBy })
  if (!bytes) return reply(headers.get('location') ?? undefined)
  const failed = fields ? failure(fields) : { code: `HTTP_${status}`, message: "The answer is none of WeChat Pay's." }
  if (failed) {
    const doubtful = status >= 500 || DOUBTFUL.has(failed.code)
    throw new ServiceError({ ...failed, verifiedBy }, answerOf(response, bytes), doubtful && mayTakeEffect(call))
  }
  return reply(await replaceFields(fields, call.trait.json ?? [], jsonOrText))
}

/** After these the call may have taken effect, or still take it. */
const DOUBTFUL = new Set(['SYSTEMERROR', 'SYSTEM_ERROR', 'BANKERROR', 'USERPAYING', 'BIZERR_NEED_RETRY'])

/** `return_code` tells of the transport, `result_code` of the business; `secsvc` says `error_code` for `err_code`. */
function failure(fields: XmlFields): { code: string; message: string } | undefined {
  const text = (...names: string[]) =>
    names.map(name => fields[name]).find(value => typeof value === 'string' && value !== '') as string | undefined
  if ([fields.return_code, fields.result_code].every(code => code === undefined || code === 'SUCCESS')) return undefined
  return {
    code: text('err_code', 'error_code') ?? 'FAIL',
    message: text('err_code_des', 'error_code_des', 'return_msg') ?? 'WeChat Pay gives no reason.',
  }
}

/** What is documented as JSON and is none stays the text it is. */
function jsonOrText(value: unknown): unknown {
  if (typeof value !== 'string' || value === '') return value
  try {
    return parseJson(value)
  } catch (error) {
    if (error instanceof MalformedError) return value
    throw error
  }
}
