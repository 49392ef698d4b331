import { createHash, createHmac, createPrivateKey, randomBytes, X509Certificate } from 'node:crypto'
import { ContentInfo, id_data } from '@peculiar/asn1-cms'
import {
  AuthenticatedSafe,
  CertBag,
  id_certBag,
  id_pkcs8ShroudedKeyBag,
  id_x509Certificate,
  MacData,
  PFX,
  PKCS12Attribute,
  SafeBag,
  SafeContents,
} from '@peculiar/asn1-pfx'
import { DigestInfo, sha256 } from '@peculiar/asn1-rsa'
import { AsnConvert, OctetString } from '@peculiar/asn1-schema'

const ITERATIONS = 2048
const LOCAL_KEY_ID = '1.2.840.113549.1.9.21'

/**
 * Writes a PKCS#12 file (RFC 7292), as `apiclient_cert.p12`, which SDKs for APIv2 load: the certificate in the clear,
 * the key under the passphrase (AES-256), both under an HMAC-SHA256.
 *
 * @param passphrase the merchant id, as the real file has it
 */
export function writePkcs12(certificate: string, privateKey: string, passphrase: string): Buffer {
  const cert = new X509Certificate(certificate).raw
  const key = createPrivateKey(privateKey).export({ type: 'pkcs8', format: 'der', cipher: 'aes-256-cbc', passphrase })
  // The same local key id on both says that they belong together.
  const bagAttributes = [localKeyId(createHash('sha1').update(cert).digest())]
  const certBag = new CertBag({ certId: id_x509Certificate, certValue: octets(cert) })
  const bags = [
    new SafeBag({ bagId: id_certBag, bagValue: AsnConvert.serialize(certBag), bagAttributes }),
    new SafeBag({ bagId: id_pkcs8ShroudedKeyBag, bagValue: new Uint8Array(key).buffer, bagAttributes }),
  ]
  const contents = bags.map(bag => dataOf(AsnConvert.serialize(new SafeContents([bag]))))
  const safe = AsnConvert.serialize(new AuthenticatedSafe(contents))
  return Buffer.from(
    AsnConvert.serialize(new PFX({ authSafe: dataOf(safe), macData: macOf(Buffer.from(safe), passphrase) })),
  )
}

/** The constructor of `PKCS12Attribute` 2.11 does not assign its parameters. */
const localKeyId = (id: BufferSource): PKCS12Attribute =>
  Object.assign(new PKCS12Attribute(), { attrId: LOCAL_KEY_ID, attrValues: [octets(id)] })

const dataOf = (content: ArrayBuffer): ContentInfo =>
  new ContentInfo({ contentType: id_data, content: octets(content) })

const octets = (bytes: BufferSource): ArrayBuffer => AsnConvert.serialize(new OctetString(bytes))

function macOf(safe: Buffer, passphrase: string): MacData {
  const macSalt = randomBytes(8)
  const digest = createHmac('sha256', macKey(passphrase, macSalt)).update(safe).digest()
  return new MacData({
    mac: new DigestInfo({ digestAlgorithm: sha256, digest: new OctetString(digest) }),
    macSalt: new OctetString(macSalt),
    iterations: ITERATIONS,
  })
}

/** RFC 7292, appendix B.2, with SHA-256 and ID 3, "for the MAC": one round gives all 32 bytes. */
function macKey(passphrase: string, salt: Buffer): Buffer {
  const password = Buffer.from(`${passphrase}\0`, 'utf16le').swap16()
  let digest = Buffer.concat([Buffer.alloc(64, 3), repeated(salt), repeated(password)])
  for (let round = 0; round < ITERATIONS; round++) digest = createHash('sha256').update(digest).digest()
  return digest
}

/** Repeats bytes to fill blocks of 64 bytes. */
const repeated = (bytes: Buffer): Buffer => Buffer.alloc(Math.ceil(bytes.length / 64) * 64, bytes)
