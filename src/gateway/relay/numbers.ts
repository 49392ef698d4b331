import { fieldsOf, pick } from '../fields.ts'

/** What the audit trail keeps of a body: the numbers that name what it is about, and nothing else of it. */
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
  'contract_id',
  'contract_code',
  'business_code',
  'complaint_id',
  'stock_id',
  'appid',
  'sub_mchid',
  'sub_mch_id',
]

export const numbersOf = (body: unknown): Record<string, string> => pick(fieldsOf(body), NUMBERS)
