import type { Bytes } from '../bytes.ts'
import { hex } from '../bytes.ts'

/** What this library needs of an X.509 certificate (RFC 5280) beside its key. */
export interface CertificateFacts {
  /** Upper-case hex without leading zeros, as WeChat Pay and `openssl x509 -serial` write it. */
  serial: string
  notBefore: Date
  notAfter: Date
}

/**
 * Reads serial number and validity from the DER of a certificate.
 *
 * @throws {RangeError} when it is no certificate; whoever has the option's name says so to the user
 */
export function readCertificateFacts(der: Bytes): CertificateFacts {
  const certificate = element(der, 0, 0x30)
  const tbs = element(certificate.content, 0, 0x30).content
  const version = element(tbs, 0)
  const serial = version.tag === 0xa0 ? element(tbs, version.end, 0x02) : element(tbs, 0, 0x02)
  const algorithm = element(tbs, serial.end, 0x30)
  const issuer = element(tbs, algorithm.end, 0x30)
  const validity = element(tbs, issuer.end, 0x30).content
  const notBefore = element(validity, 0)
  return {
    serial: hex(serial.content)
      .replace(/^(00)+(?=.)/, '')
      .toUpperCase(),
    notBefore: time(notBefore),
    notAfter: time(element(validity, notBefore.end)),
  }
}

interface Element {
  tag: number
  content: Bytes
  /** Where the next one begins. */
  end: number
}

function element(bytes: Bytes, at: number, expected?: number): Element {
  const tag = bytes[at]
  let length = bytes[at + 1]
  if (tag === undefined || length === undefined || (expected !== undefined && tag !== expected))
    throw new RangeError(`no DER element of type ${expected} at ${at}`)
  let start = at + 2
  if (length >= 0x80) {
    const octets = bytes.subarray(start, start + (length & 0x7f))
    start += octets.length
    length = octets.reduce((sum, octet) => sum * 256 + octet, 0)
  }
  if (start + length > bytes.length) throw new RangeError('the DER breaks off')
  return { tag, content: bytes.subarray(start, start + length), end: start + length }
}

/** UTCTime has two digits for the year, 1950 to 2049 (RFC 5280, 4.1.2.5.1); GeneralizedTime has four. */
function time({ tag, content }: Element): Date {
  const text = String.fromCharCode(...content)
  const full = tag === 0x17 ? `${Number(text.slice(0, 2)) < 50 ? '20' : '19'}${text}` : text
  const date = new Date(full.replace(/^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'))
  if (Number.isNaN(date.getTime())) throw new RangeError('the validity is no time')
  return date
}
