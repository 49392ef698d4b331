import { CURRENCY_COLUMNS } from '../parse/columns.ts'

/** Alternative titles of a column; the first that the bill has is used. */
export type Columns = readonly [string, ...string[]]

/** Maps members of a record to columns of a bill. */
export interface Matching<Field extends string = string> {
  /** The member that identifies a record, such as `out_trade_no`. */
  readonly field: Field
  /** The column that corresponds to `field`. */
  readonly number: string
  /**
   * The column with the sub-merchant, if a number is unique only within a sub-merchant. It is then part of the key, as
   * is `sub_mchid` of a record. If omitted, the number alone is the key.
   */
  readonly subMerchant?: Columns
  /** The column with the amount. */
  readonly amount: Columns
  /** The column with the currency, to compare with `currency` of a record. If omitted, currencies are not compared. */
  readonly currency?: Columns
  /** Includes only rows with this value in this column. */
  readonly only?: readonly [column: string, value: string]
  /** The column with the state, and a map from states of the API to those of the bill where they differ. */
  readonly state?: readonly [column: string, names: Readonly<Record<string, string>>]
  /** Columns to compare with further members, such as `transaction_id`, of the records that have them. */
  readonly compared?: Readonly<Record<string, Columns>>
}

/** `0` if there is none. APIv2 bills before 2018 call it 子商户号. */
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
 * Matches payments of a trade bill by sub-merchant and `out_trade_no`, and compares the total of the order. Payments
 * that were refunded or reversed later were still paid: a `trade_state` of `REFUND` or `REVOKED` is not a difference. A
 * `transaction_id` in a record is compared too.
 */
export const PAYMENTS: Matching<'out_trade_no'> = {
  field: 'out_trade_no',
  number: OUT_TRADE_NO[0],
  subMerchant: SUB_MERCHANT,
  ...PAYMENT_COLUMNS,
  compared: { transaction_id: TRANSACTION_ID },
}

/**
 * Matches payments by WeChat Pay's number, which is unique. A `sub_mchid` or `out_trade_no` in a record is compared.
 */
export const PAYMENTS_BY_TRANSACTION_ID: Matching<'transaction_id'> = {
  field: 'transaction_id',
  number: TRANSACTION_ID[0],
  ...PAYMENT_COLUMNS,
  compared: { sub_mchid: SUB_MERCHANT, out_trade_no: OUT_TRADE_NO },
}

/**
 * Matches refunds of a trade bill by sub-merchant and `out_refund_no`, and compares the requested amount. States are
 * those of the API. A `refund_id`, `transaction_id` or `out_trade_no` in a record is compared too.
 */
export const REFUNDS: Matching<'out_refund_no'> = {
  field: 'out_refund_no',
  number: OUT_REFUND_NO[0],
  subMerchant: SUB_MERCHANT,
  ...REFUND_COLUMNS,
  compared: { refund_id: REFUND_ID, transaction_id: TRANSACTION_ID, out_trade_no: OUT_TRADE_NO },
}

/** Matches refunds by WeChat Pay's number, which is unique. Other numbers in a record are compared. */
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

/** Matches reversals (撤销) by sub-merchant and `out_trade_no`, and compares the amount returned to the payer. */
export const REVERSALS: Matching<'out_trade_no'> = {
  field: 'out_trade_no',
  number: OUT_TRADE_NO[0],
  subMerchant: SUB_MERCHANT,
  amount: REFUND_COLUMNS.amount,
  currency: CURRENCY_COLUMNS,
  only: ['交易状态', 'REVOKED'],
  compared: { transaction_id: TRANSACTION_ID },
}
