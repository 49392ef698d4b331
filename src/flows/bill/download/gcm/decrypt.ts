import { type Bytes, concat } from '../../../../core/base/bytes.ts'
import { createGhash } from './ghash.ts'

const BLOCK = 16
const TAG = 16
/** Minimum bytes per WebCrypto call: the overhead of a call is that of encrypting a few kilobytes. */
const BUFFER_SIZE = 2 ** 16
const COUNTERS = 2 ** 32

/**
 * Decrypts AES-GCM (NIST SP 800-38D) as a stream in constant memory. WebCrypto's own implementation needs the whole
 * ciphertext, and a bill may have 16 GB. The tag follows the ciphertext; there is no associated data.
 *
 * The output is authenticated only when iteration ends without an error; inputs under 64 KB yield nothing before that.
 *
 * @param key 16, 24 or 32 bytes
 * @param nonce any length except 0
 * @throws {RangeError} the tag is wrong or missing: the ciphertext is damaged or encrypted with another key
 */
export async function* decryptGcm(
  chunks: AsyncIterable<Uint8Array>,
  key: Bytes,
  nonce: Bytes,
  crypto: Crypto = globalThis.crypto,
): AsyncGenerator<Bytes> {
  const aes = await crypto.subtle.importKey('raw', key, 'AES-CTR', false, ['encrypt'])
  const encrypt = async (bytes: Bytes, counter: Bytes): Promise<Bytes> =>
    new Uint8Array(await crypto.subtle.encrypt({ name: 'AES-CTR', counter, length: 32 }, aes, bytes))

  const subkey = await encrypt(new Uint8Array(BLOCK), new Uint8Array(BLOCK))
  const first = firstCounter(nonce, subkey)
  const mask = await encrypt(new Uint8Array(BLOCK), first)
  const counter = new DataView(first.slice().buffer)
  const ghash = createGhash(subkey)
  let length = 0

  /** Adds a number of blocks to the counter, whose last four bytes wrap around (6.2). */
  const advance = (blocks: number): void => counter.setUint32(12, (counter.getUint32(12) + blocks) % COUNTERS)
  advance(1)

  async function* decrypt(bytes: Bytes): AsyncGenerator<Bytes> {
    ghash.update(bytes)
    length += bytes.length
    for (let at = 0; at < bytes.length; ) {
      // Not every WebCrypto implementation wraps the counter within a call.
      const end = Math.min(bytes.length, at + BLOCK * (COUNTERS - counter.getUint32(12)))
      yield await encrypt(bytes.subarray(at, end), new Uint8Array(counter.buffer.slice(0)))
      advance(Math.ceil((end - at) / BLOCK))
      at = end
    }
  }

  let pending: Uint8Array[] = []
  let size = 0
  for await (const chunk of chunks) {
    pending.push(chunk)
    size += chunk.length
    if (size < BUFFER_SIZE + TAG) continue
    const bytes = concat(...pending)
    const end = size - TAG - ((size - TAG) % BLOCK)
    yield* decrypt(bytes.subarray(0, end))
    pending = [bytes.slice(end)]
    size -= end
  }
  const rest = concat(...pending)
  if (rest.length < TAG) throw new RangeError('GCM: the tag is missing')
  // Holds the last piece (the whole of a short bill) back until the tag is verified.
  const last: Bytes[] = []
  for await (const piece of decrypt(rest.subarray(0, -TAG))) last.push(piece)
  ghash.update(bitLengths(0, length))
  const sum = ghash.digest()
  const tag = rest.subarray(-TAG)
  if (sum.some((byte, at) => (byte ^ mask[at]!) !== tag[at])) throw new RangeError('GCM: the tag does not match')
  yield* last
}

/** Computes the counter block that masks the tag, J0; the ciphertext starts at the next one (7.1). */
function firstCounter(nonce: Bytes, subkey: Bytes): Bytes {
  if (nonce.length === 12) return concat(nonce, Uint8Array.of(0, 0, 0, 1))
  const ghash = createGhash(subkey)
  ghash.update(nonce)
  ghash.update(bitLengths(0, nonce.length))
  return ghash.digest()
}

/** Encodes two lengths, given in bytes, as 64-bit numbers of bits. */
function bitLengths(first: number, second: number): Bytes {
  const view = new DataView(new ArrayBuffer(BLOCK))
  view.setBigUint64(0, 8n * BigInt(first))
  view.setBigUint64(8, 8n * BigInt(second))
  return new Uint8Array(view.buffer)
}
