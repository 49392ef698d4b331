import { createHash, createHmac, createPrivateKey, randomBytes, X509Certificate } from 'node:crypto'

const ITERATIONS = 2048

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
  const mark = set(sequence(oid('1.2.840.113549.1.9.21'), set(octets(createHash('sha1').update(cert).digest()))))
  const certBag = sequence(oid('1.2.840.113549.1.9.22.1'), explicit(octets(cert)))
  const bags = [
    sequence(oid('1.2.840.113549.1.12.10.1.3'), explicit(certBag), mark),
    sequence(oid('1.2.840.113549.1.12.10.1.2'), explicit(key), mark),
  ]
  const safe = sequence(...bags.map(bag => data(sequence(bag))))
  return sequence(integer(3), data(safe), macOf(safe, passphrase))
}

function macOf(safe: Buffer, passphrase: string): Buffer {
  const salt = randomBytes(8)
  const mac = createHmac('sha256', macKey(passphrase, salt)).update(safe).digest()
  const sha256 = sequence(oid('2.16.840.1.101.3.4.2.1'), element(0x05))
  return sequence(sequence(sha256, octets(mac)), octets(salt), integer(ITERATIONS))
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

/** Encodes a DER element. */
function element(tag: number, ...content: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(content)
  const { length } = body
  const head = length < 0x80 ? [tag, length] : [tag, 0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from(head), body])
}

const sequence = (...members: readonly Uint8Array[]): Buffer => element(0x30, ...members)
const set = (member: Uint8Array): Buffer => element(0x31, member)
const octets = (bytes: Uint8Array): Buffer => element(0x04, bytes)
const explicit = (member: Uint8Array): Buffer => element(0xa0, member)
/** Encodes an integer up to 0x7fff. */
const integer = (value: number): Buffer =>
  element(0x02, Buffer.from(value < 0x80 ? [value] : [value >> 8, value & 0xff]))
const data = (content: Uint8Array): Buffer => sequence(oid('1.2.840.113549.1.7.1'), explicit(octets(content)))

function oid(text: string): Buffer {
  const [first, second, ...rest] = text.split('.').map(Number)
  return element(0x06, Buffer.from([first! * 40 + second!, ...rest.flatMap(base128)]))
}

/** Encodes seven bits per byte, the highest first; all bytes but the last have the high bit set. */
function base128(value: number): number[] {
  const bytes = [value & 0x7f]
  for (let left = value >> 7; left > 0; left >>= 7) bytes.unshift((left & 0x7f) | 0x80)
  return bytes
}
