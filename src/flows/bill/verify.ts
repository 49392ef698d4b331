import { BillError } from './error.ts'
import { createSha1, type Sha1 } from './sha1.ts'

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
  const sha1 = createSha1()
  yield* updateDigest(chunks, sha1)
  const digest = sha1.digest()
  if (digest === expected.toLowerCase() || alternative?.digest() === expected.toLowerCase()) return
  throw new BillError(
    'BILL_HASH_MISMATCH',
    `has the hash ${digest} instead of ${expected}: it was cut short or changed in transit. Download it again`,
  )
}

/** Passes on chunks and adds them to a digest. */
export async function* updateDigest(chunks: AsyncIterable<Uint8Array>, sha1: Sha1): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    sha1.update(chunk)
    yield chunk
  }
}
