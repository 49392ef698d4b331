import { type Bytes, hex } from '../base/bytes.ts'

/** The fields of an X.509 certificate (RFC 5280) that this library needs. */
export interface CertificateFacts {
  /** Upper-case hex of whole bytes, as `openssl x509 -serial` writes it: `00`, `0F01`, `-80`. */
  serial: string
  notBefore: Date
  notAfter: Date
}

/**
 * Reads the DER of a certificate.
 *
 * @returns its fields, and its key as SPKI; for other DER, a key that cannot be imported
 */
export function readX509(der: Bytes): CertificateFacts & { spki: Bytes } {
  // Certificate → TBSCertificate → [0] version, serialNumber, signature, issuer, validity, subject, subjectPublicKeyInfo
  const [version, ...fields] = readDer(readDer(readDer(der)[0]!.content)[0]!.content)
  const [serial, , , validity, , spki] = version!.tag === 0xa0 ? fields : [version!, ...fields]
  const [notBefore, notAfter] = readDer(validity!.content).map(timeOf)
  return {
    serial: serialOf(serial!),
    notBefore: notBefore!,
    notAfter: notAfter!,
    spki: spki!.whole,
  }
}

/** Reads a serial. RFC 5280, 4.1.2.2 forbids 0 and negative serials, but requires readers to accept both. */
function serialOf({ tag, content }: DerElement): string {
  if (tag !== 0x02 || content.length === 0) throw new RangeError('no serial number')
  const number = BigInt.asIntN(8 * content.length, BigInt(`0x${hex(content)}`))
  // Writes an odd number of digits with a 0 before them.
  return number
    .toString(16)
    .toUpperCase()
    .replace(/\b(?=.(?:..)*$)/, '0')
}

/** An element of DER. */
export interface DerElement {
  tag: number
  whole: Bytes
  content: Bytes
}

/** Reads consecutive DER elements. Content that is cut short is returned as far as it goes. */
export function readDer(der: Bytes): DerElement[] {
  const members: DerElement[] = []
  for (let at = 0; at < der.length; ) {
    let start = at + 2
    let length = der[at + 1]!
    if (length >= 0x80) {
      const octets = der.subarray(start, start + (length & 0x7f))
      start += octets.length
      length = octets.reduce((sum, octet) => sum * 256 + octet, 0)
    }
    const end = start + length
    members.push({ tag: der[at]!, whole: der.subarray(at, end), content: der.subarray(start, end) })
    at = end
  }
  return members
}

/** Reads a time. The year of UTCTime has two digits, 1950 to 2049 (RFC 5280, 4.1.2.5.1), that of GeneralizedTime four. */
function timeOf({ tag, content }: DerElement): Date {
  const text = String.fromCharCode(...content)
  const full = tag === 0x17 ? (text < '5' ? '20' : '19') + text : text
  return new Date(full.replace(/(....)(..)(..)(..)(..)/, '$1-$2-$3T$4:$5:'))
}
