import { encryptGcm } from '../../core/crypto/aes.ts'
import { nonce } from '../../core/crypto/nonce.ts'
import { rfc3339 } from '../clock/time.ts'
import type { SimulatorContext } from '../context.ts'
import type { PlatformCertificate } from './platform.ts'

const ASSOCIATED_DATA = 'certificate'

/** Lists the platform certificates as `GET /v3/certificates` and APIv2's `/risk/getcertficates` return them. */
export async function certificateList(context: SimulatorContext): Promise<{ data: object[] }> {
  const { certificates } = context.platform
  return { data: await Promise.all(certificates.map(certificate => encryptCertificate(certificate, context))) }
}

/** Encrypts a certificate with the APIv3 key, which proves to the merchant that it comes from WeChat Pay. */
async function encryptCertificate(
  { id, pem, notBefore, notAfter }: PlatformCertificate,
  { gcmKey, crypto }: SimulatorContext,
) {
  // AES-GCM requires a nonce of 12 bytes.
  const parameters = { nonce: nonce(crypto).slice(0, 12), associated_data: ASSOCIATED_DATA }
  const ciphertext = await encryptGcm(pem, parameters, gcmKey, crypto)
  return {
    serial_no: id,
    effective_time: rfc3339(notBefore),
    expire_time: rfc3339(notAfter),
    encrypt_certificate: { algorithm: 'AEAD_AES_256_GCM', ...parameters, ciphertext },
  }
}
