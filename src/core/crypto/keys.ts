import { exportJWK, importPKCS8, importSPKI, importX509 } from 'jose'
import { ConfigurationError } from '../errors.ts'
import { type Pem, pkcs1ToPkcs8, pkcs1ToSpki, readPem, writePem } from './pem.ts'
import { type CertificateFacts, readCertificateFacts } from './x509.ts'

/** RSASSA-PKCS1-v1_5 with SHA-256: every APIv3 signature. */
const SIGNING = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }
/** RSA-OAEP with SHA-1: every sealed field. */
const SEALING = { name: 'RSA-OAEP', hash: 'SHA-1' }

/** A private key for its two uses; neither can be exported. */
export interface PrivateKey {
  sign: CryptoKey
  /** Absent when the user gave a `CryptoKey`: a key of WebCrypto has one use. */
  decrypt?: CryptoKey | undefined
}

/** A public key for its two uses. */
export interface PublicKey {
  verify: CryptoKey
  encrypt: CryptoKey
}

export interface Certificate extends CertificateFacts {
  key: PublicKey
}

/** The PEM kinds an option takes, and what jose makes of each: a JWK, from which any `Crypto` imports. */
type Readers = Record<string, (pem: Pem) => Promise<CryptoKey>>

const extractable = { extractable: true }

const PRIVATE: Readers = {
  'PRIVATE KEY': pem => importPKCS8(writePem(pem), 'RS256', extractable),
  'RSA PRIVATE KEY': ({ der }) =>
    importPKCS8(writePem({ label: 'PRIVATE KEY', der: pkcs1ToPkcs8(der) }), 'RS256', extractable),
}
const PUBLIC: Readers = {
  'PUBLIC KEY': pem => importSPKI(writePem(pem), 'RS256', extractable),
  'RSA PUBLIC KEY': ({ der }) =>
    importSPKI(writePem({ label: 'PUBLIC KEY', der: pkcs1ToSpki(der) }), 'RS256', extractable),
}
const CERTIFICATE: Readers = {
  CERTIFICATE: pem => importX509(writePem(pem), 'RS256', extractable),
}

/**
 * Imports the merchant's private key (商户 API 私钥, `apiclient_key.pem`).
 *
 * @param pem PKCS#8 or PKCS#1, not encrypted
 * @throws {ConfigurationError} `PEM_INVALID`, `PEM_WRONG_KIND`, `PEM_ENCRYPTED`
 */
export async function importPrivateKey(pem: string, option: string, crypto: Crypto): Promise<PrivateKey> {
  const jwk = await read(privatePem(pem, option), PRIVATE, option, crypto)
  const [sign, decrypt] = await Promise.all([
    crypto.subtle.importKey('jwk', jwk, SIGNING, false, ['sign']),
    crypto.subtle.importKey('jwk', jwk, SEALING, false, ['decrypt']),
  ])
  return { sign, decrypt }
}

/**
 * Imports WeChat Pay's public key (微信支付公钥, `pub_key.pem`).
 *
 * @param pem SPKI or PKCS#1
 * @throws {ConfigurationError} `PEM_INVALID`, `PEM_WRONG_KIND`
 */
export async function importPublicKey(pem: string, option: string, crypto: Crypto): Promise<PublicKey> {
  return publicKey(await read(publicPem(pem, option), PUBLIC, option, crypto), crypto)
}

/**
 * Imports a certificate, the merchant's (`apiclient_cert.pem`) or WeChat Pay's (平台证书).
 *
 * @throws {ConfigurationError} `PEM_INVALID`, `PEM_WRONG_KIND`
 */
export async function importCertificate(pem: string, option: string, crypto: Crypto): Promise<Certificate> {
  const block = certificatePem(pem, option)
  const jwk = await read(block, CERTIFICATE, option, crypto)
  return { ...readCertificateFacts(block.der), key: await publicKey(jwk, crypto) }
}

/** The kind of PEM alone, which a constructor can check without waiting. */
export const privatePem = (pem: string, option: string): Pem =>
  ofKind(pem, option, PRIVATE, 'a private key (apiclient_key.pem)')
export const publicPem = (pem: string, option: string): Pem => ofKind(pem, option, PUBLIC, 'a public key (pub_key.pem)')
export const certificatePem = (pem: string, option: string): Pem => ofKind(pem, option, CERTIFICATE, 'a certificate')

function ofKind(pem: string, option: string, readers: Readers, due: string): Pem {
  const block = readPem(pem, option)
  if (block.label in readers) return block
  throw new ConfigurationError('PEM_WRONG_KIND', option, `this PEM is a "${block.label}" where ${due} is due.`)
}

async function read(pem: Pem, readers: Readers, option: string, crypto: Crypto): Promise<JsonWebKey> {
  if (!globalThis.crypto?.subtle || !crypto.subtle)
    throw new ConfigurationError(
      'WEBCRYPTO_MISSING',
      'crypto',
      'this runtime has no crypto.subtle (a web page needs HTTPS).',
    )
  try {
    return (await exportJWK(await readers[pem.label]!(pem))) as JsonWebKey
  } catch (cause) {
    throw new ConfigurationError('PEM_INVALID', option, `the "${pem.label}" holds no RSA key that can be read.`, {
      cause,
    })
  }
}

async function publicKey(jwk: JsonWebKey, crypto: Crypto): Promise<PublicKey> {
  const [verify, encrypt] = await Promise.all([
    crypto.subtle.importKey('jwk', jwk, SIGNING, false, ['verify']),
    crypto.subtle.importKey('jwk', jwk, SEALING, false, ['encrypt']),
  ])
  return { verify, encrypt }
}
