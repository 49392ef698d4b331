import type { Accounts } from '../accounts/accounts.ts'
import {
  COMPLAINT_USER_ACTIONS,
  type Complaint,
  type ComplaintText,
  type ComplaintUserAction,
} from '../accounts/complaints/complaint.ts'
import type { Contract, ContractNumber } from '../accounts/contracts/contract.ts'
import type { AccountType, Balance } from '../accounts/funds.ts'
import type { CombinedOrder } from '../accounts/orders/combined-orders.ts'
import type { MicropayResult } from '../accounts/orders/micropay.ts'
import { type Order, type OrderNumber, orderKey } from '../accounts/orders/order.ts'
import { type Refund, type RefundResult, refundKey } from '../accounts/refunds/refund.ts'
import { Rejection } from '../accounts/rejection.ts'
import { type ServiceOrder, serviceOrderKey } from '../accounts/service-orders/service-orders.ts'
import type { Transfer } from '../accounts/transfers/transfers.ts'
import type { ApplymentResult } from '../accounts/verification/applyments.ts'
import {
  checkPayment,
  checkTransfer,
  type PaymentCheck,
  type StartParameters,
  type TransferCheck,
} from '../cashier/check.ts'
import { findPayment, type Payment, type PaymentReference, payablePayments } from '../cashier/payment.ts'
import type { SimulatorContext } from '../context.ts'
import { ParameterError } from '../parameter-error.ts'
import { type AccountHistory, accountHistories } from './account-history.ts'
import { newest } from './newest.ts'
import { createSubApplymentControl, type SubApplymentControl } from './products/applyments.ts'
import { type BusinessCouponControl, createBusinessCouponControl } from './products/business-coupons.ts'
import { type CouponControl, createCouponControl } from './products/coupons.ts'
import { createFapiaoControl, type FapiaoControl } from './products/fapiaos.ts'
import { createMedicalInsuranceControl, type MedicalInsuranceControl } from './products/medical-insurance.ts'
import { createParkingControl, type ParkingControl } from './products/parking.ts'
import { createPayrollCardControl, type PayrollCardControl } from './products/payroll-cards.ts'
import { createRedPacketControl, type RedPacketControl } from './products/red-packets.ts'
import { createServicePermissionControl, type ServicePermissionControl } from './products/service-permissions.ts'
import {
  createTransferAuthorizationControl,
  type TransferAuthorizationControl,
} from './products/transfer-authorizations.ts'
import { createWithdrawalControl, type WithdrawalControl } from './products/withdrawals.ts'

/** Names an order, or a combined order. */
export type OrderReference = OrderNumber | { readonly prepay_id: string } | { readonly combine_out_trade_no: string }

/** Acts as the shopper, the shopper's bank, and the merchant at the counter. */
export interface Control
  extends CouponControl,
    BusinessCouponControl,
    SubApplymentControl,
    WithdrawalControl,
    TransferAuthorizationControl,
    ServicePermissionControl,
    RedPacketControl,
    ParkingControl,
    FapiaoControl,
    MedicalInsuranceControl,
    PayrollCardControl {
  /**
   * Pays an order as the shopper, or confirms a payment by code (`USERPAYING`). A combined order is paid as a whole.
   *
   * @param coupon_id coupon (代金券) that the shopper uses for an order that is not combined; default none
   * @throws {Rejection} there is no such order, or it cannot be paid because it is paid, closed, expired …, or not with the coupon
   * @example
   * ```ts
   * simulator.pay({ out_trade_no }, coupon_id)
   * ```
   */
  pay(order: { readonly combine_out_trade_no: string }): CombinedOrder
  pay(order: OrderNumber, coupon_id?: string): Order
  pay(order: OrderReference, coupon_id?: string): Order | CombinedOrder
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
  /** Returns the payment that a `prepay_id` or a QR code belongs to, as the cashier shows it; undefined if there is none. */
  payment(reference: PaymentReference): Payment | undefined
  /**
   * Returns the payments that wait for a shopper, the newest first.
   *
   * @param max default 100
   */
  payments(max?: number): Payment[]
  /**
   * Checks the parameters with which a page or a mini program starts a JSAPI payment, as WeChat does before it opens the cashier: `paySign`
   * with the merchant's key, the appid, and the order.
   *
   * @param parameters as passed to `getBrandWCPayRequest`; for `wx.requestPayment` add the mini program's `appId`
   * @example
   * ```ts
   * const payment = await startJsapi(wxpay, { appid, prepay_id })
   * expect(await simulator.checkPayment({ ...payment })).not.toHaveProperty('problem')
   * ```
   */
  checkPayment(parameters: StartParameters): Promise<PaymentCheck>
  /** Checks the parameters of `requestMerchantTransfer` in the same way. */
  checkTransfer(parameters: StartParameters): TransferCheck
  /**
   * Returns the orders placed last, the newest first.
   *
   * @param max default 100
   */
  orders(max?: number): Order[]
  /** Returns the combined orders (合单) placed last, like {@link Control.orders}. */
  combinedOrders(max?: number): CombinedOrder[]
  /** Returns the refunds applied for last, like {@link Control.orders}. */
  refunds(max?: number): Refund[]
  /** Returns the transfers placed last, like {@link Control.orders}. */
  transfers(max?: number): Transfer[]
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
  /** Returns the service orders (支付分订单) created last, like {@link Control.orders}. */
  serviceOrders(max?: number): ServiceOrder[]
  /** Returns a service order (支付分订单). */
  serviceOrder(out_order_no: string, sub_mchid?: string): ServiceOrder | undefined
  /**
   * Confirms a service order as the user.
   *
   * @throws {Rejection} there is no such order, or it does not wait for the user
   */
  confirmServiceOrder(out_order_no: string, sub_mchid?: string): ServiceOrder
  /**
   * Deducts the amount of a completed service order from the user, as WeChat Pay does by itself.
   *
   * @throws {Rejection} there is no such order, or it is not completed, or it is paid
   */
  payServiceOrder(out_order_no: string, sub_mchid?: string): ServiceOrder
  /**
   * Files a complaint (消费者投诉) about a paid order as the shopper.
   *
   * @throws {Rejection} there is no such order, it is not paid, or it has a complaint that is not processed
   * @example
   * ```ts
   * const { complaint_id } = simulator.complain({ out_trade_no }, { problem_type: 'REFUND', apply_refund_amount: 100 })
   * ```
   */
  complain(order: OrderNumber, text?: ComplaintText): Complaint
  /** Returns the complaints filed last, like {@link Control.orders}. */
  complaints(max?: number): Complaint[]
  complaint(complaint_id: string): Complaint | undefined
  /**
   * Acts in a complaint as the shopper, or as WeChat Pay's staff.
   *
   * @param action a documented 动作类型: `USER_RESPONSE`, `CONTINUE_COMPLAINT` …
   * @param operate_details what they write
   * @throws {Rejection} there is no such complaint, or its state does not allow the action
   */
  actOnComplaint(complaint_id: string, action: ComplaintUserAction, operate_details?: string): Complaint
  /**
   * Signs a contract (委托代扣协议) as the shopper.
   *
   * @throws {Rejection} there is no such contract, or it has been signed
   * @example
   * ```ts
   * const { contract_id } = simulator.signContract({ contract_code: 'C1' })
   * ```
   */
  signContract(contract: ContractNumber): Contract
  /**
   * Terminates a contract as the shopper.
   *
   * @throws {Rejection} there is no such contract, or it is not signed, or no longer
   */
  terminateContract(contract: ContractNumber): Contract
  /** Returns the contracts begun last, signed or not, like {@link Control.orders}. */
  contracts(max?: number): Contract[]
  /** Returns a contract, signed or not. */
  contract(contract: ContractNumber): Contract | undefined
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
  /** Returns the merchant's accounts in CNY, each with its last 500 movements and the balance after them. */
  accounts(): AccountHistory[]
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
  context: Accounts &
    Pick<
      SimulatorContext,
      'applyments' | 'payrollCards' | 'now' | 'merchant' | 'world' | 'verificationKey' | 'hmacKey' | 'crypto'
    >,
  { mchid }: { readonly mchid: string },
): Control {
  const {
    applyments,
    orders,
    combinedOrders,
    micropay,
    refunds,
    transfers,
    serviceOrders,
    complaints,
    contracts,
    funds,
  } = context
  const requireOrder = ({ out_trade_no, sub_mchid }: OrderNumber): Order => {
    const order = orders.findByNumber(out_trade_no, sub_mchid)
    if (!order) throw new Rejection('ORDER_UNKNOWN', out_trade_no)
    return order
  }
  const requireOrderKey = (number: OrderNumber): string => orderKey(requireOrder(number))
  function pay(reference: { readonly combine_out_trade_no: string }): CombinedOrder
  function pay(reference: OrderNumber, coupon_id?: string): Order
  function pay(reference: OrderReference, coupon_id?: string): Order | CombinedOrder
  function pay(reference: OrderReference, coupon_id?: string): Order | CombinedOrder {
    const { combine_out_trade_no, out_trade_no, prepay_id = '' } = reference as Partial<Record<string, string>>
    if (combine_out_trade_no !== undefined) return combinedOrders.pay(combine_out_trade_no)
    const order = out_trade_no === undefined ? orders.findByPrepay(prepay_id) : requireOrder(reference as OrderNumber)
    if (order && coupon_id !== undefined) return context.coupons.payOrder(order, coupon_id)
    if (order) return orders.pay(orderKey(order))
    const combined = combinedOrders.findByPrepay(prepay_id)
    if (!combined) throw new Rejection('ORDER_UNKNOWN', prepay_id)
    return combinedOrders.pay(combined.combine_out_trade_no)
  }
  const fail: Control['fail'] = number => orders.fail(requireOrderKey(number))
  return {
    ...createCouponControl(context),
    ...createSubApplymentControl(context),
    ...createServicePermissionControl(context),
    ...createTransferAuthorizationControl(context),
    ...createWithdrawalControl(context, mchid),
    ...createBusinessCouponControl(context, mchid),
    ...createRedPacketControl(context),
    ...createParkingControl(context),
    ...createFapiaoControl(context),
    ...createMedicalInsuranceControl(context),
    ...createPayrollCardControl(context),
    pay,
    fail,
    cancel: fail,
    nextMicropay: (...results) => micropay.scriptResults(results),
    nextReverse: recalls => micropay.scriptRecalls(recalls),
    payment: reference => findPayment(reference, context),
    payments: (max = 100) => payablePayments(max, context),
    checkPayment: parameters => checkPayment(parameters, context),
    checkTransfer: parameters => checkTransfer(parameters, context),
    orders: max => newest(orders.all(), max),
    combinedOrders: max => newest(combinedOrders.all(), max),
    refunds: max => newest(refunds.all(), max),
    transfers: max => newest(transfers.all(), max),
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
    serviceOrders: max => newest(serviceOrders.all(), max),
    serviceOrder: (out_order_no, sub_mchid) => serviceOrders.find(serviceOrderKey({ out_order_no, sub_mchid })),
    confirmServiceOrder: (out_order_no, sub_mchid) =>
      serviceOrders.confirm(serviceOrderKey({ out_order_no, sub_mchid })),
    payServiceOrder: (out_order_no, sub_mchid) => serviceOrders.pay(serviceOrderKey({ out_order_no, sub_mchid })),
    complain: (number, text = {}) => complaints.file(requireOrder(number), text),
    complaints: max => newest(complaints.all(), max),
    complaint: complaint_id => complaints.find(complaint_id),
    actOnComplaint(complaint_id, action, operate_details) {
      if (!COMPLAINT_USER_ACTIONS.includes(action))
        throw new ParameterError(
          `${action} is no action of a shopper; pass one of ${COMPLAINT_USER_ACTIONS.join(', ')}.`,
        )
      return complaints.act(complaint_id, action, { operate_details })
    },
    signContract: number => contracts.sign(number),
    terminateContract: number => contracts.terminate(contracts.requireByNumber(number), 'USER', '用户解约'),
    contracts: max => newest(contracts.all(), max),
    contract: number => contracts.findByNumber(number),
    fund(fen, type = 'OPERATION') {
      funds.deposit(mchid, type, fen)
      return funds.balance(mchid, type)
    },
    balance: (type = 'BASIC', currency) => funds.balance(mchid, type, currency),
    accounts: () => accountHistories(mchid, context.world.contexts()),
    auditApplyment: (business_code, result) => applyments.audit(business_code, result),
  }
}
