import { concat, utf8 } from '../../../core/bytes.ts'
import { verify } from '../../../core/crypto/rsa.ts'
import { MINUTE } from '../../../core/time.ts'
import type { SimulatorContext } from '../../context.ts'
import type { SignatureTrace } from '../../http/journal.ts'
import { Refusal } from '../refusal.ts'
import { type Authorization, parseAuthorization } from './authorization.ts'
import type { ReceivedRequest } from './received-request.ts'

/** Documented maximum difference between a request's timestamp and the clock, in either direction. */
const MAX_SKEW = 5 * MINUTE

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
  serial: ['商户证书序列号有误。请使用签名私钥匹配的证书序列号', 'serial_no', 'serial_no not found'],
  stale: ['Http头Authorization中的timestamp与发起请求的时间不得超过5分钟', 'timestamp', 'timestamp out of range'],
  replay: ['Http头Authorization中的nonce_str重复', 'nonce_str', 'nonce_str already used'],
} as const satisfies Record<string, readonly [message: string, field: string, issue: string]>

/** @throws {Refusal} 400 `INVALID_REQUEST`: a header that the service requires of every request is missing */
function requireHeaders({ headers }: ReceivedRequest): void {
  const missing = ['Accept', 'User-Agent'].find(name => !headers.get(name)?.trim() && isVisible(name))
  if (missing === undefined) return
  const detail = { field: missing, issue: `${missing} is missing`, location: 'header' }
  throw new Refusal(400, 'INVALID_REQUEST', 'Http头缺少Accept或User-Agent', detail)
}

/** Returns whether a `Request` shows a header. Chromium hides `User-Agent` and adds its own when it sends the request. */
const isVisible = (name: string): boolean => new Request('http://a', { headers: { [name]: 'a' } }).headers.has(name)

/**
 * Verifies a request's signature with the merchant's certificate, over the five lines that the request should have signed.
 *
 * @throws {Refusal} 401 `SIGN_ERROR`; 400 `INVALID_REQUEST`
 */
export async function authenticate(
  received: ReceivedRequest,
  context: SimulatorContext,
  trace: SignatureTrace,
): Promise<void> {
  requireHeaders(received)
  const { merchant, verificationKey, nonces, signatureNow, crypto } = context
  const { headers, signedBody } = received
  const header = headers.get('authorization')
  if (!header) throw signError('missing')
  trace.signature = 'invalid'
  const authorization = parseAuthorization(header)
  if (typeof authorization === 'string') throw signError(authorization)
  const { mchid, serial_no, timestamp, nonce_str, signature } = authorization
  trace.signedBy = serial_no
  const firstLines = firstFourLines(received, authorization)
  trace.signedText = `${firstLines}${new TextDecoder().decode(signedBody)}\n`
  const sent = Number(timestamp) * 1000
  if (mchid !== merchant.mchid) throw signError('merchant')
  // WeChat Pay shows the serial in upper case, and accepts lower case as well.
  if (serial_no.toUpperCase() !== merchant.serial) throw signError('serial')
  if (Math.abs(signatureNow() - sent) > MAX_SKEW) throw signError('stale')
  if (nonces.has(nonce_str)) throw signError('replay')
  const message = concat(utf8(firstLines), signedBody, utf8('\n'))
  if (!(await verify(message, signature, verificationKey, crypto)))
    throw mismatchError(received, firstLines, message.length)
  // Two requests with the same nonce may have been verified concurrently.
  if (!nonces.claim(nonce_str, sent + MAX_SKEW, signatureNow())) throw signError('replay')
  trace.signature = 'valid'
}

const firstFourLines = ({ method, target }: ReceivedRequest, { timestamp, nonce_str }: Authorization): string =>
  `${method}\n${target.url}\n${timestamp}\n${nonce_str}\n`

function signError(kind: keyof typeof SIGN_ERRORS): Refusal {
  const [message, field, issue] = SIGN_ERRORS[kind]
  return new Refusal(401, 'SIGN_ERROR', message, { field, issue, location: 'authorization' })
}

/** Creates the error for a wrong signature, with the beginning of the signed text, for comparison with the merchant's. */
function mismatchError({ method, target, body }: ReceivedRequest, firstLines: string, length: number): Refusal {
  const bodyStart = new TextDecoder().decode(body.subarray(0, 8))
  return new Refusal(401, 'SIGN_ERROR', '错误的签名，验签失败', {
    detail: { issue: 'sign not match' },
    field: 'signature',
    location: 'authorization',
    sign_information: {
      method,
      sign_message_length: length,
      truncated_sign_message: `${firstLines}${bodyStart}\n`,
      url: target.url,
    },
  })
}
