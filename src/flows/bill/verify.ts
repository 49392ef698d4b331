import { BillError } from './error.ts'
import { createSha1, type Sha1 } from './sha1.ts'

/** @throws {BillError} `BILL_HASH_MISMATCH`: WeChat Pay's hash of the bill is not SHA-1 */
export function requireSha1(hash_type: string): void {
  if (hash_type !== 'SHA1')
    throw new BillError('BILL_HASH_MISMATCH', `cannot be verified: its hash_type is ${hash_type}, and not SHA1`)
}

/**
 * Passes the bytes of a bill on, and at their end lays their hash beside the one that WeChat Pay gave: that of the unzipped
 * bill (原始账单, gzip 需要解压缩).
 *
 * @param expected `hash_value`: SHA-1 in hex
 * @param other has read the same bill as it came, whose hash is accepted too
 * @throws {BillError} `BILL_HASH_MISMATCH`
 */
export async function* verifyHash(
  chunks: AsyncIterable<Uint8Array>,
  expected: string,
  other?: Sha1,
): AsyncGenerator<Uint8Array> {
  const sha1 = createSha1()
  yield* updateDigest(chunks, sha1)
  const digest = sha1.digest()
  if (digest === expected.toLowerCase() || other?.digest() === expected.toLowerCase()) return
  throw new BillError(
    'BILL_HASH_MISMATCH',
    `has the hash ${digest}, and WeChat Pay gave ${expected}: cut short or changed on its way. Download it again`,
  )
}

/** Passes bytes on, and feeds them to a digest. */
export async function* updateDigest(chunks: AsyncIterable<Uint8Array>, sha1: Sha1): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    sha1.update(chunk)
    yield chunk
  }
}
