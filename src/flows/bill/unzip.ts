import { concat } from '../../core/bytes.ts'
import { BillError } from './error.ts'
import { gunzip, isGzip } from './gzip/gunzip.ts'

/** Two bytes that identify gzip, the method, the flags. */
const HEAD = 4

/**
 * Unzips what is zipped. Whether it is, its first bytes tell (RFC 1952, 2.3.1): a `fetch` may have unzipped it, and no
 * bill begins like that.
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
    throw failure ?? new BillError('BILL_CUT_SHORT', 'does not unzip: cut short or damaged. Download it again', cause)
  }
}
