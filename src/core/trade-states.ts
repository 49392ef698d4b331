/** `trade_state` of an order that was paid; one that was refunded since was paid before. */
const PAID: ReadonlySet<unknown> = new Set(['SUCCESS', 'REFUND'])
/** `trade_state` of an order that nobody has paid yet: no money has moved. */
const AWAITING: ReadonlySet<unknown> = new Set(['NOTPAY', 'USERPAYING'])
/** `trade_state` of an order that ends unpaid. `NOTPAY`, `USERPAYING` and `ACCEPT` (免密) may still become either. */
const UNPAID: ReadonlySet<unknown> = new Set(['CLOSED', 'REVOKED', 'PAYERROR'])
/** `trade_state` of a deduction (委托代扣) that failed. */
const FAILED: ReadonlySet<unknown> = new Set(['PAY_FAIL', 'FAIL'])

/**
 * Tells whether an order was paid.
 *
 * @param tradeState `trade_state` of a query (查询订单), of either API
 * @see https://pay.weixin.qq.com/doc/v2/merchant/4011935214
 */
export const isPaid = (tradeState: unknown): boolean => PAID.has(tradeState)

/**
 * Tells whether an order has ended without a payment.
 *
 * @param tradeState `trade_state` of a query (查询订单), of either API
 * @see https://pay.weixin.qq.com/doc/v2/merchant/4011935214
 */
export const isFinallyUnpaid = (tradeState: unknown): boolean => UNPAID.has(tradeState)

/**
 * Tells whether an order waits for its payment, so that no money has moved. Neither `ACCEPT` (免密), nor a state that is not known,
 * says so.
 *
 * @param tradeState `trade_state` of a query (查询订单), of either API
 * @see https://pay.weixin.qq.com/doc/v2/merchant/4011935214
 */
export const awaitsPayment = (tradeState: unknown): boolean => AWAITING.has(tradeState)

/**
 * Tells whether a deduction (委托代扣) has failed, or has ended without a payment.
 *
 * @param tradeState `trade_state` of a query (查询扣款订单) or a notification, of either API
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4012467164
 */
export const isFailedDeduction = (tradeState: unknown): boolean => FAILED.has(tradeState) || UNPAID.has(tradeState)
