import { CURRENCY_COLUMNS } from './columns.ts'

/** The columns of a bill that hold the same under different titles: the first of them that a bill has counts. */
export type Columns = readonly [string, ...string[]]

/** Says which column of a bill is which member of our records. */
export interface Matching<Field extends string = string> {
  /** The member of ours that names a record: `out_trade_no`. */
  readonly field: Field
  /** The column of the bill that has the same. */
  readonly number: string
  /**
   * The column of the sub-merchant, where a number is unique only within it. It belongs to the key, as `sub_mchid` does in a
   * record. Left out, the number is the key.
   */
  readonly subMerchant?: Columns
  /** The column of the amount. */
  readonly amount: Columns
  /** The column of its currency, which `currency` of a record is compared with. Left out, currencies are not compared. */
  readonly currency?: Columns
  /** Only rows that have this in that column. */
  readonly only?: readonly [column: string, value: string]
  /** The column of the state, and what the bill calls states that the API gives other names. */
  readonly state?: readonly [column: string, names: Readonly<Record<string, string>>]
  /** Further members of a record, which must equal the column where the record has them: `transaction_id`. */
  readonly compared?: Readonly<Record<string, Columns>>
}

/** `0` where there is none. Bills of APIv2 before 2018 write 子商户号. */
const SUB_MERCHANT: Columns = ['特约商户号', '子商户号']
const OUT_TRADE_NO: Columns = ['商户订单号']
const OUT_REFUND_NO: Columns = ['商户退款单号']
const TRANSACTION_ID: Columns = ['微信订单号']
const REFUND_ID: Columns = ['微信退款单号']

const PAYMENT_COLUMNS = {
  amount: ['订单金额', '总金额', '订单金额(标价币种)', '订单金额（标价币种）'],
  currency: CURRENCY_COLUMNS,
  only: ['交易状态', 'SUCCESS'],
  state: ['交易状态', { REFUND: 'SUCCESS', REVOKED: 'SUCCESS' }],
} as const

const REFUND_COLUMNS = {
  amount: ['申请退款金额', '退款金额'],
  currency: CURRENCY_COLUMNS,
  only: ['交易状态', 'REFUND'],
  state: ['退款状态', { CLOSED: 'FAIL', ABNORMAL: 'CHANGE' }],
} as const

/**
 * Payments of a trade bill, by `out_trade_no` within their sub-merchant and the total of the order. What was refunded or
 * reversed later was paid all the same: a `trade_state` of `REFUND` or `REVOKED` is no difference. A `transaction_id` in a
 * record is compared too.
 */
export const PAYMENTS: Matching<'out_trade_no'> = {
  field: 'out_trade_no',
  number: OUT_TRADE_NO[0],
  subMerchant: SUB_MERCHANT,
  ...PAYMENT_COLUMNS,
  compared: { transaction_id: TRANSACTION_ID },
}

/** The same by WeChat Pay's own number, which is unique: a `sub_mchid` or `out_trade_no` in a record is compared. */
export const PAYMENTS_BY_TRANSACTION_ID: Matching<'transaction_id'> = {
  field: 'transaction_id',
  number: TRANSACTION_ID[0],
  ...PAYMENT_COLUMNS,
  compared: { sub_mchid: SUB_MERCHANT, out_trade_no: OUT_TRADE_NO },
}

/**
 * Refunds of a trade bill, by `out_refund_no` within their sub-merchant and the amount that was applied for; states are those
 * of the API. A `refund_id`, and the `transaction_id` or `out_trade_no` of the payment, are compared where a record has them.
 */
export const REFUNDS: Matching<'out_refund_no'> = {
  field: 'out_refund_no',
  number: OUT_REFUND_NO[0],
  subMerchant: SUB_MERCHANT,
  ...REFUND_COLUMNS,
  compared: { refund_id: REFUND_ID, transaction_id: TRANSACTION_ID, out_trade_no: OUT_TRADE_NO },
}

/** The same by WeChat Pay's own number, which is unique: other numbers in a record are compared. */
export const REFUNDS_BY_REFUND_ID: Matching<'refund_id'> = {
  field: 'refund_id',
  number: REFUND_ID[0],
  ...REFUND_COLUMNS,
  compared: {
    sub_mchid: SUB_MERCHANT,
    out_refund_no: OUT_REFUND_NO,
    transaction_id: TRANSACTION_ID,
    out_trade_no: OUT_TRADE_NO,
  },
}

/** Payments by code that were reversed (撤销), by `out_trade_no` within their sub-merchant and the amount that went back. */
export const REVERSALS: Matching<'out_trade_no'> = {
  field: 'out_trade_no',
  number: OUT_TRADE_NO[0],
  subMerchant: SUB_MERCHANT,
  amount: REFUND_COLUMNS.amount,
  currency: CURRENCY_COLUMNS,
  only: ['交易状态', 'REVOKED'],
  compared: { transaction_id: TRANSACTION_ID },
}
