import { importCertificate, importPublicKey } from '../../core/crypto/keys.ts'
import { ConfigurationError, ServiceError } from '../../core/index.ts'
import type { Credentials } from '../../core/protocol/call.ts'
import { isPublicKeyId } from '../../core/protocol/platform-keys.ts'
import { type Check, failedCheck, passedCheck } from '../checks.ts'
import { messageOf } from '../failure.ts'

/**
 * Finds the key that a message names, among the configured ones and among the platform certificates.
 *
 * @param at time of arrival, milliseconds since 1970
 * @param given WeChat Pay's configured keys by id, for the merchant and for the brand
 * @returns the key and where it is from, or a failed check with the reason why there is none
 */
export async function findPlatformKey(
  serial: string,
  at: number,
  { account, platformKeys }: Credentials,
  given: Readonly<Record<string, string>>,
): Promise<{ key: CryptoKey; found: Check } | { missing: Check }> {
  const found = (key: CryptoKey, from: string) => ({ key, found: passedCheck('key', `${serial}, ${from}`) })
  const missing = (detail: string, fix: string) => ({ missing: failedCheck('key', detail, fix) })
  const [id, pem] = Object.entries(given).find(([listedId]) => listedId.toUpperCase() === serial.toUpperCase()) ?? []
  if (id && pem && isPublicKeyId(id))
    return found((await importPublicKey(pem, 'platformKeys', account.crypto)).verify, 'the configured public key')
  if (id && pem) {
    const { key, notBefore, notAfter } = await importCertificate(pem, `platformKeys.${id}`, account.crypto)
    if (+notBefore <= at && at < +notAfter) return found(key.verify, 'a certificate of the folder')
    return missing(
      `${serial} was valid only from ${notBefore.toISOString()} to ${notAfter.toISOString()}`,
      'If the message is old, check it against its own time with --at sent',
    )
  }
  const configured = Object.keys(given).find(isPublicKeyId)
  if (isPublicKeyId(serial))
    return missing(
      `it names ${serial}, and ${configured ? `WECHATPAY_PUBLIC_KEY_ID is ${configured}` : 'no public key is configured'}`,
      'Copy that key and its id from 商户平台 → API 安全 → 微信支付公钥 to WECHATPAY_PUBLIC_KEY and WECHATPAY_PUBLIC_KEY_ID',
    )
  // A merchant that is switching has both kinds of keys.
  if (configured && !account.hasApiv3Key)
    return missing(
      `it names ${serial}, a platform certificate (平台证书), and only a public key is configured`,
      'Set WECHATPAY_APIV3_KEY to download certificates, or give the folder that has them: --certificates',
    )
  try {
    const key = await platformKeys.verifier(serial)
    if (key) return found(key, 'a platform certificate')
  } catch (error) {
    // A merchant in public-key mode has no certificates, for which WeChat Pay returns an error.
    const hasNone = error instanceof ConfigurationError && error.cause instanceof ServiceError
    if (!hasNone)
      return missing(
        `it names ${serial}, and the certificates cannot be downloaded: ${messageOf(error as Error).replace(/\.$/, '')}`,
        'Download them where WeChat Pay can be reached (wechatpay-edge certificates --out certificates), and give --certificates certificates',
      )
  }
  return missing(
    `WeChat Pay lists no certificate ${serial} for this merchant`,
    'It expired, or the message belongs to another merchant, or is forged',
  )
}
