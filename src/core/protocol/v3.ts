import type { Reply } from '../../definitions/call.ts'
import type { Account } from '../account.ts'
import { parseJsonFields, stringifyJsonFields } from '../codec/fields.ts'
import { parseJson, parseJsonOr, stringifyJson } from '../codec/json.ts'
import { type Query, stringifyQuery } from '../codec/query.ts'
import { nonce } from '../crypto/nonce.ts'
import { sign, verify as verifySignature } from '../crypto/rsa.ts'
import { printable } from '../error-text.ts'
import { type ReceivedResponse, ServiceError } from '../errors.ts'
import { leavesDoubt } from '../service-codes.ts'
import { MAX_SKEW_SECONDS } from '../time.ts'
import { VERSION } from '../version.ts'
import {
  type Attempt,
  type Call,
  type Credentials,
  mayTakeEffect,
  type Payload,
  type Protocol,
  type Verified,
} from './call.ts'
import { decryptFields, encryptFields } from './encrypted-fields.ts'
import type { PlatformKeys } from './platform-keys.ts'
import {
  type CreateSignatureError,
  describeUnknownError,
  MAX_JSON,
  parseBody,
  readWhole,
  replyOf,
  signatureErrorOf,
  streamed,
} from './response.ts'
import { readMeta, readUpload, type Upload, writeUpload } from './upload.ts'

/**
 * Encodes an APIv3 call: encrypts, serializes, and signs each attempt (请求签名).
 *
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4012365342
 */
export async function encode(call: Call, credentials: Credentials): Promise<Attempt> {
  const { account, platformKeys } = credentials
  const { method, path, trait } = call
  const upload = await readUpload(call.body)
  const form = upload && (trait.encrypt ? { ...upload.others, meta: readMeta(upload.others) } : upload.others)
  const { serial: encryptedWith, ...encrypted } = await encryptFields(call, form ?? call.body, credentials)
  const query = await stringifyJsonFields(encrypted.params, trait.encodeQuery)
  const message = await stringifyJsonFields(encrypted.body, trait.encode)
  const { body, signed, type } =
    call.raw ??
    (upload
      ? await writeUpload({ ...upload, others: message as Upload['others'] }, trait.meta, account.crypto)
      : textOf(message))
  const [{ sign: key }, serial] = await Promise.all([account.privateKey(), account.serial()])

  return async baseUrl => {
    const url = new URL(baseUrl.replace(/\/$/, '') + path)
    if (query) url.search = stringifyQuery(query as Query)
    const timestamp = Math.floor(account.now() / 1000)
    const nonceStr = nonce(account.crypto)
    const message = `${method}\n${url.pathname}${url.search}\n${timestamp}\n${nonceStr}\n${signed}\n`
    const signature = await sign(message, key, account.crypto)

    const headers: Record<string, string> = {
      accept: trait.response ? '*/*' : 'application/json',
      'user-agent': `wechatpay-edge/${VERSION}`,
      // Asks for a response signed with the public key while certificates are still in use.
      ...(platformKeys.publicKeyId && { 'wechatpay-serial': platformKeys.publicKeyId }),
      ...Object.fromEntries(new Headers(call.headers)),
      ...(type && { 'content-type': type }),
      ...(encryptedWith && { 'wechatpay-serial': encryptedWith }),
      authorization: `WECHATPAY2-SHA256-RSA2048 mchid="${account.mchid}",nonce_str="${nonceStr}",timestamp="${timestamp}",serial_no="${serial}",signature="${signature}"`,
    }
    return [url.href, { method, headers, body, redirect: 'manual', duplex: 'half' } as RequestInit]
  }
}

function textOf(body: unknown): Payload {
  if (body === undefined) return { body: null, signed: '', type: null }
  const text = stringifyJson(body)
  return { body: text, signed: text, type: 'application/json' }
}

/**
 * Verifies that a response is WeChat Pay's (应答验签): every 2xx, even an empty one, and errors that are signed. Files are
 * not signed.
 *
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4013053420
 */
export async function verify(
  response: Response,
  call: Call,
  { account, platformKeys }: Credentials,
): Promise<Verified> {
  const { ok, headers } = response
  if (ok && call.trait.response) return streamed(response)
  const received = await readWhole(response, call, MAX_JSON)
  if (!ok && !headers.has('wechatpay-signature')) return received
  const keyOf = (serial: string) => platformKeys.verifier(serial, 'response')
  return { ...received, verifiedBy: await verifySigned(received, signatureErrorOf(received, call), account, keyOf) }
}

/**
 * Verifies the signature of a response or a notification.
 *
 * @param keyOf finds WeChat Pay's key by its serial
 * @returns the serial in the message
 */
export async function verifySigned(
  { headers, body }: Pick<ReceivedResponse, 'headers' | 'body'>,
  createError: CreateSignatureError,
  account: Account,
  keyOf: PlatformKeys['verifier'],
): Promise<string> {
  const verifyBody = await verifierOf(headers, createError, account, keyOf)
  return verifyBody(body, createError)
}

/**
 * Checks the headers of a signature and finds its key before the body is read.
 *
 * @returns a function that verifies the body and returns the serial of the key
 */
export async function verifierOf(
  headers: Headers,
  createError: CreateSignatureError,
  { now, crypto }: Account,
  keyOf: PlatformKeys['verifier'],
): Promise<(body: string, createError: CreateSignatureError) => Promise<string>> {
  const [timestamp, nonceStr, signature, serial] = ['Timestamp', 'Nonce', 'Signature', 'Serial'].map(part => {
    const value = headers.get(`wechatpay-${part}`)
    if (value === null) throw createError('SIGNATURE_MISSING', `no Wechatpay-${part}`)
    return value
  }) as [string, string, string, string]
  if (!(Math.abs(now() / 1000 - Number(timestamp)) <= MAX_SKEW_SECONDS))
    throw createError(
      'SIGNATURE_STALE',
      `Wechatpay-Timestamp ${printable(timestamp)} is over 5 minutes off. Check the clock`,
    )
  if (signature.startsWith('WECHATPAY/SIGNTEST/')) throw createError('SIGNATURE_PROBE', 'a test signature')
  const shown = printable(serial)
  const find = shown === serial ? keyOf(serial) : undefined
  const key = await find?.catch(cause => {
    throw createError('SIGNATURE_UNKNOWN_SERIAL', `no key ${serial}: ${cause.message.replace(/\.$/, '')}`, cause)
  })
  if (!key) throw createError('SIGNATURE_UNKNOWN_SERIAL', `no key ${shown} in "platformKeys" or in force`)
  return async (body, createError) => {
    if (await verifySignature(`${timestamp}\n${nonceStr}\n${body}\n`, signature, key, crypto)) return serial
    throw createError('SIGNATURE_INVALID', `the signature does not match the key ${serial}`)
  }
}

/**
 * Reads a verified response: parses it, including JSON in strings, and decrypts encrypted fields.
 *
 * @throws {ServiceError} the status is not 2xx
 */
export async function decode(verified: Verified, call: Call, { account }: Credentials): Promise<Reply<unknown>> {
  const { response, body, verifiedBy } = verified
  if (!response.ok) throw serviceError(verified, call, verifiedBy)
  if (!body) return replyOf(verified, undefined)
  const data = await parseJsonFields(parseBody(parseJson, verified, call), call.trait.json)
  return replyOf(verified, await decryptFields(data, verified, call, account))
}

/** Creates the error for a response that is not 2xx. */
export function serviceError(received: ReceivedResponse, call: Call, verifiedBy?: string): ServiceError {
  const { status, body } = received
  // A proxy's error page is HTML and has none of these.
  const {
    code,
    message: serviceMessage = describeUnknownError(received),
    detail,
  } = Object(parseJsonOr(body, undefined))
  const serviceCode = typeof code === 'string' ? code : `HTTP_${status}`
  return new ServiceError(
    { serviceCode, serviceMessage: String(serviceMessage), detail, verifiedBy },
    received,
    mayTakeEffect(call) && leavesDoubt(serviceCode, status, verifiedBy !== undefined),
  )
}

/** The APIv3 protocol. */
export const protocol: Protocol = { encode, verify, decode }
