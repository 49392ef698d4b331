import type { Account } from '../account.ts'
import { parseJson } from '../codec/json.ts'
import { openGcm, type Sealed } from '../crypto/aes.ts'
import { type Certificate, importCertificate } from '../crypto/keys.ts'
import { ConfigurationError, MalformedError, type ServiceError } from '../errors.ts'
import type { CertificateCache } from '../options.ts'
import type { Call } from './call.ts'
import { GIVE_PUBLIC_KEY, type PlatformKeys } from './platform-keys.ts'
import { MAX_CERTIFICATES, parseBody, readWhole, signatureErrorOf } from './response.ts'
import * as v3 from './v3.ts'

/** `GET /v3/certificates` (下载平台证书). */
export const CERTIFICATES: Call = { method: 'GET', path: '/v3/certificates', trait: {} }

/**
 * Reads the response of {@link CERTIFICATES}. The APIv3 key opens the certificates and thereby proves them. The response's
 * own signature has to fit one of them, or the configured public key, which the request named: WeChat Pay counts the
 * requests that name it, and a switch is not done before all do.
 *
 * @param configured the keys that are known without this response
 * @throws {ConfigurationError} `OPTION_MISSING`: WeChat Pay has no certificate for this merchant, who is in public-key mode
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
  const certificates = await opened(parseBody(sealedCertificates, received, CERTIFICATES), account)
  if (certificates.length === 0) throw noneListed(configured)
  const keyOf = async (serial: string) =>
    certificates.find(certificate => certificate.serial === serial.toUpperCase())?.key.verify ??
    configured.verifier(serial)
  await v3.verifySigned(received, signatureErrorOf(received, CERTIFICATES), account, keyOf)
  try {
    await cache?.set(received.body)
  } catch {
    // They are known all the same.
  }
  return certificates
}

/**
 * Reads what {@link readCertificates} kept. Its signature is too old to tell anything; the APIv3 key, which has to open it,
 * proves it. Only what was sealed as a certificate counts: a notification may carry a text that a payer chose.
 *
 * @returns undefined when one does not open: then they are fetched, and that tells what is wrong
 */
export async function recallCertificates(
  cache: CertificateCache,
  account: Account,
): Promise<Certificate[] | undefined> {
  try {
    const sealed = sealedCertificates((await cache.get()) ?? '')
    return sealed.every(({ associated_data }) => associated_data === 'certificate')
      ? await opened(sealed, account)
      : undefined
  } catch {
    return undefined
  }
}

async function opened(sealed: readonly Sealed[], { apiv3Key, crypto }: Account): Promise<Certificate[]> {
  const key = await apiv3Key()
  return Promise.all(
    sealed.map(async one => importCertificate(await openGcm(one, key, crypto), CERTIFICATES.path, crypto)),
  )
}

function sealedCertificates(text: string): Sealed[] {
  const { data } = Object(parseJson(text)) as { data?: { encrypt_certificate: Sealed }[] }
  if (!Array.isArray(data)) throw new MalformedError('NOT_JSON', 'no "data".')
  return data.map(({ encrypt_certificate }) => encrypt_certificate)
}

/** 403, 404 or an empty list: WeChat Pay signs with its public key for this merchant, and only the merchant can download that. */
function noneListed({ publicKeyId }: PlatformKeys, refusal?: ServiceError): Error {
  // A proxy's page of that status, which has no code of WeChat Pay's, says nothing of the kind.
  if (refusal && (![403, 404].includes(refusal.status) || refusal.serviceCode.startsWith('HTTP_'))) return refusal
  const why = publicKeyId
    ? `no platform certificate (平台证书), because WeChat Pay signs with ${publicKeyId} alone`
    : `in public-key mode ${GIVE_PUBLIC_KEY}`
  return new ConfigurationError('OPTION_MISSING', 'platformKeys', why, refusal)
}
