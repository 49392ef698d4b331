import { kindOf } from '../../core/error-text.ts'
import { CallError } from '../../core/errors.ts'
import { lineBlocks } from './lines.ts'
import { createBillReader } from './reader.ts'
import type { BillRow, BillSummary } from './row.ts'
import { openStream, toStream } from './stream.ts'
import { unzip } from './unzip.ts'

/**
 * A bill, read while it arrives, in memory that does not grow with it. It is read once: its `rows`, its `batches`, or its
 * `file`.
 *
 * That it is whole shows at its end: an iteration that does not end in an error has had every row, and rows that agree with
 * the summary. Act on nothing before.
 */
export interface Bill<Row = BillRow, Summary = BillSummary> {
  /** One row at a time. */
  readonly rows: AsyncIterable<Row>
  /** The same rows by the hundred, as they arrive: quicker, where there are millions. */
  readonly batches: AsyncIterable<Row[]>
  /** How many the rows are, and their sums in fen, or in the smallest unit of their currency: once they have all been read. */
  readonly summary: Summary | undefined
  /**
   * The bytes, unzipped, to be saved in place of being read; {@link parseBill} reads them later. The hash that WeChat Pay
   * gave is verified at their end. Who wants neither rows nor file calls `file.cancel()`.
   */
  readonly file: ReadableStream<Uint8Array>
}

/**
 * Reads a bill (账单): trade, fund flow or profit sharing, of APIv3 or APIv2, of a merchant or a partner. The columns are
 * what its first line says: text under their official titles, amounts in fen; in a bill of APIv2 that
 * names another currency (货币种类), and in an overseas statement, in the smallest unit of that currency.
 *
 * @param file a stream of its bytes, or an iterable of them such as Node's `createReadStream` gives; zipped or not
 * @returns iterating it throws {@link BillError}: `BILL_CUT_SHORT`, `BILL_MALFORMED`, `BILL_SUMMARY_MISMATCH`
 * @throws {CallError} `PARAMETER_INVALID`: the file is text or something else that gives no bytes, or it is being read already
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

/** @throws {CallError} without anything of the bill, which an engine's own TypeError would quote whole */
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
      'somebody reads it already. Give a stream that nobody has read from',
    )
  return stream
}

/** @param file unzipped, and verified where it can be */
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
          'it was read already, and is read once: its rows, its batches, or its file. Parse or download it again',
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
