import { CallError } from '../../core/index.ts'
import { type Fields, fieldsOf, pick } from '../fields.ts'

/** The fields of a body that the audit trail records: the numbers of orders and the like, and nothing else. */
const NUMBERS: readonly string[] = [
  'out_trade_no',
  'transaction_id',
  'combine_out_trade_no',
  'out_refund_no',
  'refund_id',
  'out_order_no',
  'order_id',
  'out_return_no',
  'out_bill_no',
  'transfer_bill_no',
  'out_batch_no',
  'batch_id',
  'partner_trade_no',
  'mch_billno',
  'out_request_no',
  'out_recharge_no',
  'out_transfer_no',
  'contract_id',
  'contract_code',
  'business_code',
  'complaint_id',
  'stock_id',
  'appid',
  'sub_mchid',
  'sub_mch_id',
]

/** Characters. The longest number of WeChat Pay, `business_code`, has 124. */
const MAX_LENGTH = 128

/**
 * Picks the numbers of a body that the ledger records. A number that is too long is refused and not truncated, because a number in the
 * audit trail must be the one that was sent.
 *
 * @throws {CallError} `BODY_INVALID` naming the field; nothing was sent
 */
export function pickNumbers(fields: Fields, names: readonly string[]): Record<string, string> {
  const numbers = pick(fields, names)
  for (const [name, { length }] of Object.entries(numbers))
    if (length > MAX_LENGTH)
      throw new CallError('BODY_INVALID', name, `too long (${length} characters); use at most ${MAX_LENGTH}`)
  return numbers
}

export const numbersOf = (body: unknown): Record<string, string> => pickNumbers(fieldsOf(body), NUMBERS)
