import { type Bytes, concat } from '../../../core/bytes.ts'
import { createGhash } from './ghash.ts'

const BLOCK = 16
const TAG = 16
/** Decrypted at a time, at least: a call of WebCrypto takes as long as some kilobytes. */
const BUFFER_SIZE = 2 ** 16
const COUNTERS = 2 ** 32

/**
 * Decrypts AES-GCM (NIST SP 800-38D) piece by piece, in memory that does not grow with it; WebCrypto's own wants the
 * ciphertext whole, and a bill may have 16 GB. The tag stands behind the ciphertext; there are no associated data.
 *
 * What it yields is proven only when it has ended without an error; of less than 64 KB nothing is yielded before.
 *
 * @param key 16, 24 or 32 bytes
 * @param nonce of any length but 0
 * @throws {RangeError} the tag is wrong or cut off: damaged, or another key's
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

  /** Adds blocks to the counter, whose last four bytes wrap around (6.2). */
  const advance = (blocks: number): void => counter.setUint32(12, (counter.getUint32(12) + blocks) % COUNTERS)
  advance(1)

  async function* decrypt(bytes: Bytes): AsyncGenerator<Bytes> {
    ghash.update(bytes)
    length += bytes.length
    for (let at = 0; at < bytes.length; ) {
      // Not every WebCrypto is known to wrap the counter around within a call.
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
  if (rest.length < TAG) throw new RangeError('GCM: the tag is cut off')
  // The last piece, which of a short bill is all, is not given away before it is proven.
  const last: Bytes[] = []
  for await (const piece of decrypt(rest.subarray(0, -TAG))) last.push(piece)
  ghash.update(lengths(0, length))
  const sum = ghash.digest()
  const tag = rest.subarray(-TAG)
  if (sum.some((byte, at) => (byte ^ mask[at]!) !== tag[at])) throw new RangeError('GCM: the tag is another')
  yield* last
}

/** The counter that masks the tag, before the first of the ciphertext (7.1, J0). */
function firstCounter(nonce: Bytes, subkey: Bytes): Bytes {
  if (nonce.length === 12) return concat(nonce, Uint8Array.of(0, 0, 0, 1))
  const ghash = createGhash(subkey)
  ghash.update(nonce)
  ghash.update(lengths(0, nonce.length))
  return ghash.digest()
}

/** Two numbers of bits in 64 bits each. @param one in bytes @param other in bytes */
function lengths(one: number, other: number): Bytes {
  const view = new DataView(new ArrayBuffer(BLOCK))
  view.setBigUint64(0, 8n * BigInt(one))
  view.setBigUint64(8, 8n * BigInt(other))
  return new Uint8Array(view.buffer)
}
