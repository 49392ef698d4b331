import { hex } from '../../core/base/bytes.ts'
import { type DerElement, readDer } from '../../core/crypto/x509.ts'

/** The names in a certificate, and its fingerprint. */
export interface CertificateNames {
  /** `CN=Tenpay.com Root CA Center, O=Tenpay.com` */
  readonly issuer: string
  readonly subject: string
  /** Common name of the subject: the merchant id in a merchant's certificate. */
  readonly commonName: string
  /** SHA-256 of the certificate, upper-case hex with colons, as openssl prints it. */
  readonly fingerprint: string
}

/** Object identifiers of the attributes of a name (X.520), as hex of their DER, and their short names. */
const ATTRIBUTES: Readonly<Record<string, string>> = {
  '550403': 'CN',
  '550406': 'C',
  '550407': 'L',
  '550408': 'ST',
  '55040a': 'O',
  '55040b': 'OU',
}

/** Reads the names in a certificate. @param der of a certificate that has been imported */
export async function readCertificateNames(der: Uint8Array<ArrayBuffer>, crypto: Crypto): Promise<CertificateNames> {
  const [version, ...fields] = readDer(readDer(readDer(der)[0]!.content)[0]!.content)
  const [, , issuer, , subject] = version!.tag === 0xa0 ? fields : [version!, ...fields]
  const subjectParts = attributesOf(subject!)
  const digest = hex(new Uint8Array(await crypto.subtle.digest('SHA-256', der))).toUpperCase()
  return {
    issuer: write(attributesOf(issuer!)),
    subject: write(subjectParts),
    commonName: subjectParts.find(([name]) => name === 'CN')?.[1] ?? '',
    fingerprint: digest.replace(/..(?=.)/g, '$&:'),
  }
}

type Attribute = readonly [name: string, value: string]

/** Name → RelativeDistinguishedName → AttributeTypeAndValue (RFC 5280, 4.1.2.4). */
const attributesOf = (name: DerElement): Attribute[] =>
  readDer(name.content).flatMap(set =>
    readDer(set.content).map((pair): Attribute => {
      const [type, value] = readDer(pair.content)
      const oid = hex(type?.content ?? new Uint8Array())
      return [ATTRIBUTES[oid] ?? oid, value ? textOf(value) : '']
    }),
  )

const BMP_STRING = 0x1e

const textOf = ({ tag, content }: DerElement): string =>
  new TextDecoder(tag === BMP_STRING ? 'utf-16be' : 'utf-8').decode(content)

const write = (attributes: readonly Attribute[]): string => attributes.map(pair => pair.join('=')).join(', ')
