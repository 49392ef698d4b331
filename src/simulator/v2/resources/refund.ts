import { type Order, settlementTotal } from '../../accounts/orders/order.ts'
import { type Refund, type RefundStatus, settlementRefund } from '../../accounts/refunds/refund.ts'
import { dateTime } from '../../clock/time.ts'
import type { ResponseFields } from '../message.ts'

/** Names of refund states (退款状态) in APIv2. */
export const REFUND_STATUS: Readonly<Record<RefundStatus, string>> = {
  PROCESSING: 'PROCESSING',
  SUCCESS: 'SUCCESS',
  CLOSED: 'REFUNDCLOSE',
  ABNORMAL: 'CHANGE',
}

export const RECEIVED_BY = '支付用户零钱'

/** Returns the account that a refund is paid from (退款资金来源). */
export const refundAccount = ({ source }: Refund): string =>
  `REFUND_SOURCE_${source === 'AVAILABLE' ? 'RECHARGE' : 'UNSETTLED'}_FUNDS`

/** Returns the fields of a refund notification that are encrypted. */
export function refundResource(refund: Refund, order: Order): ResponseFields {
  const { out_refund_no, out_trade_no, refund_id, transaction_id, status, total, succeededAt } = refund
  const fen = String(refund.refund)
  return {
    out_refund_no,
    out_trade_no,
    refund_account: refundAccount(refund),
    refund_fee: fen,
    refund_id,
    // WeChat Pay itself misspells this name.
    refund_recv_accout: RECEIVED_BY,
    refund_request_source: 'API',
    refund_status: REFUND_STATUS[status],
    settlement_refund_fee: String(settlementRefund(refund, order)),
    settlement_total_fee: String(settlementTotal(order)),
    success_time: succeededAt === undefined ? undefined : dateTime(succeededAt),
    total_fee: String(total),
    transaction_id,
    cash_refund_fee: String(refund.refund - refund.discount),
  }
}
