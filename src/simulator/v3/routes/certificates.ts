import { sealGcm } from '../../../core/crypto/aes.ts'
import { nonce } from '../../../core/crypto/nonce.ts'
import { rfc3339 } from '../../clock/time.ts'
import type { SimulatorContext } from '../../context.ts'
import type { PlatformCertificate } from '../../keys/platform.ts'
import { Refusal } from '../refusal.ts'
import type { Route } from '../route.ts'

const ASSOCIATED_DATA = 'certificate'

/** At the access point of the mainland, and at that of 融合钱包. */
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
    const data = await Promise.all(context.platform.certificates.map(certificate => sealed(certificate, context)))
    return { status: 200, body: { data } }
  },
}))

/** Sealed with the APIv3 key: whoever can open it knows that it comes from WeChat Pay. */
async function sealed({ id, pem, notBefore, notAfter }: PlatformCertificate, { gcmKey, crypto }: SimulatorContext) {
  // 12 bytes, the nonce of AES-GCM.
  const open = { nonce: nonce(crypto).slice(0, 12), associated_data: ASSOCIATED_DATA }
  const ciphertext = await sealGcm(pem, open, gcmKey, crypto)
  return {
    serial_no: id,
    effective_time: rfc3339(notBefore),
    expire_time: rfc3339(notAfter),
    encrypt_certificate: { algorithm: 'AEAD_AES_256_GCM', ...open, ciphertext },
  }
}
