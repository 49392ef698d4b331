import { isFinalRefundState, refundStateOf } from '../../core/base/refund-states.ts'
import { readV2Refunds } from '../payment/refund/v2-list.ts'

type Fields = Readonly<Record<string, unknown>>

/**
 * Reads one refund from the response to a query (查询退款) and returns it with the fields of a `refund-processed`
 * notification.
 *
 * @param data the response, whose fields are numbered
 * @param out_refund_no the merchant's number of the refund (商户退款单号)
 * @returns undefined if the response does not list the refund, or it is still processing
 * @see https://pay.weixin.qq.com/doc/v2/merchant/4011939577
 */
export function readProcessedRefund(data: Fields, out_refund_no: string): Fields | undefined {
  const refund = readV2Refunds(data).find(listed => listed.out_refund_no === out_refund_no)
  if (!refund || !isFinalRefundState(refundStateOf(refund))) return undefined
  const fields: Fields = {
    transaction_id: data.transaction_id,
    out_trade_no: data.out_trade_no,
    total_fee: data.total_fee,
    settlement_total_fee: data.settlement_total_fee,
    out_refund_no,
    refund_id: refund.refund_id,
    refund_fee: refund.refund_fee,
    settlement_refund_fee: refund.settlement_refund_fee,
    refund_status: refund.refund_status,
    success_time: refund.refund_success_time,
    refund_recv_accout: refund.refund_recv_accout,
    refund_account: refund.refund_account,
  }
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
}
