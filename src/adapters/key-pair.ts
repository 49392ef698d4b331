import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { ConfigurationError } from '../core/index.ts'
import { normalCertificates, normalEncryptedKey, normalPrivateKey } from './pem.ts'

/** Names of the parts of a client certificate in errors: parameters of a function, or variables. */
export interface Names {
  readonly cert: string
  readonly key: string
  readonly passphrase: string
  /** A PKCS#12 file. */
  readonly pfx: string
}

/** The merchant's client certificate: `apiclient_cert.pem` with `apiclient_key.pem`. */
export interface KeyPair {
  /** PEM, with its chain if there is one. */
  cert: string
  /** PEM, PKCS#8 or PKCS#1. */
  key: string
  /** The passphrase of an encrypted `key`. */
  passphrase?: string | undefined
}

/** Names for parameters. */
export const PARTS: Names = { cert: 'cert', key: 'key', passphrase: 'passphrase', pfx: 'pfx' }
/** Names for variables. */
export const VARIABLE_PARTS: Names = {
  cert: 'WECHATPAY_CERTIFICATE',
  key: 'WECHATPAY_PRIVATE_KEY',
  passphrase: 'WECHATPAY_PRIVATE_KEY_PASSPHRASE',
  pfx: 'WECHATPAY_P12_FILE',
}

/**
 * Reads a private key and removes its passphrase. Uses `node:crypto`, which Node, Deno and Bun have.
 *
 * @returns PEM, PKCS#8
 * @throws {ConfigurationError} `PEM_INVALID`, `PEM_WRONG_KIND`, `PEM_ENCRYPTED`, `PASSPHRASE_WRONG`
 */
export function openPrivateKey({ key, passphrase }: Omit<KeyPair, 'cert'>, names: Names): string {
  if (!/ENCRYPTED/.test(key)) return normalPrivateKey(key, names.key)
  if (!passphrase)
    throw new ConfigurationError('PEM_ENCRYPTED', names.key, `is encrypted. Give its passphrase as ${names.passphrase}`)
  try {
    return String(
      createPrivateKey({ key: normalEncryptedKey(key), passphrase }).export({ type: 'pkcs8', format: 'pem' }),
    )
  } catch (cause) {
    throw new ConfigurationError('PASSPHRASE_WRONG', names.passphrase, `does not decrypt ${names.key}`, cause)
  }
}

/**
 * Converts a client certificate to the form that every TLS library accepts, and checks it. The libraries' own errors
 * are unclear, and Deno 2.9 ends the process.
 *
 * @returns PEM, the key without passphrase; undefined if there is neither certificate nor key
 * @throws {ConfigurationError} `OPTION_MISSING` if one of the two is missing, `PEM_INVALID`, `PEM_WRONG_KIND`,
 * `PEM_ENCRYPTED`, `PASSPHRASE_WRONG`, `KEY_MISMATCH`
 */
export function readKeyPair(
  { cert: givenCert, key: givenKey, passphrase }: Partial<KeyPair>,
  names: Names,
): { cert: string; key: string } | undefined {
  if (!givenCert && !givenKey) return undefined
  if (!givenCert || !givenKey)
    throw new ConfigurationError('OPTION_MISSING', givenCert ? names.key : names.cert, 'give both certificate and key')
  const cert = normalCertificates(givenCert, names.cert)
  const key = openPrivateKey({ key: givenKey, passphrase }, names)
  if (readCertificate(cert, names.cert).checkPrivateKey(readPrivateKey(key, names.key))) return { cert, key }
  const cure = 'Take both from the same download'
  throw new ConfigurationError('KEY_MISMATCH', names.key, `not the private key of ${names.cert}. ${cure}`)
}

/** Reads a certificate. @throws {ConfigurationError} `PEM_INVALID` */
export const readCertificate = (pem: string, name: string): X509Certificate =>
  readKeyMaterial(name, () => new X509Certificate(normalCertificates(pem, name)))

const readPrivateKey = (pem: string, name: string): KeyObject => readKeyMaterial(name, () => createPrivateKey(pem))

function readKeyMaterial<T>(name: string, read: () => T): T {
  try {
    return read()
  } catch (cause) {
    if (cause instanceof ConfigurationError) throw cause
    throw new ConfigurationError('PEM_INVALID', name, 'its content cannot be read. Download it again', cause)
  }
}

/** Reads the certificate authorities that replace those of the runtime. @throws {ConfigurationError} `PEM_INVALID`, `PEM_WRONG_KIND` */
export const readAuthorities = (ca: string | undefined): { ca?: string } =>
  ca ? { ca: normalCertificates(ca, 'ca') } : {}
