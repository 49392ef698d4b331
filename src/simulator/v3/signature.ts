import { utf8 } from '../../core/base/bytes.ts'
import { nonce } from '../../core/crypto/nonce.ts'
import { sign } from '../../core/crypto/rsa.ts'
import type { PlatformKey } from '../keys/platform.ts'

/**
 * Returns the signature headers of a response or a notification. Three lines are signed: timestamp, nonce and body.
 *
 * @param now ms
 */
export async function signatureHeaders(
  body: string,
  { id, scheme, private: key }: PlatformKey,
  now: number,
  crypto: Crypto,
): Promise<Record<string, string>> {
  const timestamp = String(Math.floor(now / 1000))
  const nonceStr = nonce(crypto)
  return {
    'Wechatpay-Nonce': nonceStr,
    'Wechatpay-Serial': id,
    'Wechatpay-Signature': await sign(utf8(`${timestamp}\n${nonceStr}\n${body}\n`), key.sign, crypto),
    'Wechatpay-Signature-Type': scheme,
    'Wechatpay-Timestamp': timestamp,
  }
}
