import { CallError } from '../../core/errors.ts'
import { createBooks } from './books.ts'
import { createJudge } from './judge.ts'
import type { Matching } from './matching.ts'
import type { Bill } from './parse.ts'
import type { BillRow } from './row.ts'

/** What our own books say of a payment or a refund. */
export type OurRecord<Field extends string = string> = Readonly<Record<Field, string>> & {
  /** fen (分) */
  readonly amount: number
  /** As the API calls it. Left out, states are not compared. */
  readonly state?: string
}

/** What one side says. */
export interface Entry {
  /** fen (分) */
  readonly amount: number
  readonly state?: string | undefined
}

/** What is known of a number on both sides: `here` in our books, `there` in WeChat Pay's bill. */
export type Finding<Row = BillRow> = { readonly number: string } & (
  | { readonly kind: 'matched'; readonly here: Entry; readonly there: Entry; readonly row: Row }
  /** Amounts or states are not the same. */
  | { readonly kind: 'differs'; readonly here: Entry; readonly there: Entry; readonly row: Row }
  /** The bill has it, our books have not. */
  | { readonly kind: 'missing-here'; readonly there: Entry; readonly row: Row }
  /** Our books have it, the bill has not. */
  | { readonly kind: 'missing-there'; readonly here: Entry }
  /** Our books have it once more; the first was laid beside the bill. */
  | { readonly kind: 'duplicate-here'; readonly here: Entry }
  /** The bill has it once more; the first was laid beside our books. */
  | { readonly kind: 'duplicate-there'; readonly there: Entry; readonly row: Row }
)

/** How many findings of each kind. */
export type Counts = Record<Finding['kind'], number>

const NONE: Readonly<Counts> = {
  ...{ matched: 0, differs: 0, 'missing-here': 0, 'missing-there': 0, 'duplicate-here': 0, 'duplicate-there': 0 },
}

/** What is laid beside what. */
export interface Reconciling<Field extends string, Row extends BillRow> {
  /** `PAYMENTS`, `REFUNDS`, `REVERSALS`, or columns of your own choice. */
  readonly by: Matching<Field>
  /** Our books of that day. */
  readonly ours: Iterable<OurRecord<Field>> | AsyncIterable<OurRecord<Field>>
  /** The bill of that day, or its rows, one by one or in batches. */
  readonly bill: Bill<Row, unknown> | AsyncIterable<Row | readonly Row[]> | Iterable<Row | readonly Row[]>
  /** Gives what is the same on both sides too. */
  readonly matched?: boolean
}

/** Findings, one at a time, and how many there were. */
export interface Reconciliation<Row> extends AsyncIterable<Finding<Row>> {
  /** Complete when the iteration has ended. */
  readonly counts: Readonly<Counts>
}

/**
 * Lays our books beside a bill (对账): each side is read once, ours first. Ours is held in memory, some 200 bytes a record,
 * up to 16 million of them; the bill is not.
 *
 * @param options see {@link Reconciling}
 * @returns what differs, as it is found; what the bill lacks comes last. That the bill is whole shows at its end: act on
 * findings when the iteration has ended without an error
 * @throws {BillError} while it is iterated: what is wrong with the bill; `BILL_COLUMN_MISSING`: it is not a bill of that kind
 * @throws {CallError} `BODY_INVALID`, while it is iterated: a record of ours has no number, or no fen as its amount
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4013071227
 * @example
 * ```ts
 * const ours = [{ out_trade_no: '20260301001', amount: 100 }] // fen
 * const bill = await downloadTradeBill(wxpay, { bill_date: '2026-03-01' })
 * const reconciliation = reconcile({ by: PAYMENTS, ours, bill })
 * for await (const finding of reconciliation) console.log(finding.kind, finding.number)
 * console.log(reconciliation.counts.matched)
 * ```
 */
export function reconcile<Field extends string, Row extends BillRow>(
  options: Reconciling<Field, Row>,
): Reconciliation<Row> {
  const counts: Counts = { ...NONE }
  return {
    counts,
    async *[Symbol.asyncIterator]() {
      Object.assign(counts, NONE)
      const books = createBooks()
      let at = 0
      for await (const record of options.ours) {
        const [number, here] = readRecord(record, options.by.field, at++)
        if (books.add(number, here)) continue
        counts['duplicate-here']++
        yield { kind: 'duplicate-here', number, here }
      }
      const judge = createJudge<Row>(options.by, books)
      for await (const rows of batchesOf(options.bill))
        for (const row of rows) {
          const finding = judge(row)
          if (!finding) continue
          counts[finding.kind]++
          if (finding.kind !== 'matched' || options.matched) yield finding
        }
      for (const [number, here] of books.unseen()) {
        counts['missing-there']++
        yield { kind: 'missing-there', number, here }
      }
    },
  }
}

function readRecord(record: OurRecord, field: string, at: number): [number: string, entry: Entry] {
  const { [field]: number, amount, state } = record as Readonly<Record<string, unknown>>
  const invalid = (member: string, why: string) => new CallError('BODY_INVALID', `ours[${at}].${member}`, why)
  if (typeof number !== 'string' || number === '') throw invalid(field, 'give the number as text')
  if (!Number.isSafeInteger(amount)) throw invalid('amount', 'give fen (分) as an integer')
  if (state !== undefined && typeof state !== 'string') throw invalid('state', 'give text, or nothing')
  return [number, { amount: amount as number, state }]
}

async function* batchesOf<Row extends BillRow>(bill: Reconciling<string, Row>['bill']): AsyncGenerator<readonly Row[]> {
  for await (const item of 'batches' in bill ? bill.batches : bill)
    yield Array.isArray(item) ? (item as readonly Row[]) : [item as Row]
}
