import type { Bytes } from '../base/bytes.ts'
import { ConfigurationError } from '../base/errors.ts'
import { readPem } from './pem.ts'
import { type CertificateFacts, readX509 } from './x509.ts'

/** An RSA algorithm and its hash, as WebCrypto names them. */
export interface RsaUse {
  readonly name: string
  readonly hash: string
}

/** RSASSA-PKCS1-v1_5 with SHA-256: every APIv3 signature. */
export const SIGNING: RsaUse = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }
/** RSA-OAEP with SHA-1: every encrypted field. */
export const ENCRYPTION: RsaUse = { name: 'RSA-OAEP', hash: 'SHA-1' }

/** Maximum bits of an RSA key: Deno cannot verify with longer ones. WeChat Pay's keys have 2,048. */
export const MAX_KEY_BITS = 4096

/** A private key for both uses. Neither form can be exported. */
export interface PrivateKey {
  sign: CryptoKey
  /** Absent if the caller passed a `CryptoKey`, which WebCrypto restricts to one use. */
  decrypt?: CryptoKey | undefined
}

/** A public key for both uses. */
export interface PublicKey {
  verify: CryptoKey
  encrypt: CryptoKey
}

/** A certificate, imported. */
export interface Certificate extends CertificateFacts {
  key: PublicKey
}

/**
 * Imports the merchant's private key (商户 API 私钥, `apiclient_key.pem`).
 *
 * @param pem PKCS#8 or PKCS#1, not encrypted
 * @throws {ConfigurationError} `PEM_INVALID`, `PEM_WRONG_KIND`, `PEM_ENCRYPTED`
 */
export async function importPrivateKey(pem: string, option: string, crypto: Crypto): Promise<PrivateKey> {
  const der = privatePem(pem, option)
  return readRsaKey(option, async () => ({
    sign: requireBoundedKey(await crypto.subtle.importKey('pkcs8', der, SIGNING, false, ['sign'])),
    decrypt: await crypto.subtle.importKey('pkcs8', der, ENCRYPTION, false, ['decrypt']),
  }))
}

/**
 * Imports WeChat Pay's public key (微信支付公钥, `pub_key.pem`).
 *
 * @param pem SPKI or PKCS#1
 * @throws {ConfigurationError} `PEM_INVALID`, `PEM_WRONG_KIND`
 */
export async function importPublicKey(pem: string, option: string, crypto: Crypto): Promise<PublicKey> {
  const der = publicPem(pem, option)
  return readRsaKey(option, () => importSpki(der, crypto))
}

/**
 * Imports a certificate, the merchant's (`apiclient_cert.pem`) or WeChat Pay's (平台证书).
 *
 * @throws {ConfigurationError} `PEM_INVALID`, `PEM_WRONG_KIND`
 */
export async function importCertificate(pem: string, option: string, crypto: Crypto): Promise<Certificate> {
  const der = certificatePem(pem, option)
  return readRsaKey(option, async () => {
    const { spki, ...facts } = readX509(der)
    return { ...facts, key: await importSpki(spki, crypto) }
  })
}

const importSpki = async (spki: Bytes, crypto: Crypto): Promise<PublicKey> => ({
  verify: requireBoundedKey(await crypto.subtle.importKey('spki', spki, SIGNING, false, ['verify'])),
  encrypt: await crypto.subtle.importKey('spki', spki, ENCRYPTION, false, ['encrypt']),
})

function requireBoundedKey(key: CryptoKey): CryptoKey {
  const { modulusLength } = key.algorithm as RsaHashedKeyAlgorithm
  if (modulusLength <= MAX_KEY_BITS) return key
  throw new RangeError(`${modulusLength} bits`)
}

async function readRsaKey<T>(option: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read()
  } catch (cause) {
    const why = `no RSA key of at most ${MAX_KEY_BITS} bits in this PEM`
    throw new ConfigurationError('PEM_INVALID', option, why, cause)
  }
}

/** Returns the DER of a PEM of the expected kind. Synchronous, so that a constructor can check it. */
export const privatePem = (pem: string, option: string): Bytes => requireKind(pem, option, 'PRIVATE KEY')
export const publicPem = (pem: string, option: string): Bytes => requireKind(pem, option, 'PUBLIC KEY')
export const certificatePem = (pem: string, option: string): Bytes => requireKind(pem, option, 'CERTIFICATE')

function requireKind(pem: string, option: string, expected: string): Bytes {
  const { label, der } = readPem(pem, option)
  if (label === expected) return der
  throw new ConfigurationError('PEM_WRONG_KIND', option, `this is a "${label}". Give the text of a "${expected}"`)
}
