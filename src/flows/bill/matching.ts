/** By what two sides are laid beside each other: which column of a bill is which member of ours. */
export interface Matching<Field extends string = string> {
  /** The member of ours that names a record: `out_trade_no`. */
  readonly field: Field
  /** The column of the bill that has the same. */
  readonly number: string
  /** The column of the amount; the first of these that the bill has. */
  readonly amount: readonly [string, ...string[]]
  /** Only rows that have this in that column. */
  readonly only?: readonly [column: string, value: string]
  /** The column of the state, and what the bill calls states that the API gives other names. */
  readonly state?: readonly [column: string, names: Readonly<Record<string, string>>]
}

/**
 * Payments of a trade bill, by `out_trade_no` and the total of the order. What was refunded or reversed later was paid all
 * the same: a `trade_state` of `REFUND` or `REVOKED` is no difference.
 */
export const PAYMENTS: Matching<'out_trade_no'> = {
  field: 'out_trade_no',
  number: '商户订单号',
  amount: ['订单金额', '总金额'],
  only: ['交易状态', 'SUCCESS'],
  state: ['交易状态', { REFUND: 'SUCCESS', REVOKED: 'SUCCESS' }],
}

/** Refunds of a trade bill, by `out_refund_no` and the amount that was applied for; states are those of the API. */
export const REFUNDS: Matching<'out_refund_no'> = {
  field: 'out_refund_no',
  number: '商户退款单号',
  amount: ['申请退款金额', '退款金额'],
  only: ['交易状态', 'REFUND'],
  state: ['退款状态', { CLOSED: 'FAIL', ABNORMAL: 'CHANGE' }],
}

/** Payments by code that were reversed (撤销), by `out_trade_no` and the amount that went back. */
export const REVERSALS: Matching<'out_trade_no'> = {
  field: 'out_trade_no',
  number: '商户订单号',
  amount: ['申请退款金额', '退款金额'],
  only: ['交易状态', 'REVOKED'],
}
