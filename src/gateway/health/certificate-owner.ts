import { type Bytes, hex } from '../../core/base/bytes.ts'
import { certificatePem } from '../../core/crypto/keys.ts'
import { type DerElement, readDer } from '../../core/crypto/x509.ts'

/** Object identifier of the attribute type commonName, 2.5.4.3. */
const COMMON_NAME = '550403'

/**
 * Returns the merchant that a certificate (商户 API 证书) was issued to: WeChat Pay writes the merchant id (商户号) as the common name
 * of the subject.
 *
 * @param pem `apiclient_cert.pem`
 * @returns undefined if the common name is not a merchant id
 * @throws {ConfigurationError} the text is not the PEM of a certificate
 */
export function certificateOwner(pem: string): string | undefined {
  return commonNamesOf(certificatePem(pem, 'certificate')).find(name => /^\d{6,32}$/.test(name))
}

function commonNamesOf(der: Bytes): string[] {
  // Certificate → TBSCertificate → [0] version, serialNumber, signature, issuer, validity, subject
  const fields = membersOf(membersOf(readDer(der)[0])[0])
  const subject = fields[fields[0]?.tag === 0xa0 ? 5 : 4]
  // Name → RelativeDistinguishedName → AttributeTypeAndValue → type, value
  const attributes = membersOf(subject).flatMap(membersOf).map(membersOf)
  return attributes.flatMap(([type, value]) =>
    type && value && hex(type.content) === COMMON_NAME ? [new TextDecoder().decode(value.content)] : [],
  )
}

const membersOf = (element: DerElement | undefined): DerElement[] => (element ? readDer(element.content) : [])
