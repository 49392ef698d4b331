/** `trade_state` of an order that was paid; one that was refunded since was paid before. */
const PAID: ReadonlySet<unknown> = new Set(['SUCCESS', 'REFUND'])
/** `trade_state` of an order that ends unpaid. `NOTPAY`, `USERPAYING` and `ACCEPT` (免密) may still become either. */
const UNPAID: ReadonlySet<unknown> = new Set(['CLOSED', 'REVOKED', 'PAYERROR'])

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
