import { certificatePem } from '../../core/crypto/keys.ts'

/** DER of the attribute type commonName, 2.5.4.3. */
const COMMON_NAME = [0x06, 0x03, 0x55, 0x04, 0x03]

/**
 * Reads the merchant that a certificate (商户 API 证书) was issued to. WeChat Pay writes the merchant id (商户号) as the common name of the
 * subject; its own authorities, whose name stands before, are no numbers.
 *
 * @param pem `apiclient_cert.pem`
 * @returns undefined where no common name is a merchant id
 * @throws {ConfigurationError} it is no PEM of a certificate
 */
export function certificateOwner(pem: string): string | undefined {
  const der = certificatePem(pem, 'certificate')
  let owner: string | undefined
  for (let at = 0; at < der.length; at++) {
    if (COMMON_NAME.some((byte, offset) => der[at + offset] !== byte)) continue
    // After the type come a string's tag and, because a name is short, its length in one byte.
    const start = at + COMMON_NAME.length + 2
    const name = new TextDecoder().decode(der.subarray(start, start + der[start - 1]!))
    if (/^\d{6,32}$/.test(name)) owner = name
  }
  return owner
}
