import { TransportError } from '../../core/errors.ts'
import { type Bill, billOf } from './parse.ts'
import type { BillRow, BillSummary } from './row.ts'
import { sourceOf, streamOf } from './stream.ts'
import { unzipped } from './unzip.ts'
import { verified } from './verify.ts'

/**
 * The bill that a download holds.
 *
 * @param data what a call answered
 * @param signal of whoever asked for it
 * @param hash_value SHA-1 in hex; APIv2 gives none
 */
export function arriving<Row extends BillRow, Summary extends BillSummary>(
  data: unknown,
  signal: AbortSignal | undefined,
  hash_value?: string,
): Bill<Row, Summary> {
  const { chunks, cancel } = sourceOf(data as ReadableStream<Uint8Array>)
  const file = unzipped(unbroken(chunks, signal))
  return billOf(streamOf(hash_value === undefined ? file : verified(file, hash_value), cancel))
}

/**
 * Passes on what a download holds. To repeat it does no harm: it has no effect.
 *
 * @throws {TransportError} `RESPONSE_CUT_SHORT`, `ABORTED`
 */
export async function* unbroken(
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
