import type { Account } from '../account.ts'
import { type Bytes, concat, utf8 } from '../bytes.ts'
import { replaceFields } from '../codec/fields.ts'
import { parseJson, stringifyJson } from '../codec/json.ts'
import { type Query, stringifyQuery } from '../codec/query.ts'
import { nonce } from '../crypto/nonce.ts'
import { open, seal, sign, verify as verifySignature } from '../crypto/rsa.ts'
import type { Reply } from '../endpoints/call.ts'
import {
  CallError,
  DecryptionError,
  MalformedError,
  SealedAnswerError,
  ServiceError,
  type SignatureCode,
} from '../errors.ts'
import { VERSION } from '../version.ts'
import { type Attempt, type Call, mayTakeEffect, type Parties, type Verified } from './call.ts'
import type { PlatformKeys } from './platform-keys.ts'
import { answerOf, parseAnswer, readBytes, refusal, requestIdOf } from './receive.ts'
import { readUpload } from './upload.ts'

/** Seconds that `Wechatpay-Timestamp` may be off. */
const MOST_SKEW = 300

/**
 * Writes an APIv3 call: seals, serialises, and signs for every attempt anew (请求签名).
 *
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4012365342
 */
export async function encode(call: Call, { account, platformKeys }: Parties): Promise<Attempt> {
  const { method, path, trait } = call
  await platformKeys.ready()
  let sealedWith: string | undefined
  const sealText = async (text: string) => {
    const { id, key } = await platformKeys.sealer()
    sealedWith = id
    return seal(text, key, account.crypto)
  }
  const query = await sealed(call.query, trait.sealQuery, sealText)
  const { body, signed, type } =
    call.raw ?? (await serialise({ ...call, body: await sealed(call.body, trait.seal, sealText) }, account.crypto))
  const [{ sign: key }, serial] = await Promise.all([account.privateKey(), account.serial()])

  return async baseUrl => {
    const url = new URL(baseUrl.replace(/\/$/, '') + path)
    if (query) url.search = stringifyQuery(query as Query)
    const timestamp = Math.floor(account.now() / 1000)
    const nonceStr = nonce(account.crypto)
    const lines = `${method}\n${url.pathname}${url.search}\n${timestamp}\n${nonceStr}\n`
    const message = concat(utf8(lines), typeof signed === 'string' ? utf8(signed) : signed, utf8('\n'))
    const signature = await sign(message, key, account.crypto)

    const headers: Record<string, string> = {
      accept: trait.answer === 'file' ? '*/*' : 'application/json',
      'user-agent': `wechatpay-edge/${VERSION}`,
      // Asks for an answer signed with the public key, while certificates are in use beside it.
      ...(platformKeys.publicKeyId && { 'wechatpay-serial': platformKeys.publicKeyId }),
      ...(call.headers && Object.fromEntries(new Headers(call.headers))),
      ...(type && { 'content-type': type }),
      ...(sealedWith && { 'wechatpay-serial': sealedWith }),
      authorization: `WECHATPAY2-SHA256-RSA2048 mchid="${account.mchid}",nonce_str="${nonceStr}",timestamp="${timestamp}",serial_no="${serial}",signature="${signature}"`,
    }
    return [url.href, { method, headers, body: body ?? null, redirect: 'manual' }]
  }
}

async function serialise({ body, trait }: Call, crypto: Crypto): Promise<NonNullable<Call['raw']>> {
  if (body === undefined) return { body: undefined, signed: '', type: null }
  const upload = await readUpload(body, trait.meta, crypto)
  if (upload) return upload
  const bytes = utf8(stringifyJson(body))
  return { body: bytes, signed: bytes, type: 'application/json' }
}

/** Sealed fields (敏感信息加密) hold text; anything else would go out in the clear. */
async function sealed<T>(
  message: T,
  paths: readonly string[] = [],
  sealText: (text: string) => Promise<string>,
): Promise<T> {
  return (await replaceFields(message, paths, async (value, path) => {
    if (typeof value !== 'string')
      throw new CallError('BODY_INVALID', path, `"${path}" is sealed for WeChat Pay and has to be text.`)
    try {
      return await sealText(value)
    } catch (cause) {
      if (!(cause instanceof RangeError)) throw cause
      throw new CallError('BODY_INVALID', path, `"${path}" cannot be sealed: ${cause.message}`, { cause })
    }
  })) as T
}

/**
 * Proves that an answer is WeChat Pay's (应答验签). Every 2xx is verified, an empty one too; an error where it carries a
 * signature. Files bear none.
 *
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4013053420
 */
export async function verify(response: Response, call: Call, { account, platformKeys }: Parties): Promise<Verified> {
  if (response.ok && call.trait.answer === 'file') return { response, bytes: undefined, verifiedBy: undefined }
  const bytes = await readBytes(response, call)
  if (!response.ok && !response.headers.has('wechatpay-signature')) return { response, bytes, verifiedBy: undefined }

  return { response, bytes, verifiedBy: await verifySigned(response, bytes, call, account, platformKeys.verifier) }
}

/**
 * Verifies the signature of an answer.
 *
 * @param keyOf finds WeChat Pay's key by the serial that the answer names
 * @returns that serial
 * @throws {SignatureError}
 */
export async function verifySigned(
  response: Response,
  bytes: Bytes,
  call: Call,
  { now, crypto }: Account,
  keyOf: PlatformKeys['verifier'],
): Promise<string> {
  const refused = (code: SignatureCode, why: string, options?: ErrorOptions) =>
    refusal(code, why, response, bytes, call, options)
  const [timestamp, nonceStr, signature, serial] = SIGNATURE_HEADERS.map(name => {
    const value = response.headers.get(name)
    if (value === null) throw refused('SIGNATURE_MISSING', `it has no ${name}.`)
    return value
  }) as [string, string, string, string]
  const skew = Math.abs(now() / 1000 - Number(timestamp))
  if (!(skew <= MOST_SKEW))
    throw refused(
      'SIGNATURE_STALE',
      `Wechatpay-Timestamp ${timestamp} is more than 5 minutes off this machine's clock. Check the clock.`,
    )
  if (signature.startsWith('WECHATPAY/SIGNTEST/'))
    throw refused('SIGNATURE_PROBE', 'it bears a test signature, with which WeChat Pay finds out who does not verify.')
  const key = await keyOf(serial).catch(cause => {
    throw refused('SIGNATURE_UNKNOWN_SERIAL', `the key ${serial} could not be fetched. ${cause.message}`, { cause })
  })
  if (!key)
    throw refused(
      'SIGNATURE_UNKNOWN_SERIAL',
      `Wechatpay-Serial ${serial} is no key of "platformKeys" and no platform certificate in force.`,
    )
  const message = concat(utf8(`${timestamp}\n${nonceStr}\n`), bytes, utf8('\n'))
  if (!(await verifySignature(message, signature, key, crypto)))
    throw refused('SIGNATURE_INVALID', `Wechatpay-Signature does not fit the answer and the key ${serial}.`)
  return serial
}

const SIGNATURE_HEADERS = ['Wechatpay-Timestamp', 'Wechatpay-Nonce', 'Wechatpay-Signature', 'Wechatpay-Serial']

/**
 * Reads a verified answer: parses, opens sealed fields.
 *
 * @throws {ServiceError} when it is not 2xx
 */
export async function decode(verified: Verified, call: Call, { account }: Parties): Promise<Reply<unknown>> {
  const { response, bytes, verifiedBy } = verified
  const { status, headers } = response
  const reply = (data: unknown) => ({ data, status, headers, requestId: requestIdOf(response), verifiedBy })
  if (!bytes) return reply(response.body ?? new Blob().stream())
  if (!response.ok) throw serviceError(response, bytes, call, verifiedBy)
  if (bytes.length === 0) return reply(undefined)
  const data = parseAnswer(parseJson, response, bytes, call)
  return reply(call.trait.open ? await opened(data, verified, call, account) : data)
}

/** The message as it was before WeChat Pay sealed parts of it for the merchant. */
async function opened(data: unknown, { response, bytes }: Verified, call: Call, account: Account): Promise<unknown> {
  const key = await account.privateKey()
  const openText = (value: unknown) => (typeof value === 'string' && value ? open(value, key, account.crypto) : value)
  try {
    return await replaceFields(data, call.trait.open ?? [], openText)
  } catch (cause) {
    if (!(cause instanceof DecryptionError)) throw cause
    throw new SealedAnswerError('DECRYPTION_FAILED', cause.message, answerOf(response, bytes!), mayTakeEffect(call), {
      cause,
    })
  }
}

/** What an answer that is not 2xx says. */
export function serviceError(
  response: Response,
  bytes: Bytes,
  call: Call,
  verifiedBy: string | undefined,
): ServiceError {
  const answer = answerOf(response, bytes)
  const { code, message, detail } = errorFields(answer.body)
  return new ServiceError(
    {
      code: code ?? `HTTP_${response.status}`,
      message: message ?? "The answer is none of WeChat Pay's errors.",
      detail,
      verifiedBy,
    },
    answer,
    // 4xx is a refusal; after 5xx nobody knows.
    response.status >= 500 && mayTakeEffect(call),
  )
}

function errorFields(body: string): { code?: string; message?: string; detail?: unknown } {
  try {
    const fields = parseJson(body)
    if (typeof fields !== 'object' || fields === null) return {}
    const { code, message, detail } = fields as Record<string, unknown>
    return { ...(typeof code === 'string' && { code }), ...(typeof message === 'string' && { message }), detail }
  } catch (error) {
    if (error instanceof MalformedError) return {} // a proxy's HTML
    throw error
  }
}
