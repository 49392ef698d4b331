import { kindOf } from '../../core/error-text.ts'
import { CallError } from '../../core/errors.ts'
import { createRowMatcher, entryOf, numberOf, subMerchantOf } from './match-row.ts'
import type { Matching } from './matching.ts'
import type { Bill } from './parse.ts'
import {
  createRecordIndex,
  DEFAULT_CURRENCY,
  type IndexedRecord,
  NO_OTHER_MEMBERS,
  type OtherMembers,
  type RecordKey,
} from './records.ts'
import type { BillRow } from './row.ts'

/** What our own books say of a payment or a refund. */
export type MerchantRecord<Field extends string = string> = Readonly<Record<Field, string>> & {
  /** In the smallest unit of its currency: fen (分); yen */
  readonly amount: number
  /** By ISO 4217: `JPY`. Default: `CNY` */
  readonly currency?: string | undefined
  /** As the API calls it. Left out, states are not compared. */
  readonly state?: string | undefined
  /** The sub-merchant (特约商户号) that it belongs to, in a partner's records. Left out or `0`: the merchant itself */
  readonly sub_mchid?: string | undefined
  /** WeChat Pay's numbers and ours. Those that are given are compared. */
  readonly transaction_id?: string | undefined
  readonly out_trade_no?: string | undefined
  readonly refund_id?: string | undefined
  readonly out_refund_no?: string | undefined
}

/** What one side says. */
export interface Entry {
  /** In the smallest unit of its currency: fen (分); yen */
  readonly amount: number
  readonly currency?: string | undefined
  readonly state?: string | undefined
}

/** The subject of a finding: a number, within the sub-merchant where there is one. */
export interface FoundNumber {
  readonly number: string
  /** 特约商户号, where the number is unique only within it. */
  readonly sub_mchid?: string
}

/** What is known of a number on both sides: `here` in our books, `there` in WeChat Pay's bill. */
export type Finding<Row = BillRow> = FoundNumber &
  (
    | { readonly kind: 'matched'; readonly record: Entry; readonly bill: Entry; readonly row: Row }
    /** `differences` names the members that are not the same: `amount`, `currency`, `state`, `transaction_id`, … */
    | {
        readonly kind: 'differs'
        readonly record: Entry
        readonly bill: Entry
        readonly differences: readonly string[]
        readonly row: Row
      }
    /** The bill has it, our books have not. */
    | { readonly kind: 'missing-in-records'; readonly bill: Entry; readonly row: Row }
    /** Our books have it, the bill has not. */
    | { readonly kind: 'missing-in-bill'; readonly record: Entry }
    /** Our books have it once more; the first was laid beside the bill. */
    | { readonly kind: 'duplicate-in-records'; readonly record: Entry }
    /** The bill has it once more; the first was laid beside our books. */
    | { readonly kind: 'duplicate-in-bill'; readonly bill: Entry; readonly row: Row }
  )

/** How many findings of each kind. */
export type Counts = Record<Finding['kind'], number>

const NO_FINDINGS: Readonly<Counts> = {
  matched: 0,
  differs: 0,
  'missing-in-records': 0,
  'missing-in-bill': 0,
  'duplicate-in-records': 0,
  'duplicate-in-bill': 0,
}

/** What is laid beside what. */
export interface ReconcileOptions<Field extends string, Row extends BillRow> {
  /**
   * `PAYMENTS`, `REFUNDS`, `REVERSALS`, by our numbers; `PAYMENTS_BY_TRANSACTION_ID`, `REFUNDS_BY_REFUND_ID`, by WeChat Pay's;
   * or columns of your own choice.
   */
  readonly by: Matching<Field>
  /** Our books of that day. */
  readonly records: Iterable<MerchantRecord<Field>> | AsyncIterable<MerchantRecord<Field>>
  /** The sub-merchant (特约商户号) of all records that name none. */
  readonly sub_mchid?: string
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
 * A number of ours (`out_trade_no`, `out_refund_no`) is unique only within its merchant. In a partner's bill two sub-merchants
 * may use the same, so a partner's records need `sub_mchid`: no row of one sub-merchant matches a record of another.
 *
 * @param options see {@link ReconcileOptions}
 * @returns what differs, as it is found; what the bill lacks comes last. That the bill is whole shows at its end: act on
 * findings when the iteration has ended without an error
 * @throws {BillError} while it is iterated: what is wrong with the bill; `BILL_COLUMN_MISSING`: it is not a bill of that kind;
 * `BILL_KEY_AMBIGUOUS`: it names sub-merchants, and our records do not
 * @throws {CallError} `BODY_INVALID`, while it is iterated: a record of ours has no number, or no integer as its
 * amount
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4013071227
 * @example
 * ```ts
 * const records = [{ out_trade_no: '20260301001', amount: 100 }] // fen
 * const bill = await downloadTradeBill(wxpay, { bill_date: '2026-03-01' })
 * const reconciliation = reconcile({ by: PAYMENTS, records, bill })
 * for await (const finding of reconciliation) console.log(finding.kind, finding.number)
 * console.log(reconciliation.counts.matched)
 * ```
 */
export function reconcile<Field extends string, Row extends BillRow>(
  options: ReconcileOptions<Field, Row>,
): Reconciliation<Row> {
  const { by, sub_mchid } = options
  const members = [...(by.currency ? ['currency'] : []), ...Object.keys(by.compared ?? {})]
  const counts: Counts = { ...NO_FINDINGS }
  return {
    counts,
    async *[Symbol.asyncIterator]() {
      Object.assign(counts, NO_FINDINGS)
      const index = createRecordIndex(members)
      let at = 0
      requireRecords(options.records)
      for await (const record of options.records) {
        const [key, indexed] = readRecord(record, sub_mchid, by, members, at++)
        if (index.add(key, indexed)) continue
        counts['duplicate-in-records']++
        yield { kind: 'duplicate-in-records', ...numberOf(key), record: entryOf(indexed, by) }
      }
      const matchRow = createRowMatcher<Row>(by, index)
      for await (const rows of batchesOf(options.bill))
        for (const row of rows) {
          const finding = matchRow(row)
          if (!finding) continue
          counts[finding.kind]++
          if (finding.kind !== 'matched' || options.matched) yield finding
        }
      for (const [key, indexed] of index.unseen()) {
        counts['missing-in-bill']++
        yield { kind: 'missing-in-bill', ...numberOf(key), record: entryOf(indexed, by) }
      }
    },
  }
}

function requireRecords(records: unknown): void {
  const given = Object(records)
  const isList = typeof given[Symbol.iterator] === 'function' || typeof given[Symbol.asyncIterator] === 'function'
  if (isList && typeof records !== 'string') return
  throw new CallError(
    'PARAMETER_INVALID',
    'records',
    `${kindOf(records)}. Give the records of that day: [{ out_trade_no, amount }]`,
  )
}

/** @param defaultSubMerchant the sub-merchant of a record that names none */
function readRecord(
  record: Readonly<Record<string, unknown>>,
  defaultSubMerchant: string | undefined,
  { field, subMerchant }: Matching,
  members: readonly string[],
  at: number,
): [key: RecordKey, record: IndexedRecord] {
  if (Object(record) !== record)
    throw new CallError('BODY_INVALID', `records[${at}]`, `${kindOf(record)}. Give an object: { ${field}, amount }`)
  const { [field]: number, amount, state, sub_mchid = defaultSubMerchant } = record
  const invalid = (member: string, why: string) => new CallError('BODY_INVALID', `records[${at}].${member}`, why)
  if (typeof number !== 'string' || number === '') throw invalid(field, 'give the number as text')
  if (!Number.isSafeInteger(amount))
    throw invalid('amount', 'give an integer in the smallest unit of its currency: fen (分)')
  const textOf = (member: string, value: unknown): string | undefined => {
    if (value === undefined || typeof value === 'string') return value
    throw invalid(member, 'give text, or nothing')
  }
  const merchant = textOf('sub_mchid', sub_mchid)
  let otherMembers: OtherMembers = NO_OTHER_MEMBERS
  for (const member of members) {
    const text = textOf(member, record[member])
    const value = member === 'sub_mchid' ? merchant && subMerchantOf(merchant) : text
    if (member === 'currency' && value !== undefined && !/^[A-Z]{3}$/.test(value))
      throw invalid(member, 'give a code of ISO 4217, such as HKD, or nothing for CNY')
    // Most records are in yuan: nothing is kept of that.
    if (value !== undefined && !(member === 'currency' && value === DEFAULT_CURRENCY))
      otherMembers = { ...otherMembers, [member]: value }
  }
  const key: RecordKey = { sub_mchid: subMerchant ? subMerchantOf(merchant) : '', number }
  return [key, { amount: amount as number, state: textOf('state', state), otherMembers }]
}

async function* batchesOf<Row extends BillRow>(
  bill: ReconcileOptions<string, Row>['bill'],
): AsyncGenerator<readonly Row[]> {
  for await (const item of 'batches' in bill ? bill.batches : bill)
    yield Array.isArray(item) ? (item as readonly Row[]) : [item as Row]
}
