import { utf8 } from '../../core/bytes.ts'
import { nonce } from '../../core/crypto/nonce.ts'
import { sign } from '../../core/crypto/rsa.ts'
import type { PlatformKey } from '../keys/platform.ts'
import { SCHEME } from './authorization.ts'

/**
 * The headers that prove an answer or a notification to be WeChat Pay's: timestamp, nonce and body are signed, a line
 * each.
 *
 * @param now ms, by the clock on the wall
 */
export async function signatureHeaders(
  body: string,
  { id, private: key }: PlatformKey,
  now: number,
  crypto: Crypto,
): Promise<Record<string, string>> {
  const timestamp = String(Math.floor(now / 1000))
  const nonceStr = nonce(crypto)
  return {
    'Wechatpay-Nonce': nonceStr,
    'Wechatpay-Serial': id,
    'Wechatpay-Signature': await sign(utf8(`${timestamp}\n${nonceStr}\n${body}\n`), key.sign, crypto),
    'Wechatpay-Signature-Type': SCHEME,
    'Wechatpay-Timestamp': timestamp,
  }
}
