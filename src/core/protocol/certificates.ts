import type { Account } from '../account.ts'
import { parseJson } from '../codec/json.ts'
import { openGcm, type Sealed } from '../crypto/aes.ts'
import { type Certificate, importCertificate } from '../crypto/keys.ts'
import { ConfigurationError, MalformedError, type ServiceError } from '../errors.ts'
import type { Call } from './call.ts'
import { GIVE_PUBLIC_KEY, type PlatformKeys } from './platform-keys.ts'
import { parseAnswer, receive } from './receive.ts'
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
export async function readCertificates(response: Response, account: Account): Promise<Certificate[]> {
  const answer = await receive(response, CERTIFICATES)
  if (!response.ok) throw inPublicKeyMode(v3.serviceError(answer, CERTIFICATES))
  const key = await account.apiv3Key()
  const certificates = await Promise.all(
    parseAnswer(sealedCertificates, answer, CERTIFICATES).map(async sealed =>
      importCertificate(await openGcm(sealed, key, account.crypto), CERTIFICATES.path, account.crypto),
    ),
  )
  const keyOf = async (serial: string) => certificates.find(certificate => certificate.serial === serial)?.key.verify
  await v3.verifySigned(answer, CERTIFICATES, account, keyOf)
  return certificates
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
