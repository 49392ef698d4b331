import { type Bytes, base64, concat, fromBase64 } from '../base/bytes.ts'
import { kindOf } from '../base/error-text.ts'
import { ConfigurationError } from '../base/errors.ts'

/** A block of PEM text (RFC 7468), whose label names its kind: PKCS#8, SPKI, X.509 and others. */
export interface Pem {
  label: string
  der: Bytes
}

/** RFC 7468, 3. Labels are short; the limit keeps long ones out of error messages. */
const BOUNDARY = /-----(BEGIN|END) ([A-Z0-9 ]{1,64})-----/g

/**
 * Reads the first complete block of a PEM text. Accepts the forms that environment variables have in practice: a literal `\n`,
 * CRLF, indentation, and the "Bag Attributes" that `openssl pkcs12` writes around a block. Converts PKCS#1 to PKCS#8 or SPKI.
 *
 * @param text the PEM text
 * @param option the option that holds it, for the error
 * @throws {ConfigurationError} `PEM_INVALID`, `PEM_ENCRYPTED`
 */
export function readPem(text: string, option: string): Pem {
  if (typeof text !== 'string')
    throw new ConfigurationError(
      'PEM_INVALID',
      option,
      `${kindOf(text)} instead of text. Give readFileSync(path, 'utf8')`,
    )
  const [label, content] = firstBlock(text.replaceAll('\\r', '').replaceAll('\\n', '\n')) ?? []
  if (!label || !content)
    throw new ConfigurationError(
      'PEM_INVALID',
      option,
      'not PEM. Give the text of the file, "-----BEGIN …" to "-----END …", not its path',
    )
  if (/ENCRYPTED/.test(label + content))
    throw new ConfigurationError('PEM_ENCRYPTED', option, 'encrypted. Decrypt it: openssl pkcs8 -topk8 -nocrypt')
  const [kind = label, wrap = (der: Bytes) => der] = PKCS1[label] ?? []
  try {
    return { label: kind, der: wrap(fromBase64(content.replace(/\s/g, ''))) }
  } catch (cause) {
    throw new ConfigurationError('PEM_INVALID', option, 'not base64', cause)
  }
}

/** Returns the label and the content of the first block that has a beginning and an end. */
function firstBlock(text: string): [label: string, content: string] | undefined {
  let open: RegExpExecArray | undefined
  for (const boundary of text.matchAll(BOUNDARY)) {
    const [, side, label] = boundary as unknown as [string, string, string]
    if (side === 'END' && open?.[2] === label) return [label, text.slice(open.index + open[0].length, boundary.index)]
    open = side === 'BEGIN' ? boundary : undefined
  }
  return undefined
}

/** Writes a PEM block. */
export const writePem = ({ label, der }: Pem): string =>
  `-----BEGIN ${label}-----\n${base64(der).replace(/.{64}(?=.)/g, '$&\n')}\n-----END ${label}-----\n`

/** AlgorithmIdentifier: rsaEncryption. */
const RSA = Uint8Array.of(0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00)

/** The structures that wrap PKCS#1: `PrivateKeyInfo` (RFC 5208) with its version 0, `SubjectPublicKeyInfo` (RFC 5280). */
const PKCS1: Record<string, [string, (der: Bytes) => Bytes]> = {
  'RSA PRIVATE KEY': ['PRIVATE KEY', key => element(0x30, Uint8Array.of(0x02, 0x01, 0x00), RSA, element(0x04, key))],
  'RSA PUBLIC KEY': ['PUBLIC KEY', key => element(0x30, RSA, element(0x03, Uint8Array.of(0), key))],
}

/** Writes a DER element. The length of an RSA key takes two bytes, that of the smallest public keys one. */
function element(tag: number, ...content: Uint8Array[]): Bytes {
  const body = concat(...content)
  const { length } = body
  return concat(Uint8Array.of(tag, ...(length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff])), body)
}
