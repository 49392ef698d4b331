import { kindOf } from '../../../core/base/error-text.ts'
import { CallError } from '../../../core/base/errors.ts'
import { openStream, toStream } from '../download/stream.ts'
import { unzip } from '../download/unzip.ts'
import { lineBlocks } from './lines.ts'
import { createBillReader } from './reader.ts'
import type { BillRow, BillSummary } from './row.ts'

/**
 * A bill, read as a stream in constant memory. It can be read once, by `rows`, `batches` or `file`.
 *
 * Completeness is verified at the end: an iteration that ends without an error has yielded every row, and the rows
 * match the summary. Do not act on rows before that.
 */
export interface Bill<Row = BillRow, Summary = BillSummary> {
  /** Yields one row at a time. */
  readonly rows: AsyncIterable<Row>
  /** Yields the same rows in arrays of some hundred, which is faster for bills with millions of rows. */
  readonly batches: AsyncIterable<Row[]>
  /**
   * Number of rows and their sums, in fen or the smallest unit of their currency. Undefined until all rows have been
   * read.
   */
  readonly summary: Summary | undefined
  /**
   * The decompressed bytes, to save the bill instead of reading it; {@link parseBill} can read it later. Verifies
   * WeChat Pay's hash at the end. If you need neither rows nor file, call `file.cancel()`.
   */
  readonly file: ReadableStream<Uint8Array>
}

/**
 * Reads a bill (账单): trade, fund flow or profit sharing, of APIv3 or APIv2, of a merchant or a partner. The first line
 * of the bill determines the columns: values are text under their official titles, amounts are in fen. Amounts of an
 * APIv2 bill in another currency (货币种类), or of an overseas statement, are in the smallest unit of that currency.
 *
 * @param file a stream or async iterable of its bytes, such as Node's `createReadStream`; compressed or not
 * @returns the bill; iterating it throws {@link BillError}: `BILL_CUT_SHORT`, `BILL_MALFORMED`, `BILL_SUMMARY_MISMATCH`
 * @throws {CallError} `PARAMETER_INVALID`: `file` is text or something else that yields no bytes, or it is already
 * being read
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4013071227
 * @example
 * ```ts
 * const bill = parseBill<TradeRow>(createReadStream('2026-03-01.csv'))
 * for await (const { 商户订单号, 订单金额 } of bill.rows) console.log(商户订单号, 订单金额)
 * console.log(bill.summary)
 * ```
 */
export function parseBill<Row extends BillRow = BillRow, Summary extends BillSummary = BillSummary>(
  file: ReadableStream<Uint8Array> | AsyncIterable<Uint8Array>,
): Bill<Row, Summary> {
  const { chunks, cancel } = openStream(requireStream(file))
  return createBill(toStream(unzip(chunks), cancel))
}

/** @throws {CallError} without quoting `file`; an engine's own TypeError could quote the whole bill */
function requireStream(file: ReadableStream<Uint8Array> | AsyncIterable<Uint8Array>): ReadableStream<Uint8Array> {
  const isStream = typeof Object(file).getReader === 'function'
  if (!isStream && typeof Object(file)[Symbol.asyncIterator] !== 'function')
    throw new CallError(
      'PARAMETER_INVALID',
      'file',
      `${kindOf(file)}. Give a stream of bytes: createReadStream(path), or new Blob([text]).stream() of a text`,
    )
  const stream = isStream ? (file as ReadableStream<Uint8Array>) : toStream(file as AsyncIterable<Uint8Array>)
  if (stream.locked)
    throw new CallError(
      'PARAMETER_INVALID',
      'file',
      'a stream that is already being read. Give one that nothing has read from',
    )
  return stream
}

/**
 * Creates a bill over a file.
 *
 * @param file decompressed; it verifies its own hash if there is one
 */
export function createBill<Row extends BillRow, Summary extends BillSummary>(
  file: ReadableStream<Uint8Array>,
): Bill<Row, Summary> {
  let summary: Summary | undefined
  const batches = {
    async *[Symbol.asyncIterator](): AsyncGenerator<Row[]> {
      if (file.locked)
        throw new CallError(
          'PARAMETER_INVALID',
          'bill',
          'already read. A bill can be read once, by rows, batches or file; parse or download it again',
        )
      const reader = createBillReader()
      for await (const lines of lineBlocks(openStream(file).chunks)) {
        const rows = reader.read(lines) as Row[]
        if (rows.length > 0) yield rows
      }
      summary = reader.end() as Summary
    },
  }
  const rows = {
    async *[Symbol.asyncIterator](): AsyncGenerator<Row> {
      for await (const batch of batches) for (const row of batch) yield row
    },
  }
  return {
    rows,
    batches,
    file,
    get summary() {
      return summary
    },
  }
}
