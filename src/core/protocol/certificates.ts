import { ConfigurationError, MalformedError, type ServiceError } from '../base/errors.ts'
import { parseJson } from '../codec/json.ts'
import { decryptGcm, type GcmCiphertext } from '../crypto/aes.ts'
import { type Certificate, importCertificate } from '../crypto/keys.ts'
import type { Account } from '../options/account.ts'
import type { CertificateCache } from '../options/options.ts'
import type { Call } from './call.ts'
import { GIVE_PUBLIC_KEY, type PlatformKeys } from './platform-keys.ts'
import { MAX_CERTIFICATES, parseResponseBody, readWhole, signatureErrorOf } from './response.ts'
import * as v3 from './v3.ts'

/** `GET /v3/certificates` (下载平台证书). */
const PATH = '/v3/certificates'
export const CERTIFICATES: Call = { method: 'GET', path: PATH, template: PATH, trait: {} }

/**
 * Reads the response of {@link CERTIFICATES}. Decryption with the APIv3 key proves the certificates. The signature of
 * the response must match one of them, or the configured public key, which the request names: WeChat Pay completes a
 * switch to the public key only when all requests name it.
 *
 * @param configured the configured keys
 * @throws {ConfigurationError} `OPTION_MISSING`: WeChat Pay has no certificate for this merchant, which uses public-key
 * mode
 * @see https://pay.weixin.qq.com/doc/v3/partner/4013038589
 */
export async function readCertificates(
  response: Response,
  account: Account,
  configured: PlatformKeys,
  cache?: CertificateCache,
): Promise<Certificate[]> {
  const received = await readWhole(response, CERTIFICATES, MAX_CERTIFICATES)
  if (!response.ok) throw noneListed(configured, v3.serviceError(received, CERTIFICATES))
  const certificates = await decryptCertificates(
    parseResponseBody(encryptedCertificates, received, CERTIFICATES),
    account,
  )
  if (certificates.length === 0) throw noneListed(configured)
  const keyOf = async (serial: string) =>
    certificates.find(certificate => certificate.serial === serial.toUpperCase())?.key.verify ??
    configured.verifier(serial)
  await v3.verifySigned(received, signatureErrorOf(received, CERTIFICATES), account, keyOf)
  try {
    await cache?.set(received.body)
  } catch {
    // The certificates are valid even if the cache fails.
  }
  return certificates
}

/**
 * Reads certificates that {@link readCertificates} has cached. Their signature is too old to prove anything; decryption
 * with the APIv3 key does. They must be marked as certificates, because a notification, encrypted with the same key,
 * may contain text chosen by a payer.
 *
 * @returns undefined if one cannot be decrypted; a download then reports the reason
 */
export async function recallCertificates(
  cache: CertificateCache,
  account: Account,
): Promise<Certificate[] | undefined> {
  try {
    const encrypted = encryptedCertificates((await cache.get()) ?? '')
    return encrypted.every(({ associated_data }) => associated_data === 'certificate')
      ? await decryptCertificates(encrypted, account)
      : undefined
  } catch {
    return undefined
  }
}

async function decryptCertificates(
  encrypted: readonly GcmCiphertext[],
  { notificationKey, crypto }: Account,
): Promise<Certificate[]> {
  const key = await notificationKey()
  return Promise.all(
    encrypted.map(async entry => importCertificate(await decryptGcm(entry, key, crypto), CERTIFICATES.path, crypto)),
  )
}

function encryptedCertificates(text: string): GcmCiphertext[] {
  const { data } = Object(parseJson(text)) as { data?: { encrypt_certificate: GcmCiphertext }[] }
  if (!Array.isArray(data)) throw new MalformedError('NOT_JSON', 'no "data".')
  return data.map(({ encrypt_certificate }) => encrypt_certificate)
}

/**
 * Creates the error for 403, 404 or an empty list: WeChat Pay signs with its public key, which only the merchant can
 * download.
 */
function noneListed({ publicKeyId }: PlatformKeys, refusal?: ServiceError): Error {
  // A proxy's page may have the same status, but has no code of WeChat Pay and proves nothing.
  if (refusal && (![403, 404].includes(refusal.status) || refusal.serviceCode.startsWith('HTTP_'))) return refusal
  const why = publicKeyId
    ? `no platform certificate (平台证书), because WeChat Pay signs only with ${publicKeyId}`
    : `in public-key mode ${GIVE_PUBLIC_KEY}`
  return new ConfigurationError('OPTION_MISSING', 'platformKeys', why, refusal)
}
