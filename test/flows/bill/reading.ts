import { utf8 } from '../../../src/core/base/bytes.ts'
import { type Bill, type BillRow, type BillSummary, parseBill } from '../../../src/flows/bill/index.ts'

/** A stream of these bytes, cut where told. */
export const stream = (bytes: Uint8Array, cuts: readonly number[] = []): ReadableStream<Uint8Array> => {
  const ends = [...cuts.map(cut => cut % (bytes.length + 1)), bytes.length].sort((one, other) => one - other)
  return new ReadableStream({
    start(controller) {
      for (const [at, end] of ends.entries()) controller.enqueue(bytes.slice(at ? ends[at - 1] : 0, end))
      controller.close()
    },
  })
}

export interface Read {
  rows: BillRow[]
  summary: BillSummary | undefined
}

export async function readAll<Row, Summary>(
  bill: Bill<Row, Summary>,
): Promise<{ rows: Row[]; summary: Summary | undefined }> {
  const rows: Row[] = []
  for await (const row of bill.rows) rows.push(row)
  return { rows, summary: bill.summary }
}

export const read = (text: string, cuts?: readonly number[]): Promise<Read> =>
  readAll(parseBill(stream(utf8(text), cuts)))

/** The code and the words of what is thrown. */
export const failure = (of: Promise<unknown>): Promise<{ code?: string; message?: string; name?: string }> =>
  of.then(
    () => {
      throw new Error('This was to fail.')
    },
    ({ name, code, message }) => ({ name, code, message }),
  )
