/** `trade_state` of an order that was paid, even if it was refunded later. */
const PAID: ReadonlySet<unknown> = new Set(['SUCCESS', 'REFUND'])
/** `trade_state` of an order that awaits its payment. */
const AWAITING: ReadonlySet<unknown> = new Set(['NOTPAY', 'USERPAYING'])
/** `trade_state` of an order that ended unpaid. `NOTPAY`, `USERPAYING` and `ACCEPT` (免密) may still become paid or unpaid. */
const UNPAID: ReadonlySet<unknown> = new Set(['CLOSED', 'REVOKED', 'PAYERROR'])
/** `trade_state` of a deduction (委托代扣) that failed. */
const FAILED: ReadonlySet<unknown> = new Set(['PAY_FAIL', 'FAIL'])

/**
 * Returns whether an order was paid.
 *
 * @param tradeState `trade_state` of a query (查询订单), of either API
 * @see https://pay.weixin.qq.com/doc/v2/merchant/4011935214
 */
export const isPaid = (tradeState: unknown): boolean => PAID.has(tradeState)

/**
 * Returns whether an order has ended without a payment.
 *
 * @param tradeState `trade_state` of a query (查询订单), of either API
 * @see https://pay.weixin.qq.com/doc/v2/merchant/4011935214
 */
export const isFinallyUnpaid = (tradeState: unknown): boolean => UNPAID.has(tradeState)

/**
 * Returns whether a state does not change any more. States that WeChat Pay may add are not final.
 *
 * @param tradeState `trade_state` of a query (查询订单), of either API
 */
export const isFinalTradeState = (tradeState: unknown): boolean => isPaid(tradeState) || isFinallyUnpaid(tradeState)

/**
 * Returns whether an order awaits its payment, so that no money has moved. False for `ACCEPT` (免密) and unknown states.
 *
 * @param tradeState `trade_state` of a query (查询订单), of either API
 * @see https://pay.weixin.qq.com/doc/v2/merchant/4011935214
 */
export const awaitsPayment = (tradeState: unknown): boolean => AWAITING.has(tradeState)

/**
 * Returns whether a deduction (委托代扣) has failed, or has ended without a payment.
 *
 * @param tradeState `trade_state` of a query (查询扣款订单) or a notification, of either API
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4012467164
 */
export const isFailedDeduction = (tradeState: unknown): boolean => FAILED.has(tradeState) || UNPAID.has(tradeState)
