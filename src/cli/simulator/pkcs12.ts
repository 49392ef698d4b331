import { createCipheriv, createHash, createHmac, createPrivateKey, randomBytes, X509Certificate } from 'node:crypto'
import { ContentInfo, id_data } from '@peculiar/asn1-cms'
import {
  AuthenticatedSafe,
  CertBag,
  id_certBag,
  id_pbeWithSHAAnd3_KeyTripleDES_CBC,
  id_pkcs8ShroudedKeyBag,
  id_x509Certificate,
  MacData,
  PFX,
  PKCS8ShroudedKeyBag,
  PKCS12Attribute,
  SafeBag,
  SafeContents,
} from '@peculiar/asn1-pfx'
import { DigestInfo, sha1 } from '@peculiar/asn1-rsa'
import { AsnBmpStringConverter, AsnConvert, OctetString } from '@peculiar/asn1-schema'
import { AlgorithmIdentifier } from '@peculiar/asn1-x509'

const ITERATIONS = 2048
const FRIENDLY_NAME = '1.2.840.113549.1.9.20'
const LOCAL_KEY_ID = '1.2.840.113549.1.9.21'
/** Java's alias, which SDKs for APIv2 look the key up by. */
const ALIAS = 'Tenpay Certificate'

/**
 * Writes a PKCS#12 file (RFC 7292), as `apiclient_cert.p12`, which SDKs for APIv2 load: the certificate in the clear, the key
 * encrypted with Triple DES, both under an HMAC-SHA1. These are the algorithms of the real file; Java before 8u301 and Go's
 * x/crypto read no newer ones. They protect nothing here, because the passphrase is the merchant id.
 *
 * @param passphrase the merchant id, as in the real file
 */
export function writePkcs12(certificate: string, privateKey: string, passphrase: string): Buffer {
  const cert = new X509Certificate(certificate).raw
  const key = encryptedKey(createPrivateKey(privateKey).export({ type: 'pkcs8', format: 'der' }), passphrase)
  // The same name and local key id on both say that they belong together.
  const bagAttributes = [
    attribute(FRIENDLY_NAME, AsnBmpStringConverter.toASN(ALIAS).toBER()),
    attribute(LOCAL_KEY_ID, octets(createHash('sha1').update(cert).digest())),
  ]
  const certBag = new CertBag({ certId: id_x509Certificate, certValue: octets(cert) })
  const bags = [
    new SafeBag({ bagId: id_certBag, bagValue: AsnConvert.serialize(certBag), bagAttributes }),
    new SafeBag({ bagId: id_pkcs8ShroudedKeyBag, bagValue: AsnConvert.serialize(key), bagAttributes }),
  ]
  const contents = bags.map(bag => dataOf(AsnConvert.serialize(new SafeContents([bag]))))
  const safe = AsnConvert.serialize(new AuthenticatedSafe(contents))
  return Buffer.from(
    AsnConvert.serialize(new PFX({ authSafe: dataOf(safe), macData: macOf(Buffer.from(safe), passphrase) })),
  )
}

/** The constructor of `PKCS12Attribute` 2.11 does not assign its parameters. */
const attribute = (attrId: string, value: ArrayBuffer): PKCS12Attribute =>
  Object.assign(new PKCS12Attribute(), { attrId, attrValues: [value] })

const dataOf = (content: ArrayBuffer): ContentInfo =>
  new ContentInfo({ contentType: id_data, content: octets(content) })

const octets = (bytes: BufferSource): ArrayBuffer => AsnConvert.serialize(new OctetString(bytes))

/** Encrypts a key with pbeWithSHAAnd3-KeyTripleDES-CBC (RFC 7292, appendix C). */
function encryptedKey(pkcs8: Buffer, passphrase: string): PKCS8ShroudedKeyBag {
  const salt = randomBytes(8)
  const cipher = createCipheriv('des-ede3-cbc', derive(1, 24, passphrase, salt), derive(2, 8, passphrase, salt))
  // SEQUENCE of the salt, 8 bytes, and the iterations, 2048.
  const parameters = Buffer.concat([Buffer.from('300e0408', 'hex'), salt, Buffer.from('02020800', 'hex')])
  return new PKCS8ShroudedKeyBag({
    encryptionAlgorithm: new AlgorithmIdentifier({
      algorithm: id_pbeWithSHAAnd3_KeyTripleDES_CBC,
      parameters: new Uint8Array(parameters).buffer,
    }),
    encryptedData: new OctetString(Buffer.concat([cipher.update(pkcs8), cipher.final()])),
  })
}

function macOf(safe: Buffer, passphrase: string): MacData {
  const macSalt = randomBytes(8)
  const digest = createHmac('sha1', derive(3, 20, passphrase, macSalt))
    .update(safe)
    .digest()
  return new MacData({
    mac: new DigestInfo({ digestAlgorithm: sha1, digest: new OctetString(digest) }),
    macSalt: new OctetString(macSalt),
    iterations: ITERATIONS,
  })
}

/** Bytes of a block of SHA-1. */
const BLOCK = 64

/**
 * Derives bytes from a passphrase with SHA-1 (RFC 7292, appendix B.2).
 *
 * @param id 1 for a key, 2 for an initialization vector, 3 for a MAC
 */
function derive(id: number, length: number, passphrase: string, salt: Buffer): Buffer {
  const password = Buffer.from(`${passphrase}\0`, 'utf16le').swap16()
  const blocks = [...blocksOf(salt), ...blocksOf(password)]
  const pieces: Buffer[] = []
  for (let derived = 0; derived < length; derived += 20) {
    let digest = Buffer.concat([Buffer.alloc(BLOCK, id), ...blocks])
    for (let round = 0; round < ITERATIONS; round++) digest = createHash('sha1').update(digest).digest()
    pieces.push(digest)
    for (const block of blocks) addAndIncrement(block, Buffer.alloc(BLOCK, digest))
  }
  return Buffer.concat(pieces).subarray(0, length)
}

/** Repeats bytes until they fill whole blocks. */
function blocksOf(bytes: Buffer): Buffer[] {
  const count = Math.ceil(bytes.length / BLOCK)
  const filled = Buffer.alloc(count * BLOCK, bytes)
  return Array.from({ length: count }, (_, at) => filled.subarray(at * BLOCK, (at + 1) * BLOCK))
}

/** Adds a number and 1 to a block, which is a big-endian number, too; the carry out of it is dropped. */
function addAndIncrement(block: Buffer, added: Buffer): void {
  let carry = 1
  for (let at = BLOCK - 1; at >= 0; at--) {
    const sum = block[at]! + added[at]! + carry
    block[at] = sum
    carry = sum >> 8
  }
}
