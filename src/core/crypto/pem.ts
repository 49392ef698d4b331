import { type Bytes, base64, concat, fromBase64 } from '../bytes.ts'
import { ConfigurationError } from '../errors.ts'

/** One block of a PEM text (RFC 7468). */
export interface Pem {
  label: string
  der: Bytes
}

const BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----([\s\S]*?)-----END \1-----/

/**
 * Reads the first block of a PEM text. Takes what reaches an environment variable in practice: `\n` written out,
 * CRLF, indentation, and the "Bag Attributes" that `openssl pkcs12` writes around a block.
 *
 * @param text the PEM text
 * @param option the option it came in, for the error
 * @throws {ConfigurationError} `PEM_INVALID`, `PEM_ENCRYPTED`
 */
export function readPem(text: string, option: string): Pem {
  const [, label, content] = BLOCK.exec(String(text).replaceAll('\\r', '').replaceAll('\\n', '\n')) ?? []
  if (label === undefined || content === undefined)
    throw new ConfigurationError(
      'PEM_INVALID',
      option,
      'this is not a PEM text. Give the content of the file (it begins with "-----BEGIN"), not its path.',
    )
  if (label === 'ENCRYPTED PRIVATE KEY' || content.includes('ENCRYPTED'))
    throw new ConfigurationError(
      'PEM_ENCRYPTED',
      option,
      'the key is protected by a passphrase. Decrypt it first: openssl pkcs8 -topk8 -nocrypt -in key.pem',
    )
  try {
    return { label, der: fromBase64(content.replace(/\s/g, '')) }
  } catch (cause) {
    throw new ConfigurationError('PEM_INVALID', option, 'the text between BEGIN and END is not base64.', { cause })
  }
}

/** Writes a block. */
export function writePem({ label, der }: Pem): string {
  const lines = base64(der).match(/.{1,64}/g) ?? []
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n')
}

const RSA_ENCRYPTION = [0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00]

/** PKCS#1 `RSAPrivateKey` → PKCS#8 `PrivateKeyInfo` (RFC 5208): version 0, rsaEncryption, the key as OCTET STRING. */
export const pkcs1ToPkcs8 = (pkcs1: Uint8Array): Bytes =>
  der(0x30, Uint8Array.of(0x02, 0x01, 0x00, ...RSA_ENCRYPTION), der(0x04, pkcs1))

/** PKCS#1 `RSAPublicKey` → `SubjectPublicKeyInfo` (RFC 5280): rsaEncryption, the key as BIT STRING. */
export const pkcs1ToSpki = (pkcs1: Uint8Array): Bytes =>
  der(0x30, Uint8Array.from(RSA_ENCRYPTION), der(0x03, Uint8Array.of(0), pkcs1))

function der(tag: number, ...content: Uint8Array[]): Bytes {
  const body = concat(...content)
  const { length: n } = body
  const length = n < 0x80 ? [n] : n < 0x100 ? [0x81, n] : [0x82, n >> 8, n & 0xff]
  return concat(Uint8Array.of(tag, ...length), body)
}
