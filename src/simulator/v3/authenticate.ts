import { concat, utf8 } from '../../core/bytes.ts'
import { verify } from '../../core/crypto/rsa.ts'
import type { SimulatorContext } from '../context.ts'
import type { SignatureTrace } from '../http/journal.ts'
import { type Authorization, parseAuthorization } from './authorization.ts'
import { type ReceivedRequest, signedBody } from './received-request.ts'
import { Refusal } from './refusal.ts'

/** Either way, by the documentation. */
const WINDOW = 300_000

const MALFORMED = 'Http头Authorization值格式错误，请参考《微信支付商户REST API签名规则》'

/** The service's own message, and which part of the header is at fault. */
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

/**
 * Checks two headers that the service requires before it looks at anything else.
 *
 * @throws {Refusal} 400 `INVALID_REQUEST`
 */
export function requireHeaders({ headers }: ReceivedRequest): void {
  const missing = ['Accept', 'User-Agent'].find(name => !headers.get(name)?.trim() && isShown(name))
  if (missing === undefined) return
  const detail = { field: missing, issue: `${missing} is missing`, location: 'header' }
  throw new Refusal(400, 'INVALID_REQUEST', 'Http头缺少Accept或User-Agent', detail)
}

/** Chromium shows no `User-Agent` in a `Request`: it writes its own when the request goes out. */
const isShown = (name: string): boolean => new Request('http://a', { headers: { [name]: 'a' } }).headers.has(name)

/**
 * Proves that the request is the merchant's: builds the five lines anew from what arrived and verifies them with the
 * certificate that the merchant was issued.
 *
 * @throws {Refusal} 401 `SIGN_ERROR`
 */
export async function authenticate(
  incoming: ReceivedRequest,
  context: SimulatorContext,
  trace: SignatureTrace,
): Promise<void> {
  const { merchant, verificationKey, nonces, signatureNow, crypto } = context
  const header = incoming.headers.get('authorization')
  if (!header) throw signError('missing')
  trace.signature = 'invalid'
  const authorization = parseAuthorization(header)
  if (typeof authorization === 'string') throw signError(authorization)
  const { mchid, serial_no, timestamp, nonce_str, signature } = authorization
  trace.signedBy = serial_no
  const head = firstFourLines(incoming, authorization)
  const body = signedBody(incoming)
  trace.signedText = `${head}${new TextDecoder().decode(body)}\n`
  if (mchid !== merchant.mchid) throw signError('merchant')
  // WeChat Pay shows the serial in upper case and takes it in either.
  if (serial_no.toUpperCase() !== merchant.serial) throw signError('serial')
  if (Math.abs(signatureNow() - Number(timestamp) * 1000) > WINDOW) throw signError('stale')
  if (nonces.has(nonce_str)) throw signError('replay')
  const message = concat(utf8(head), body, utf8('\n'))
  if (!(await verify(message, signature, verificationKey, crypto))) throw mismatch(incoming, head, message.length)
  // Asked once more: two requests with one nonce may have waited for their verification side by side.
  if (!nonces.claim(nonce_str, Number(timestamp) * 1000 + WINDOW, signatureNow())) throw signError('replay')
  trace.signature = 'valid'
}

const firstFourLines = ({ method, url }: ReceivedRequest, { timestamp, nonce_str }: Authorization): string =>
  `${method}\n${url}\n${timestamp}\n${nonce_str}\n`

function signError(fault: keyof typeof SIGN_ERRORS): Refusal {
  const [message, field, issue] = SIGN_ERRORS[fault]
  return new Refusal(401, 'SIGN_ERROR', message, { field, issue, location: 'authorization' })
}

/** The service shows what it verified, its body cut after some characters: a merchant lays it beside his own. */
function mismatch({ method, url, body }: ReceivedRequest, head: string, length: number): Refusal {
  const start = new TextDecoder().decode(body.subarray(0, 8))
  return new Refusal(401, 'SIGN_ERROR', '错误的签名，验签失败', {
    detail: { issue: 'sign not match' },
    field: 'signature',
    location: 'authorization',
    sign_information: { method, sign_message_length: length, truncated_sign_message: `${head}${start}\n`, url },
  })
}
