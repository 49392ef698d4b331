import { sealGcm } from '../../../core/crypto/aes.ts'
import { nonce } from '../../../core/crypto/nonce.ts'
import { rfc3339 } from '../../clock/time.ts'
import type { SimulatorContext } from '../../context.ts'
import type { PlatformCertificate } from '../../keys/platform.ts'
import { Refusal } from '../refusal.ts'
import type { Route } from '../route.ts'

const ASSOCIATED_DATA = 'certificate'

/** Endpoints of the mainland's access point, and of 融合钱包's. */
const ENDPOINTS = ['GET /v3/certificates', 'GET /hk/v3/certificates'] as const

export const certificates: readonly Route[] = ENDPOINTS.map(endpoint => ({
  endpoint,
  async handle(_, context) {
    if (context.platform.certificates.length === 0)
      throw new Refusal(
        404,
        'RESOURCE_NOT_EXISTS',
        '无可用的平台证书，请在商户平台-API安全申请使用微信支付公钥。可查看指引https://pay.weixin.qq.com/doc/v3/merchant/4012153196',
      )
    const data = await Promise.all(
      context.platform.certificates.map(certificate => encryptCertificate(certificate, context)),
    )
    return { status: 200, body: { data } }
  },
}))

/** Encrypts a certificate with the APIv3 key, which proves to the merchant that it comes from WeChat Pay. */
async function encryptCertificate(
  { id, pem, notBefore, notAfter }: PlatformCertificate,
  { gcmKey, crypto }: SimulatorContext,
) {
  // AES-GCM requires a nonce of 12 bytes.
  const parameters = { nonce: nonce(crypto).slice(0, 12), associated_data: ASSOCIATED_DATA }
  const ciphertext = await sealGcm(pem, parameters, gcmKey, crypto)
  return {
    serial_no: id,
    effective_time: rfc3339(notBefore),
    expire_time: rfc3339(notAfter),
    encrypt_certificate: { algorithm: 'AEAD_AES_256_GCM', ...parameters, ciphertext },
  }
}
