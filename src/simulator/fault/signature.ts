import { base64, fromBase64, fromUtf8 } from '../../core/base/bytes.ts'
import type { SimulatorContext } from '../context.ts'
import type { SimulatedResponse } from '../http/response.ts'
import { signatureHeaders } from '../v3/signature.ts'
import type { FaultRule } from './rule.ts'

const V2_SIGN = /(<sign><!\[CDATA\[)([0-9A-F])/

/** Returns whether the response has a signature that can be corrupted. */
export const isSigned = ({ headers, body }: SimulatedResponse): boolean =>
  'Wechatpay-Signature' in headers || (typeof body === 'string' && V2_SIGN.test(body))

/** Corrupts the signature of a response as the rule says. */
export async function corruptSignature(
  rule: FaultRule,
  response: SimulatedResponse,
  { platform, signatureNow, crypto }: SimulatorContext,
): Promise<SimulatedResponse> {
  const { headers, body } = response
  const serial = headers['Wechatpay-Serial']
  if (serial === undefined) return { ...response, body: (body as string).replace(V2_SIGN, changeDigit) }
  const text = body === undefined ? '' : typeof body === 'string' ? body : fromUtf8(body)
  if (rule.kind === 'clock-skew') {
    const skewed = await signatureHeaders(text, platform.find(serial)!, signatureNow() + rule.ms, crypto)
    return { ...response, headers: { ...headers, ...skewed } }
  }
  const changed: Record<string, string> =
    rule.kind === 'unknown-serial'
      ? { 'Wechatpay-Serial': unknownSerial(serial, id => platform.find(id) !== undefined) }
      : { 'Wechatpay-Signature': flipLastBit(headers['Wechatpay-Signature']!) }
  return { ...response, headers: { ...headers, ...changed } }
}

const changeDigit = (_: string, before: string, digit: string): string => before + (digit === '0' ? '1' : '0')

/** Flips the last bit; length and base64 stay valid. */
function flipLastBit(signature: string): string {
  const bytes = fromBase64(signature)
  bytes[bytes.length - 1]! ^= 1
  return base64(bytes)
}

/** Returns an id in the same form, of a certificate or a public key, that belongs to no key. */
function unknownSerial(id: string, isKnown: (id: string) => boolean): string {
  for (let number = 0; ; number++) {
    const candidate = id.slice(0, -8) + String(number).padStart(8, '0')
    if (!isKnown(candidate)) return candidate
  }
}
