import type { Reply } from '../../definitions/call.ts'
import { printable } from '../base/error-text.ts'
import { type ReceivedResponse, ServiceError } from '../base/errors.ts'
import { leavesDoubt } from '../base/service-codes.ts'
import { MAX_SKEW_SECONDS } from '../base/time.ts'
import { parseJsonFields, stringifyJsonFields } from '../codec/fields.ts'
import { parseJson, parseJsonOr, stringifyJson } from '../codec/json.ts'
import { nonce } from '../crypto/nonce.ts'
import { verify as verifySignature } from '../crypto/rsa.ts'
import type { SigningAccount } from '../options/account.ts'
import { SIGNING_APIS } from '../options/signing-apis.ts'
import {
  type Call,
  endpointOf,
  mayTakeEffect,
  type Payload,
  type Protocol,
  type SigningCredentials,
  type SignRequest,
  type Verified,
} from './call.ts'
import { decryptFields, encryptFields } from './encrypted-fields.ts'
import type { PlatformKeys } from './platform-keys.ts'
import { requestOf, urlOf } from './request.ts'
import {
  type CreateSignatureError,
  describeUnknownError,
  MAX_JSON,
  parseResponseBody,
  readWhole,
  replyOf,
  signatureErrorOf,
  unreadResponse,
} from './response.ts'
import { readMeta, readUpload, type Upload, writeUpload } from './upload.ts'

/**
 * Encodes a call of APIv3 or of the brand API: encrypts, serializes, and signs each attempt (请求签名).
 *
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4012365342
 */
export async function encode(call: Call, credentials: SigningCredentials): Promise<SignRequest> {
  const { account, platformKeys } = credentials
  const { trait } = call
  const upload = await readUpload(call.body)
  const form = upload && (trait.encrypt ? { ...upload.others, meta: readMeta(upload.others) } : upload.others)
  const { serial: encryptedWith, ...encrypted } = await encryptFields(call, form ?? call.body, credentials)
  const query = await stringifyJsonFields(encrypted.params, trait.encodeQuery)
  const message = await stringifyJsonFields(encrypted.body, trait.encode)
  const payload =
    call.raw ??
    (upload
      ? await writeUpload({ ...upload, others: message as Upload['others'] }, trait.meta, account.crypto)
      : textOf(message))
  const [serial] = await Promise.all([account.serial(), account.importPrivateKey()])
  const { scheme, idName } = SIGNING_APIS[account.api]

  return async (baseUrl, limits) => {
    const url = urlOf(baseUrl, call, query)
    const timestamp = Math.floor(account.now() / 1000)
    const nonceStr = nonce(account.crypto)
    const signedText = `${call.method}\n${url.pathname}${url.search}\n${timestamp}\n${nonceStr}\n${payload.signed}\n`
    const signature = await account.sign(signedText, limits)

    return requestOf(
      url,
      call,
      payload,
      {
        accept: trait.response ? '*/*' : 'application/json',
        // Asks for a response signed with the public key while certificates are still in use. The brand API requires it always.
        ...(platformKeys.publicKeyId && { 'wechatpay-serial': platformKeys.publicKeyId }),
      },
      {
        ...(encryptedWith && { 'wechatpay-serial': encryptedWith }),
        authorization: `${scheme} ${idName}="${account.id}",nonce_str="${nonceStr}",timestamp="${timestamp}",serial_no="${serial}",signature="${signature}"`,
      },
    )
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
  { account, platformKeys }: SigningCredentials,
): Promise<Verified> {
  const { ok, headers } = response
  if (ok && call.trait.response) return unreadResponse(response)
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
  account: SigningAccount,
  keyOf: PlatformKeys['verifier'],
): Promise<string> {
  const verifyBody = await verifierOf(headers, createError, account, keyOf)
  return verifyBody(body, createError)
}

/** Returns `Wechatpay-Timestamp`, `-Nonce`, `-Signature` and `-Serial`, all of which must be present. */
export const signatureHeadersOf = (
  headers: Headers,
  createError: CreateSignatureError,
): [timestamp: string, nonceStr: string, signature: string, serial: string] =>
  ['Timestamp', 'Nonce', 'Signature', 'Serial'].map(part => {
    const value = headers.get(`wechatpay-${part}`)
    if (value === null) throw createError('SIGNATURE_MISSING', `no Wechatpay-${part}`)
    return value
  }) as [string, string, string, string]

/**
 * Checks the headers of a signature and finds its key before the body is read.
 *
 * @returns a function that verifies the body and returns the serial of the key
 */
export async function verifierOf(
  headers: Headers,
  createError: CreateSignatureError,
  { now, crypto }: SigningAccount,
  keyOf: PlatformKeys['verifier'],
): Promise<(body: string, createError: CreateSignatureError) => Promise<string>> {
  const [timestamp, nonceStr, signature, serial] = signatureHeadersOf(headers, createError)
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
  return async (body, createBodyError) => {
    if (await verifySignature(`${timestamp}\n${nonceStr}\n${body}\n`, signature, key, crypto)) return serial
    throw createBodyError('SIGNATURE_INVALID', `the signature does not match the key ${serial}`)
  }
}

/**
 * Reads a verified response: parses it, including JSON in strings, and decrypts encrypted fields.
 *
 * @throws {ServiceError} the status is not 2xx
 */
export async function decode(verified: Verified, call: Call, { account }: SigningCredentials): Promise<Reply<unknown>> {
  const { response, body, verifiedBy } = verified
  if (!response.ok) throw serviceError(verified, call, verifiedBy)
  if (!body) return replyOf(verified, undefined)
  const data = await parseJsonFields(parseResponseBody(parseJson, verified, call), call.trait.json)
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
    { serviceCode, serviceMessage: String(serviceMessage), detail, endpoint: endpointOf(call, 'v3'), verifiedBy },
    received,
    mayTakeEffect(call) && leavesDoubt(serviceCode, status, verifiedBy !== undefined),
  )
}

/** The protocol of APIv3 and of the brand API. */
export const protocol: Protocol<SigningCredentials> = { encode, verify, decode }
