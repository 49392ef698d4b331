import { certificatePem, privatePem } from '../core/crypto/keys.ts'
import { writePem } from '../core/crypto/pem.ts'

// `node:crypto`, `node:tls` and Deno require line breaks in PEM, and Deno requires PKCS#8, whereas the core accepts
// every form that PEM takes in environment variables. These functions write the form that all of them accept.

const END = '-----END CERTIFICATE-----'

/**
 * Writes a private key as PKCS#8.
 *
 * @param text PEM in any form that the core reads, not encrypted
 * @throws {ConfigurationError} `PEM_INVALID`, `PEM_WRONG_KIND`, `PEM_ENCRYPTED`
 */
export const normalPrivateKey = (text: string, option: string): string =>
  writePem({ label: 'PRIVATE KEY', der: privatePem(text, option) })

/**
 * Writes a certificate, with its chain if there is one.
 *
 * @param text PEM in any form that the core reads
 * @throws {ConfigurationError} `PEM_INVALID`, `PEM_WRONG_KIND`
 */
export function normalCertificates(text: string, option: string): string {
  const parts = String(text).split(END)
  // The first part must be a certificate; the text after the last one is ignored.
  const blocks = parts.length > 1 ? parts.slice(0, -1) : parts
  return blocks.map(block => writePem({ label: 'CERTIFICATE', der: certificatePem(block + END, option) })).join('')
}

/**
 * Restores the line breaks of an encrypted private key: PKCS#8, or PKCS#1 as old versions of OpenSSL encrypt it.
 *
 * @returns the unchanged text if it has no such block
 */
export function normalEncryptedKey(text: string): string {
  const lines = text.replaceAll('\\r', '').replaceAll('\\n', '\n')
  const begin = lines.indexOf('-----BEGIN ')
  const labelEnd = lines.indexOf('-----', begin + 11)
  const label = lines.slice(begin + 11, labelEnd)
  const end = lines.indexOf(`-----END ${label}-----`, labelEnd)
  if (begin < 0 || labelEnd < 0 || end < 0) return text
  const content = lines.slice(labelEnd + 5, end).replace(/\s/g, '')
  const [head, info] = LEGACY.exec(content) ?? ['']
  const header = head && `Proc-Type: 4,ENCRYPTED\nDEK-Info: ${info}\n\n`
  const wrapped = content.slice(head.length).replace(/.{64}(?=.)/g, '$&\n')
  return `-----BEGIN ${label}-----\n${header}${wrapped}\n-----END ${label}-----\n`
}

/** The header of RFC 1421, without blanks. DES has an initialization vector of 8 bytes, AES one of 16. */
const LEGACY = /^Proc-Type:4,ENCRYPTEDDEK-Info:(DES[\w-]*,[0-9A-F]{16}|[\w-]+,[0-9A-F]{32})/i
