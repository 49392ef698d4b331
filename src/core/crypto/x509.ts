import { type Bytes, hex } from '../bytes.ts'

/** What this library needs of an X.509 certificate (RFC 5280). */
export interface CertificateFacts {
  /** Upper-case hex of whole bytes, as `openssl x509 -serial` writes it: `00`, `0F01`, `-80`. */
  serial: string
  notBefore: Date
  notAfter: Date
}

/**
 * Reads the DER of a certificate.
 *
 * @returns its facts, and its key as SPKI; what is no certificate makes no key that could be imported
 */
export function readX509(der: Bytes): CertificateFacts & { spki: Bytes } {
  // Certificate → TBSCertificate → [0] version, serialNumber, signature, issuer, validity, subject, subjectPublicKeyInfo
  const [version, ...fields] = membersOf(membersOf(membersOf(der)[0]!.content)[0]!.content)
  const [serial, , , validity, , spki] = version!.tag === 0xa0 ? fields : [version!, ...fields]
  const [notBefore, notAfter] = membersOf(validity!.content).map(timeOf)
  return {
    serial: serialOf(serial!),
    notBefore: notBefore!,
    notAfter: notAfter!,
    spki: spki!.whole,
  }
}

/** RFC 5280, 4.1.2.2 allows neither 0 nor a negative serial, and asks for tolerance towards both. */
function serialOf({ tag, content }: Element): string {
  if (tag !== 0x02 || content.length === 0) throw new RangeError('no serial number')
  const isNegative = content[0]! >= 0x80
  const unsigned = BigInt(`0x${hex(content)}`)
  const digits = (isNegative ? (1n << BigInt(8 * content.length)) - unsigned : unsigned).toString(16).toUpperCase()
  return (isNegative ? '-' : '') + digits.padStart(digits.length + (digits.length % 2), '0')
}

interface Element {
  tag: number
  whole: Bytes
  content: Bytes
}

/** The DER elements that stand one behind the other. */
function membersOf(der: Bytes): Element[] {
  const members: Element[] = []
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

/** UTCTime has two digits for the year, 1950 to 2049 (RFC 5280, 4.1.2.5.1); GeneralizedTime has four. */
function timeOf({ tag, content }: Element): Date {
  const text = String.fromCharCode(...content)
  const full = tag === 0x17 ? (text < '5' ? '20' : '19') + text : text
  return new Date(full.replace(/(....)(..)(..)(..)(..)/, '$1-$2-$3T$4:$5:'))
}
