import { concat } from '../../../core/base/bytes.ts'
import { BillError } from '../error.ts'
import { gunzip, isGzip } from './gzip/gunzip.ts'

/** The gzip magic number (2 bytes), the compression method and the flags. */
const HEAD = 4

/**
 * Decompresses gzip and passes everything else through. It looks at the first bytes (RFC 1952, 2.3.1) and not at
 * headers, because `fetch` may have decompressed the body already; no bill begins with the gzip magic number.
 *
 * @throws {BillError} `BILL_CUT_SHORT`
 */
export async function* unzip(chunks: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
  let head: Uint8Array = new Uint8Array()
  while (head.length < HEAD) {
    const { done, value } = await chunks.next()
    if (done) break
    head = concat(head, value)
  }
  let failure: unknown
  async function* allChunks(): AsyncGenerator<Uint8Array> {
    try {
      yield head
      yield* chunks
    } catch (error) {
      failure = error
      throw error
    }
  }
  if (!isGzip(head)) {
    yield* allChunks()
    return
  }
  try {
    yield* gunzip(allChunks())
  } catch (cause) {
    throw (
      failure ??
      new BillError('BILL_CUT_SHORT', 'cannot be decompressed: it is cut short or damaged. Download it again', cause)
    )
  }
}
