import type { Account } from '../account.ts'
import { parseJson } from '../codec/json.ts'
import { openGcm, type Sealed } from '../crypto/aes.ts'
import { type Certificate, importCertificate } from '../crypto/keys.ts'
import { ConfigurationError, MalformedError, type ServiceError } from '../errors.ts'
import type { CertificateCache } from '../options.ts'
import type { Call } from './call.ts'
import { GIVE_PUBLIC_KEY, type PlatformKeys } from './platform-keys.ts'
import { MAX_CERTIFICATES, parseAnswer, receive, refusalOf } from './receive.ts'
import * as v3 from './v3.ts'

/** `GET /v3/certificates` (下载平台证书). */
export const CERTIFICATES: Call = { method: 'GET', path: '/v3/certificates', trait: {} }

/** The first call of all: nothing is known yet that could verify or seal. */
export const NO_KEYS: PlatformKeys = {
  publicKeyId: undefined,
  ready: () => undefined,
  verifier: async () => undefined,
  sealer: () => Promise.reject(new Error('no keys')),
}

/**
 * Reads the answer of {@link CERTIFICATES}. The keys that verify it are in it: the APIv3 key opens and thereby proves
 * them, and the answer's own signature has to fit one of them.
 *
 * @throws {ConfigurationError} `OPTION_MISSING` when the merchant is in public-key mode and the public key is not configured
 */
export async function readCertificates(
  response: Response,
  account: Account,
  cache?: CertificateCache,
): Promise<Certificate[]> {
  const answer = await receive(response, CERTIFICATES, MAX_CERTIFICATES)
  if (!response.ok) throw inPublicKeyMode(v3.serviceError(answer, CERTIFICATES))
  const certificates = await opened(parseAnswer(sealedCertificates, answer, CERTIFICATES), account)
  const keyOf = async (serial: string) => certificates.find(certificate => certificate.serial === serial)?.key.verify
  await v3.verifySigned(answer, refusalOf(answer, CERTIFICATES), account, keyOf)
  try {
    await cache?.set(answer.body)
  } catch {
    // They are known all the same.
  }
  return certificates
}

/**
 * Reads what {@link readCertificates} kept. Its signature is too old to tell anything; the APIv3 key, which has to open it,
 * proves it. Only what was sealed as a certificate counts: a notification may carry a text that a payer chose.
 *
 * @returns undefined when none is in force, or one does not open: then they are fetched, and that tells what is wrong
 */
export async function recallCertificates(
  cache: CertificateCache,
  account: Account,
): Promise<Certificate[] | undefined> {
  try {
    const sealed = sealedCertificates((await cache.get()) ?? '')
    const certificates = sealed.every(({ associated_data }) => associated_data === 'certificate')
      ? await opened(sealed, account)
      : []
    const now = account.now()
    return certificates.some(({ notBefore, notAfter }) => +notBefore <= now && now < +notAfter)
      ? certificates
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

/** 403 or 404 says that WeChat Pay signs with its public key for this merchant, and only the merchant can fetch that. */
const inPublicKeyMode = (refusal: ServiceError): Error =>
  refusal.status === 403 || refusal.status === 404
    ? new ConfigurationError('OPTION_MISSING', 'platformKeys', `in public-key mode ${GIVE_PUBLIC_KEY}`, refusal)
    : refusal
