import { kindOf } from '../../../core/base/error-text.ts'
import { CallError } from '../../../core/base/errors.ts'
import type { Bill } from '../parse/parse.ts'
import type { BillRow } from '../parse/row.ts'
import { createRowMatcher, entryOf, type Finding, numberOf, subMerchantOf } from './match-row.ts'
import type { Matching } from './matching.ts'
import {
  createRecordIndex,
  DEFAULT_CURRENCY,
  type IndexedRecord,
  type MerchantRecord,
  NO_OTHER_MEMBERS,
  type OtherMembers,
  type RecordKey,
} from './records.ts'

/** Number of findings of each kind. */
export type Counts = Record<Finding['kind'], number>

const NO_FINDINGS: Readonly<Counts> = {
  matched: 0,
  differs: 0,
  'missing-in-records': 0,
  'missing-in-bill': 0,
  'duplicate-in-records': 0,
  'duplicate-in-bill': 0,
}

/** Options of {@link reconcile}. */
export interface ReconcileOptions<Field extends string, Row extends BillRow> {
  /**
   * `PAYMENTS`, `REFUNDS` and `REVERSALS` match by the merchant's numbers, `PAYMENTS_BY_TRANSACTION_ID` and
   * `REFUNDS_BY_REFUND_ID` by WeChat Pay's. Or give a {@link Matching} with columns of your own choice.
   */
  readonly by: Matching<Field>
  /** The merchant's records of that day. */
  readonly records: Iterable<MerchantRecord<Field>> | AsyncIterable<MerchantRecord<Field>>
  /** The sub-merchant id (特约商户号) for records that have none. */
  readonly sub_mchid?: string
  /** The bill of that day, or its rows, one by one or in batches. */
  readonly bill: Bill<Row, unknown> | AsyncIterable<Row | readonly Row[]> | Iterable<Row | readonly Row[]>
  /** Whether to yield findings of kind `matched` too. Default: false */
  readonly matched?: boolean
}

/** An async iterable of findings, with their counts. */
export interface Reconciliation<Row> extends AsyncIterable<Finding<Row>> {
  /** Complete when the iteration has ended. */
  readonly counts: Readonly<Counts>
}

/**
 * Compares the merchant's records with a bill (对账). Both are read once, the records first. The records are held in
 * memory, about 200 bytes each, up to 16 million of them; the bill is streamed.
 *
 * The merchant's numbers (`out_trade_no`, `out_refund_no`) are unique only within a merchant. Two sub-merchants in a
 * partner's bill may use the same number, so a partner's records need `sub_mchid`: a row of one sub-merchant never
 * matches a record of another.
 *
 * @param options see {@link ReconcileOptions}
 * @returns differences as they are found, records missing in the bill last. Completeness of the bill is verified at its
 * end: act on findings only after the iteration has ended without an error
 * @throws {CallError} `PARAMETER_INVALID`: `by` is missing
 * @throws {BillError} during iteration: the bill is damaged or incomplete; `BILL_COLUMN_MISSING`: it is a bill of
 * another type; `BILL_KEY_AMBIGUOUS`: it names sub-merchants, and the records do not
 * @throws {CallError} during iteration, `BODY_INVALID`: a record has no number, or its amount is not an integer
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
  if (typeof Object(by).field !== 'string')
    throw new CallError('PARAMETER_INVALID', 'by', `${kindOf(by)}. Give how records match rows, such as PAYMENTS`)
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

/** @param defaultSubMerchant the sub-merchant of records that name none */
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
    // Not stored for CNY, since most records are in yuan.
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
