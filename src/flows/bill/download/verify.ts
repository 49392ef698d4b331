import { sha1 } from '@noble/hashes/legacy.js'
import { hex } from '../../../core/base/bytes.ts'
import { BillError } from '../error.ts'

/** A SHA-1 that is computed while its message arrives. WebCrypto's takes a message as a whole, and a bill may have a gigabyte. */
export type Sha1 = ReturnType<typeof sha1.create>

/** @throws {BillError} `BILL_HASH_MISMATCH`: WeChat Pay's hash of the bill is not SHA-1 */
export function requireSha1(hash_type: string): void {
  if (hash_type !== 'SHA1')
    throw new BillError('BILL_HASH_MISMATCH', `cannot be verified: its hash_type is ${hash_type} instead of SHA1`)
}

/**
 * Passes on the bytes of a bill and, at their end, compares their SHA-1 with the one that WeChat Pay sent, which covers
 * the decompressed bill (原始账单, gzip 需要解压缩).
 *
 * @param expected `hash_value`: SHA-1 in hex
 * @param alternative digest of the same bill as downloaded, which is accepted too
 * @throws {BillError} `BILL_HASH_MISMATCH`
 */
export async function* verifyHash(
  chunks: AsyncIterable<Uint8Array>,
  expected: string,
  alternative?: Sha1,
): AsyncGenerator<Uint8Array> {
  const hash = sha1.create()
  yield* updateDigest(chunks, hash)
  const digest = hex(hash.digest())
  if (digest === expected.toLowerCase() || (alternative && hex(alternative.digest()) === expected.toLowerCase())) return
  throw new BillError(
    'BILL_HASH_MISMATCH',
    `has the hash ${digest} instead of ${expected}: it was cut short or changed in transit. Download it again`,
  )
}

/** Passes on chunks and adds them to a digest. */
export async function* updateDigest(chunks: AsyncIterable<Uint8Array>, hash: Sha1): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    hash.update(chunk)
    yield chunk
  }
}
