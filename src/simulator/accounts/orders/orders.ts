import { DAY } from '../../../core/base/time.ts'
import type { AccountsContext } from '../context.ts'
import type { FundFlow, Funds, Pool } from '../funds.ts'
import { newNumber, newOpenid } from '../numbers.ts'
import { Rejection } from '../rejection.ts'
import { requireStateAfter } from '../state-machine.ts'
import {
  type AppliedCoupon,
  type Order,
  type OrderDraft,
  type OrderPaid,
  type OrderReversed,
  orderKey,
  type ParkingDeductionFailed,
  payeeOf,
  type Sharing,
  type TradeState,
} from './order.ts'

import { flowsOfOrder } from './order-flows.ts'
import { createOrderRecords, type OrderRecords } from './order-records.ts'
import { ORDER_STATES, type OrderEvent } from './order-states.ts'
import { createPayeeFunds, netAmount, type PayeeFunds } from './payee-funds.ts'
import { isPrepayExpired, placeOrder, placeWithoutPrepay } from './place-order.ts'

/**
 * Orders of both API versions. `key` is the {@link orderKey}. Orders are immutable: a change saves a new object.
 */
export interface Orders extends PayeeFunds {
  /**
   * Places an order. For the same number with the same parameters, it returns the first order, with a new prepay_id if the
   * old one has expired.
   */
  place(draft: OrderDraft): Order
  /** Places an order paid by code, which the shopper has not confirmed yet. {@link Micropay} checks the code. */
  placeByCode(draft: OrderDraft): Order
  /** Places a deduction from a contract (委托代扣) or for a service order (支付分), which is not carried out yet. */
  placeDeduction(draft: OrderDraft): Order
  find(key: string): Order | undefined
  /**
   * Finds an order by its number, without naming the merchant.
   *
   * @param sub_mchid required if several merchants use the number
   * @throws {Rejection} `ORDER_AMBIGUOUS`
   */
  findByNumber(out_trade_no: string, sub_mchid?: string): Order | undefined
  findByTransaction(transaction_id: string): Order | undefined
  findByPrepay(prepay_id: string): Order | undefined
  /** @param combine_out_trade_no number of the combined order that is closed, if it is one */
  close(key: string, combine_out_trade_no?: string): Order
  /**
   * @param combined the combined order that is paid, if it is one
   * @param coupon the coupon that it is paid with
   */
  pay(key: string, combined?: { combine_out_trade_no: string; openid: string }, coupon?: AppliedCoupon): Order
  /** Fails a payment, as when the shopper's bank refuses. A payment by code or a deduction is over; other orders can still be paid. */
  fail(key: string): Order
  /**
   * Reverses an order (撤销订单): closes an unpaid one, and returns the money of a paid one. The documents mean it for payments by code, and
   * ask to refund other orders; none says that the service refuses those, so this does not.
   *
   * @see https://pay.weixin.qq.com/doc/v2/merchant/4011937361
   */
  reverse(key: string): Order
  /** Records whether the user has repaid a fee that WeChat Pay has advanced. */
  setUserRepaid(key: string, user_repaid: 'Y' | 'N'): Order
  /** Records that the order has a refund (转入退款). */
  markRefunded(key: string): void
  all(): Iterable<Order>
  flows(): Iterable<FundFlow>
}

const REVERSAL_TIME = 7 * DAY
/** Documented: the rest of an order is unfrozen after this time. */
const SHARING_TIME = 180 * DAY

export function createOrders(
  context: AccountsContext<OrderPaid | OrderReversed | ParkingDeductionFailed>,
  funds: Funds,
): Orders {
  const { now, emit } = context
  const records = createOrderRecords(context)
  const payeeFunds = createPayeeFunds(records, funds)
  const pay = createPayment(context, records, funds)
  return {
    ...payeeFunds,
    place: draft => placeOrder(draft, records, context),
    placeByCode: draft => placeWithoutPrepay(draft, 'USERPAYING', records, context),
    placeDeduction: draft => placeWithoutPrepay(draft, 'ACCEPT', records, context),
    find: records.find,
    findByNumber: (out_trade_no, sub_mchid) =>
      sub_mchid === undefined
        ? records.findByMerchantNumber(out_trade_no)
        : records.find(orderKey({ out_trade_no, sub_mchid })),
    findByTransaction: records.findByNumber,
    findByPrepay: records.findByNumber,
    pay,
    close(key, combine_out_trade_no) {
      const order = records.requirePayable(key, combine_out_trade_no)
      if (order.trade_state === 'USERPAYING' || order.trade_state === 'ACCEPT') throw new Rejection('ORDER_PAYING', key)
      return records.save({ ...order, trade_state: stateOf(order, 'close') })
    },
    fail(key) {
      const order = records.requirePayable(key)
      const trade_state = stateOf(order, 'fail')
      if (trade_state === order.trade_state) return order
      const failed = records.save({ ...order, trade_state })
      if (failed.parking) emit({ type: 'parking-deduction-failed', order: failed })
      return failed
    },
    reverse(key) {
      const order = records.require(key)
      if (order.trade_state === 'REVOKED') return order
      requireReversible(order, now())
      const trade_state = stateOf(order, 'reverse')
      if (order.paidAt === undefined) return records.save({ ...order, trade_state })
      payeeFunds.debitPayee(order, netAmount(order))
      moveCouponMoney(order, funds, 'available', 1)
      const reversed = records.save({ ...records.require(key), trade_state, revokedAt: now() })
      emit({ type: 'order-reversed', order: reversed })
      return reversed
    },
    setUserRepaid: (key, user_repaid) => records.save({ ...records.require(key), user_repaid }),
    markRefunded(key) {
      const order = records.require(key)
      records.save({ ...order, trade_state: stateOf(order, 'refund') })
    },
    all: records.all,
    *flows() {
      for (const order of records.all()) yield* flowsOfOrder(order)
    },
  }
}

const stateOf = ({ trade_state }: Order, event: OrderEvent): TradeState =>
  requireStateAfter(ORDER_STATES, trade_state, event)

/** Creates the function that pays an order: it moves the money to the payee, and emits the event unless a combined order does. */
function createPayment(context: AccountsContext<OrderPaid>, records: OrderRecords, funds: Funds): Orders['pay'] {
  const { now, scheduler, emit } = context
  return (key, combined, coupon) => {
    const order = records.requirePayable(key, combined?.combine_out_trade_no)
    if (order.prepay_id && isPrepayExpired(order, now())) throw new Rejection('PREPAY_EXPIRED', key)
    const openid = order.payer.openid ?? combined?.openid ?? coupon?.openid ?? newOpenid(context)
    const discounted = { ...order, ...(coupon && { coupon }) }
    const sharing = sharingOf(discounted)
    const paid = records.save({
      ...discounted,
      payer: { ...order.payer, openid },
      transaction_id: newNumber('transaction_id', context, records.isTaken),
      bank_type: 'OTHERS',
      trade_state: stateOf(order, 'pay'),
      paidAt: now(),
      ...(sharing && { sharing }),
    })
    funds.move(payeeOf(paid), 'BASIC', sharing ? 'frozen' : 'unsettled', netAmount(paid), paid.amount.currency)
    moveCouponMoney(paid, funds, 'frozen', -1)
    if (sharing) scheduler.schedule(now() + SHARING_TIME, 'sharing-deadline', { key })
    if (!combined) emit({ type: 'order-paid', order: paid })
    return paid
  }
}

/** Moves the money of a prepaid coupon: out of what its stock has frozen, or back to the merchant that prepaid it. */
function moveCouponMoney({ coupon }: Order, funds: Funds, pool: Pool, sign: 1 | -1): void {
  if (coupon?.funder !== undefined) funds.move(coupon.funder, 'OPERATION', pool, sign * coupon.amount)
}

/**
 * Returns the sharing that a paid order starts with, if its money is to be shared. Profit sharing (分账) is in yuan only;
 * overseas merchants have another product.
 */
const sharingOf = (order: Order): Sharing | undefined =>
  order.profit_sharing && order.amount.currency === 'CNY'
    ? { frozen: netAmount(order), shared: 0, subsidy: 0, times: 0, finished: false }
    : undefined

/** @throws {Rejection} the order can no longer be reversed */
function requireReversible(order: Order, now: number): void {
  const key = orderKey(order)
  if (order.trade_state === 'CLOSED') throw new Rejection('ORDER_CLOSED', key)
  if (order.trade_state === 'REFUND' || order.sharing?.times) throw new Rejection('REVERSE_REFUNDED', key)
  // A reversal returns what the shopper paid; a subsidy goes back to the platform only after a refund (补差回退).
  if (order.sharing?.subsidy) throw new Rejection('REVERSE_SUBSIDIZED', key)
  if (now >= order.createdAt + REVERSAL_TIME) throw new Rejection('REVERSE_LATE', key)
}
