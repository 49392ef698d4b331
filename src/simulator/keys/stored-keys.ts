import { readPem, writePem } from '../../core/crypto/pem.ts'
import { readX509 } from '../../core/crypto/x509.ts'
import { StateError } from '../state/state.ts'
import { publicKeyPem, readKeyPair } from './key-pair.ts'

/** A key in the state. */
export interface StoredKey {
  /** The certificate, or the public key as SPKI. */
  readonly pem: string
  /** PKCS#8 */
  readonly privateKey: string
}

/** The merchant's keys in the state. */
export interface StoredMerchantKeys {
  readonly mchid: string
  readonly appid: string
  readonly serial: string
  readonly privateKey: string
  readonly certificate: string
  readonly apiv3Key: string
  readonly apiv2Key: string
}

/**
 * Checks the merchant's keys in a snapshot, which may come from somebody else: its texts become headers, file names and the
 * variables of `.env`, so they must be exactly what the simulator writes.
 *
 * @throws {StateError}
 */
export async function requireMerchantKeys(
  stored: StoredMerchantKeys,
  { mchid, appid }: Pick<StoredMerchantKeys, 'mchid' | 'appid'>,
  crypto: Crypto,
): Promise<void> {
  require(stored.mchid === mchid && stored.appid === appid, 'the merchant is not the one that the keys belong to')
  require([stored.apiv3Key, stored.apiv2Key].every(isApiKey), 'an API key does not have 32 letters and digits')
  await requireCertificateKeys(stored.serial, { pem: stored.certificate, privateKey: stored.privateKey }, crypto)
}

/** The brand's keys in the state. */
export interface StoredBrandKeys {
  readonly brandId: string
  readonly serial: string
  readonly privateKey: string
  readonly certificate: string
  readonly apiKey: string
}

/** Checks the brand's keys in a snapshot, like {@link requireMerchantKeys}. @throws {StateError} */
export async function requireBrandKeys(stored: StoredBrandKeys, brandId: string, crypto: Crypto): Promise<void> {
  require(stored.brandId === brandId, 'the brand is not the one that the keys belong to')
  require(isApiKey(stored.apiKey), 'the API key of the brand does not have 32 letters and digits')
  await requireCertificateKeys(stored.serial, { pem: stored.certificate, privateKey: stored.privateKey }, crypto)
}

/**
 * Checks a platform certificate in a snapshot.
 *
 * @param serial the name under which the certificate is stored
 * @throws {StateError}
 */
export async function requireCertificateKeys(
  serial: string,
  { pem, privateKey }: StoredKey,
  crypto: Crypto,
): Promise<void> {
  require(isCanonical(pem) && isCanonical(privateKey), `the PEM of certificate ${JSON.stringify(serial)} is malformed`)
  const certificate = readX509(readPem(pem, 'certificate').der)
  require(certificate.serial === serial, `a certificate is stored under a serial that is not its own`)
  const { publicKey } = await readKeyPair(privateKey, crypto)
  const spki = new Uint8Array(await crypto.subtle.exportKey('spki', publicKey))
  require(areEqual(spki, certificate.spki), `certificate ${serial} is not that of its private key`)
}

/**
 * Checks WeChat Pay's public key in a snapshot.
 *
 * @throws {StateError}
 */
export async function requirePublicKey(id: string, { pem, privateKey }: StoredKey, crypto: Crypto): Promise<void> {
  require(/^PUB_KEY_ID_\w+$/.test(id), 'the id of the public key is malformed')
  require(isCanonical(privateKey), 'the PEM of the public key is malformed')
  const { publicKey } = await readKeyPair(privateKey, crypto)
  require(pem === (await publicKeyPem(publicKey, crypto)), 'the public key is not that of its private key')
}

/** @throws {StateError} */
function require(isMet: boolean, problem: string): void {
  if (!isMet) throw new StateError('NOT_A_SNAPSHOT', `${problem}; pass what snapshot() returned`)
}

const isApiKey = (key: unknown): boolean => typeof key === 'string' && /^[\dA-Za-z]{32}$/.test(key)

/** Returns whether a PEM is written as the simulator writes it, without text around it. */
const isCanonical = (pem: string): boolean => writePem(readPem(pem, 'state')).trim() === pem.trim()

const areEqual = (one: Uint8Array, other: Uint8Array): boolean =>
  one.length === other.length && one.every((byte, at) => byte === other[at])
