import { TransportError } from '../../../core/base/errors.ts'
import { type Bill, createBill } from '../parse/parse.ts'
import type { BillRow, BillSummary } from '../parse/row.ts'
import { openStream, toStream } from './stream.ts'
import { unzip } from './unzip.ts'
import { verifyHash } from './verify.ts'

/**
 * Creates a bill from the response of a download call.
 *
 * @param data the stream that the call returned
 * @param signal the caller's signal, to tell an abort from a broken connection
 * @param hash_value SHA-1 in hex; undefined for APIv2, which sends none
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
 * Passes on the chunks of a download and turns stream failures into `TransportError`. Downloads have no effect, so they
 * can always be repeated.
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
