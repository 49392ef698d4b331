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

/** Names an order by the merchant's number. */
export interface OrderNumber {
  readonly out_trade_no: string
  /** Required if several merchants use the number. */
  readonly sub_mchid?: string | undefined
}

/** Names an order, or a combined order. */
export type OrderReference = OrderNumber | { readonly prepay_id: string } | { readonly combine_out_trade_no: string }

/** Acts as the shopper, the shopper's bank, and the merchant at the counter. */
export interface Control {
  /**
   * Pays an order as the shopper, or confirms a payment by code (`USERPAYING`). A combined order is paid as a whole.
   *
   * @throws {Rejection} there is no such order, or it cannot be paid because it is paid, closed, expired …
   */
  pay(order: { readonly combine_out_trade_no: string }): CombinedOrder
  pay(order: OrderNumber): Order
  pay(order: OrderReference): Order | CombinedOrder
  /**
   * Refuses a payment as the shopper's bank. A payment by code fails (`PAYERROR`); any other order can still be paid, as
   * documented.
   *
   * @throws {Rejection} there is no such order, or it cannot be paid
   */
  fail(order: OrderNumber): Order
  /** Gives up a payment as the shopper. The effect is that of {@link Control.fail}. */
  cancel(order: OrderNumber): Order
  /** Sets the results of the next payments by code, which otherwise depend on the amount. */
  nextMicropay(...results: readonly MicropayResult[]): void
  /** Makes that many calls of `/secapi/pay/reverse` respond with `recall` Y and change nothing. */
  nextReverse(recalls: number): void
  /** Returns an order, with its encrypted fields decrypted. */
  order(out_trade_no: string, sub_mchid?: string): Order | undefined
  combinedOrder(combine_out_trade_no: string): CombinedOrder | undefined
  /** Returns a refund. Unlike a query through the API, it does not settle it. */
  refund(out_refund_no: string, sub_mchid?: string): Refund | undefined
  /**
   * Sets the result of a refund that is being processed.
   *
   * @throws {Rejection} there is no such refund, or it has been settled
   */
  refundResult(out_refund_no: string, result: RefundResult, sub_mchid?: string): Refund
  transfer(out_bill_no: string): Transfer | undefined
  /**
   * Confirms a transfer as the shopper. The money arrives two seconds later.
   *
   * @throws {Rejection} there is no such transfer, or it does not wait for the shopper
   */
  confirmTransfer(out_bill_no: string): Transfer
  /**
   * Fails a transfer that waits for the shopper.
   *
   * @param fail_reason one of the documented reasons, default `OTHER_FAIL_REASON_TYPE`
   * @throws {Rejection} there is no such transfer, or it does not wait for the shopper
   */
  failTransfer(out_bill_no: string, fail_reason?: string): Transfer
  /**
   * Pays an amount into the merchant's account from outside, or out of it where negative.
   *
   * @param type default `OPERATION`, the account that pays transfers
   * @throws {Rejection} the account has less than is paid out
   */
  fund(fen: number, type?: AccountType): Balance
  /**
   * Returns the balance of an account.
   *
   * @param type default `BASIC`, the account that receives payments
   * @param currency default `CNY`; each currency has a balance of its own, in its smallest unit
   */
  balance(type?: AccountType, currency?: string): Balance
  /**
   * Sets the result of the audit of an applyment (商户开户意愿申请单).
   *
   * @throws {Rejection} there is no such applyment, or it has passed or was canceled
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
  function pay(reference: { readonly combine_out_trade_no: string }): CombinedOrder
  function pay(reference: OrderNumber): Order
  function pay(reference: OrderReference): Order | CombinedOrder
  function pay(reference: OrderReference): Order | CombinedOrder {
    const { combine_out_trade_no, out_trade_no, prepay_id = '' } = reference as Partial<Record<string, string>>
    if (combine_out_trade_no !== undefined) return combinedOrders.pay(combine_out_trade_no)
    if (out_trade_no !== undefined) return orders.pay(requireOrderKey(reference as OrderNumber))
    const order = orders.findByPrepay(prepay_id)
    if (order) return orders.pay(orderKey(order))
    const combined = combinedOrders.findByPrepay(prepay_id)
    if (!combined) throw new Rejection('ORDER_UNKNOWN', prepay_id)
    return combinedOrders.pay(combined.combine_out_trade_no)
  }
  const fail: Control['fail'] = number => orders.fail(requireOrderKey(number))
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
