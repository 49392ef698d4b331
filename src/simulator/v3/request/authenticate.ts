import { concat, utf8 } from '../../../core/base/bytes.ts'
import { MAX_SKEW_SECONDS, SECOND } from '../../../core/base/time.ts'
import { verify } from '../../../core/crypto/rsa.ts'
import type { SimulatorContext } from '../../context.ts'
import type { RequestTrace } from '../../http/journal.ts'
import { explainTime, explainV3, type RequestToExplain } from '../../timeline/signature-explanation.ts'
import { V3Refusal } from '../refusal.ts'
import { timeMistakeOf } from '../signature-time.ts'
import { type Authorization, parseAuthorization } from './authorization.ts'
import type { ReceivedRequest } from './received-request.ts'

/** Documented maximum difference between a request's timestamp and the clock, in either direction. */
const MAX_SKEW = MAX_SKEW_SECONDS * SECOND

const MALFORMED = 'Http头Authorization值格式错误，请参考《微信支付商户REST API签名规则》'

/** The service's message for each error, and the part of the header that it names. */
const SIGN_ERRORS = {
  missing: [MALFORMED, 'authorization', 'authorization is missing'],
  malformed: [MALFORMED, 'authorization', 'authorization is malformed'],
  scheme: ['Http头Authorization认证类型不正确', 'authorization', 'authorization scheme not supported'],
  merchant: [
    '商户未申请过证书。请到商户平台上申请证书授权机构颁发的证书。详情可参考:http://kf.qq.com/faq/180824JvUZ3i180824YvMNJj.html',
    'mchid',
    'mchid unknown',
  ],
  brand: ['品牌未申请过证书。请到品牌经营平台上申请证书', 'brand_id', 'brand_id unknown'],
  serial: ['商户证书序列号有误。请使用签名私钥匹配的证书序列号', 'serial_no', 'serial_no not found'],
  stale: ['Http头Authorization中的timestamp与发起请求的时间不得超过5分钟', 'timestamp', 'timestamp out of range'],
  replay: ['Http头Authorization中的nonce_str重复', 'nonce_str', 'nonce_str already used'],
} as const satisfies Record<string, readonly [message: string, field: string, issue: string]>

/** @throws {V3Refusal} 400 `INVALID_REQUEST`: a header that the service requires of every request is missing */
function requireHeaders({ headers }: ReceivedRequest): void {
  const missing = ['Accept', 'User-Agent'].find(name => !headers.get(name)?.trim() && isVisible(name))
  if (missing === undefined) return
  const detail = { field: missing, issue: `${missing} is missing`, location: 'header' }
  throw new V3Refusal(400, 'INVALID_REQUEST', 'Http头缺少Accept或User-Agent', detail)
}

/** Returns whether a `Request` shows a header. Chromium hides `User-Agent` and adds its own when it sends the request. */
const isVisible = (name: string): boolean => new Request('http://a', { headers: { [name]: 'a' } }).headers.has(name)

/**
 * Verifies a request's signature with the certificate of the merchant or the brand, over the five lines that the request should have signed.
 *
 * @throws {V3Refusal} 401 `SIGN_ERROR`; 400 `INVALID_REQUEST`
 */
export async function authenticate(
  received: ReceivedRequest,
  context: SimulatorContext,
  trace: RequestTrace,
): Promise<void> {
  requireHeaders(received)
  const { signer, verificationKey, nonces, signatureNow, crypto } = context
  const { headers, signedBody } = received
  const header = headers.get('authorization')
  if (!header) throw signError('missing')
  trace.signature = 'invalid'
  const authorization = parseAuthorization(header, signer.api)
  if (typeof authorization === 'string') throw signError(authorization)
  const { id, serial_no, timestamp, nonce_str, signature } = authorization
  trace.signedBy = serial_no
  const [url, ...otherUrls] = signableUrls(received)
  const firstLines = firstFourLines(url, received, authorization)
  const signedTextFor = (lines: string): string => `${lines}${new TextDecoder().decode(signedBody)}\n`
  trace.signedText = signedTextFor(firstLines)
  const sent = Number(timestamp) * SECOND
  if (id !== signer.id) throw signError(signer.api === 'v3' ? 'merchant' : 'brand')
  // WeChat Pay shows the serial in upper case, and accepts lower case as well.
  if (serial_no.toUpperCase() !== signer.serial) throw signError('serial')
  const now = signatureNow()
  const timeMistake = timeMistakeOf(timestamp, now)
  if (timeMistake !== undefined) {
    trace.explain = explainTime(
      timeMistake,
      requestToExplain(received, authorization),
      { verificationKey, crypto },
      now,
    )
    throw signError('stale')
  }
  if (nonces.has(nonce_str)) throw signError('replay')
  const messageOf = (lines: string) => concat(utf8(lines), signedBody, utf8('\n'))
  const message = messageOf(firstLines)
  let isValid = await verify(message, signature, verificationKey, crypto)
  for (const other of otherUrls) {
    if (isValid) break
    const lines = firstFourLines(other, received, authorization)
    isValid = await verify(messageOf(lines), signature, verificationKey, crypto)
    if (isValid) trace.signedText = signedTextFor(lines)
  }
  if (!isValid) {
    trace.explain = explainV3(requestToExplain(received, authorization), { verificationKey, crypto })
    throw mismatchError(received, url, firstLines, message.length)
  }
  // Two requests with the same nonce may have been verified concurrently.
  if (!nonces.claim(nonce_str, sent + MAX_SKEW, signatureNow())) throw signError('replay')
  trace.signature = 'valid'
}

function requestToExplain(
  received: ReceivedRequest,
  { timestamp, nonce_str, signature }: Authorization,
): RequestToExplain {
  const { method, origin, target, signedBody } = received
  return {
    method,
    origin: origin.slice(0, origin.length - target.prefix.length),
    targets: signableUrls(received),
    timestamp,
    nonce: nonce_str,
    body: signedBody,
    signature,
  }
}

/**
 * Returns the URLs that the signature may cover, the one of WeChat Pay first. An SDK whose base URL has the prefix of a namespace signs the
 * path with it or without it.
 */
const signableUrls = ({ target: { prefix, url } }: ReceivedRequest): readonly [string, ...string[]] =>
  prefix === '' ? [url] : [url, prefix + url]

const firstFourLines = (url: string, { method }: ReceivedRequest, { timestamp, nonce_str }: Authorization): string =>
  `${method}\n${url}\n${timestamp}\n${nonce_str}\n`

function signError(kind: keyof typeof SIGN_ERRORS): V3Refusal {
  const [message, field, issue] = SIGN_ERRORS[kind]
  return new V3Refusal(401, 'SIGN_ERROR', message, { field, issue, location: 'authorization' })
}

/** Creates the error for a wrong signature, with the beginning of the signed text, for comparison with the merchant's. */
function mismatchError({ method, body }: ReceivedRequest, url: string, firstLines: string, length: number): V3Refusal {
  const bodyStart = new TextDecoder().decode(body.subarray(0, 8))
  return new V3Refusal(401, 'SIGN_ERROR', '错误的签名，验签失败', {
    detail: { issue: 'sign not match' },
    field: 'signature',
    location: 'authorization',
    sign_information: {
      method,
      sign_message_length: length,
      truncated_sign_message: `${firstLines}${bodyStart}\n`,
      url,
    },
  })
}
