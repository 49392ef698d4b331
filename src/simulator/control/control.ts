import type { Accounts } from '../accounts/accounts.ts'
import type { AccountType, Balance } from '../accounts/funds.ts'
import type { CombinedOrder } from '../accounts/orders/combined-orders.ts'
import type { MicropayResult } from '../accounts/orders/micropay.ts'
import { type Order, orderKey } from '../accounts/orders/orders.ts'
import { type Refund, type RefundResult, refundKey } from '../accounts/orders/refunds.ts'
import { Rejection } from '../accounts/rejection.ts'
import type { Transfer } from '../accounts/transfers/transfers.ts'
import type { ApplymentResult } from '../accounts/verification/applyments.ts'
import type { SimulatorContext } from '../context.ts'

/** An order by the merchant's number; `sub_mchid` where several merchants use the number. */
export interface OrderNumber {
  readonly out_trade_no: string
  readonly sub_mchid?: string | undefined
}

/** Names an order, or several that are paid as one. */
export type OrderReference = OrderNumber | { readonly prepay_id: string } | { readonly combine_out_trade_no: string }

/** Acts as the shopper, the shopper's bank, and the merchant at the counter. */
export interface Control {
  /**
   * The shopper pays, or confirms a payment by code (`USERPAYING`). A combined order is paid as a whole.
   *
   * @throws {Rejection} no such order, or it cannot be paid: it is paid, closed, expired …
   */
  pay(of: { readonly combine_out_trade_no: string }): CombinedOrder
  pay(of: OrderNumber): Order
  pay(of: OrderReference): Order | CombinedOrder
  /**
   * The shopper's bank refuses. A payment by code is over then (`PAYERROR`); any other order stays to be paid, as
   * documented.
   *
   * @throws {Rejection} no such order, or it cannot be paid
   */
  fail(of: OrderNumber): Order
  /** The shopper gives up, which comes to the same as {@link Control.fail}. */
  cancel(of: OrderNumber): Order
  /** What becomes of the next payments by code, one after the other; without it the amount decides. */
  nextMicropay(...results: readonly MicropayResult[]): void
  /** So many of the next calls of `/secapi/pay/reverse` are answered with `recall` Y, and change nothing. */
  nextReverse(recalls: number): void
  /** An order as WeChat Pay knows it, its sealed fields opened. */
  order(out_trade_no: string, sub_mchid?: string): Order | undefined
  combinedOrder(combine_out_trade_no: string): CombinedOrder | undefined
  /** A refund as it is: looked at from here it stays `PROCESSING`. */
  refund(out_refund_no: string, sub_mchid?: string): Refund | undefined
  /**
   * What becomes of a refund that is processed.
   *
   * @throws {Rejection} no such refund, or it has its result
   */
  refundResult(out_refund_no: string, result: RefundResult, sub_mchid?: string): Refund
  transfer(out_bill_no: string): Transfer | undefined
  /**
   * The shopper takes the money that is transferred to him; it arrives two seconds later.
   *
   * @throws {Rejection} no such transfer, or it does not wait for him
   */
  confirmTransfer(out_bill_no: string): Transfer
  /**
   * A transfer that waits for the shopper fails.
   *
   * @param fail_reason one of the documented ones, default `OTHER_FAIL_REASON_TYPE`
   * @throws {Rejection} no such transfer, or it does not wait for him
   */
  failTransfer(out_bill_no: string, fail_reason?: string): Transfer
  /**
   * Pays into an account of the merchant's from outside, or out where negative.
   *
   * @param type default `OPERATION`, which transfers are paid from
   * @throws {Rejection} the account has less than is paid out
   */
  fund(fen: number, type?: AccountType): Balance
  /**
   * @param type default `BASIC`, where payments go
   * @param currency default `CNY`; each currency has a balance of its own, in its smallest unit
   */
  balance(type?: AccountType, currency?: string): Balance
  /**
   * Gives an applyment (商户开户意愿申请单) the result of its audit.
   *
   * @throws {Rejection} no such applyment, or it has passed or was canceled
   * @example
   * ```ts
   * const applyment_state = 'APPLYMENT_STATE_REJECTED'
   * simulator.auditApplyment('1900013511_10000', { applyment_state, reject_param: 'merchant_name' })
   * ```
   */
  auditApplyment(business_code: string, result: ApplymentResult): void
}

export function createControl(
  context: Accounts & Pick<SimulatorContext, 'applyments'>,
  { mchid }: { readonly mchid: string },
): Control {
  const { applyments, orders, combinedOrders, micropay, refunds, transfers, funds } = context
  const requireOrderKey = ({ out_trade_no, sub_mchid }: OrderNumber): string => {
    const order = orders.findByNumber(out_trade_no, sub_mchid)
    if (!order) throw new Rejection('ORDER_UNKNOWN', out_trade_no)
    return orderKey(order)
  }
  function pay(of: { readonly combine_out_trade_no: string }): CombinedOrder
  function pay(of: OrderNumber): Order
  function pay(of: OrderReference): Order | CombinedOrder
  function pay(of: OrderReference): Order | CombinedOrder {
    const { combine_out_trade_no, out_trade_no, prepay_id = '' } = of as Partial<Record<string, string>>
    if (combine_out_trade_no !== undefined) return combinedOrders.pay(combine_out_trade_no)
    if (out_trade_no !== undefined) return orders.pay(requireOrderKey(of as OrderNumber))
    const order = orders.findByPrepay(prepay_id)
    if (order) return orders.pay(orderKey(order))
    const combined = combinedOrders.findByPrepay(prepay_id)
    if (!combined) throw new Rejection('ORDER_UNKNOWN', prepay_id)
    return combinedOrders.pay(combined.combine_out_trade_no)
  }
  const fail: Control['fail'] = of => orders.fail(requireOrderKey(of))
  return {
    pay,
    fail,
    cancel: fail,
    nextMicropay: (...results) => micropay.scriptResults(results),
    nextReverse: recalls => micropay.scriptRecalls(recalls),
    order: (out_trade_no, sub_mchid) => orders.findByNumber(out_trade_no, sub_mchid),
    combinedOrder: combine_out_trade_no => combinedOrders.find(combine_out_trade_no),
    refund: (out_refund_no, sub_mchid) => refunds.findByNumber(out_refund_no, sub_mchid),
    refundResult(out_refund_no, result, sub_mchid) {
      const refund = refunds.findByNumber(out_refund_no, sub_mchid)
      if (!refund) throw new Rejection('REFUND_UNKNOWN', out_refund_no)
      return refunds.settle(refundKey(refund), result)
    },
    transfer: out_bill_no => transfers.find(out_bill_no),
    confirmTransfer: out_bill_no => transfers.confirm(out_bill_no),
    failTransfer: (out_bill_no, fail_reason = 'OTHER_FAIL_REASON_TYPE') => transfers.fail(out_bill_no, fail_reason),
    fund(fen, type = 'OPERATION') {
      funds.deposit(mchid, type, fen)
      return funds.balance(mchid, type)
    },
    balance: (type = 'BASIC', currency) => funds.balance(mchid, type, currency),
    auditApplyment: (business_code, result) => applyments.audit(business_code, result),
  }
}
