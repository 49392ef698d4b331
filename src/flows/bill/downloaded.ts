import { TransportError } from '../../core/errors.ts'
import { type Bill, createBill } from './parse.ts'
import type { BillRow, BillSummary } from './row.ts'
import { openStream, toStream } from './stream.ts'
import { unzip } from './unzip.ts'
import { verifyHash } from './verify.ts'

/**
 * The bill that a download holds.
 *
 * @param data what a call answered
 * @param signal of whoever asked for it
 * @param hash_value SHA-1 in hex; APIv2 gives none
 */
export function downloadedBill<Row extends BillRow, Summary extends BillSummary>(
  data: unknown,
  signal: AbortSignal | undefined,
  hash_value?: string,
): Bill<Row, Summary> {
  const { chunks, cancel } = openStream(data as ReadableStream<Uint8Array>)
  const file = unzip(withDownloadErrors(chunks, signal))
  return createBill(toStream(hash_value === undefined ? file : verifyHash(file, hash_value), cancel))
}

/**
 * Passes on what a download holds. To repeat it does no harm: it has no effect.
 *
 * @throws {TransportError} `RESPONSE_CUT_SHORT`, `ABORTED`
 */
export async function* withDownloadErrors(
  chunks: AsyncGenerator<Uint8Array>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  try {
    yield* chunks
  } catch (cause) {
    throw signal?.aborted
      ? new TransportError('ABORTED', 'The download of the bill was aborted.', false, cause)
      : new TransportError('RESPONSE_CUT_SHORT', 'The bill broke off. Download it again.', false, cause)
  }
}
