import type { Bytes } from '../../core/base/bytes.ts'
import { writePem } from '../../core/crypto/pem.ts'
import { bitString, der, integer, NULL, objectIdentifier, octetString, sequence, set, TAGS, TRUE, text } from './der.ts'

/** A name by its attributes, in order. */
export type DistinguishedName = Readonly<Partial<Record<keyof typeof ATTRIBUTES, string>>>

const ATTRIBUTES = { CN: '2.5.4.3', OU: '2.5.4.11', O: '2.5.4.10', L: '2.5.4.7', C: '2.5.4.6' } as const
const BASIC_CONSTRAINTS = '2.5.29.19'

/** An algorithm that an authority signs with. */
export interface SigningAlgorithm {
  readonly algorithm: { readonly name: string; readonly namedCurve?: string; readonly hash: string }
  /** As X.509 names it. */
  readonly identifier: Bytes
  /** Converts a signature of WebCrypto to that of X.509. */
  encode(signature: Bytes): Bytes
}

export const SIGNING: Readonly<Record<'RSA' | 'ECDSA', SigningAlgorithm>> = {
  ECDSA: {
    algorithm: { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' },
    identifier: sequence(objectIdentifier('1.2.840.10045.4.3.2')),
    encode: encodeEcdsa,
  },
  RSA: {
    algorithm: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
    identifier: sequence(objectIdentifier('1.2.840.113549.1.1.11'), NULL),
    encode: signature => signature,
  },
}

/** The contents of a certificate. */
export interface CertificateContent {
  /** An even number of hex digits. */
  readonly serial: string
  readonly issuer: DistinguishedName
  readonly subject: DistinguishedName
  readonly publicKey: CryptoKey
  /** ms, whole seconds */
  readonly notBefore: number
  readonly notAfter: number
  /** Whether the subject may issue certificates. */
  readonly isAuthority: boolean
}

/**
 * Signs an X.509 certificate (RFC 5280) and returns it as PEM. Written here, because a library of X.509 takes longer to load
 * than the rest of the simulator takes to start.
 */
export async function signCertificate(
  content: CertificateContent,
  { key, type }: { key: CryptoKey; type: keyof typeof SIGNING },
  crypto: Crypto,
): Promise<string> {
  const { algorithm, identifier, encode } = SIGNING[type]
  const publicKey = new Uint8Array(await crypto.subtle.exportKey('spki', content.publicKey))
  const unsigned = sequence(
    der(0xa0, integer(Uint8Array.of(2))),
    integer(Uint8Array.from(content.serial.match(/../g)!, digits => Number.parseInt(digits, 16))),
    identifier,
    nameOf(content.issuer),
    sequence(timeOf(content.notBefore), timeOf(content.notAfter)),
    nameOf(content.subject),
    publicKey,
    ...(content.isAuthority ? [der(0xa3, sequence(AUTHORITY_EXTENSION))] : []),
  )
  const signature = encode(new Uint8Array(await crypto.subtle.sign(algorithm, key, unsigned)))
  return writePem({ label: 'CERTIFICATE', der: sequence(unsigned, identifier, bitString(signature)) })
}

/** A critical basic constraint (RFC 5280, 4.2.1.9): the subject is an authority. */
const AUTHORITY_EXTENSION = sequence(objectIdentifier(BASIC_CONSTRAINTS), TRUE, octetString(sequence(TRUE)))

function nameOf(name: DistinguishedName): Bytes {
  const parts = Object.entries(name).map(([attribute, value]) => {
    // A country is printable text (RFC 5280, appendix A); other attributes should be UTF-8.
    const tag = attribute === 'C' ? TAGS.printable : TAGS.utf8
    return set(sequence(objectIdentifier(ATTRIBUTES[attribute as keyof typeof ATTRIBUTES]), text(tag, value)))
  })
  return sequence(...parts)
}

/** Encodes a time: with two digits for the year through 2049 (RFC 5280, 4.1.2.5). */
function timeOf(time: number): Bytes {
  const digits = new Date(time).toISOString().replace(/\.\d+|[-:T]/g, '')
  return time < Date.UTC(2050, 0) ? text(TAGS.utcTime, digits.slice(2)) : text(TAGS.generalizedTime, digits)
}

/** Converts the two numbers that WebCrypto writes side by side to a sequence (RFC 3279, 2.2.3). */
function encodeEcdsa(signature: Bytes): Bytes {
  const half = signature.length / 2
  return sequence(integer(signature.subarray(0, half)), integer(signature.subarray(half)))
}
