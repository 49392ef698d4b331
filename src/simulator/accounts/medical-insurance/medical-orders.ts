import { SECOND } from '../../../core/base/time.ts'
import type { AccountsContext } from '../context.ts'
import { fingerprintOf } from '../fingerprint.ts'
import { newDigits } from '../numbers.ts'
import { type Order, orderKey } from '../orders/order.ts'
import type { Orders } from '../orders/orders.ts'
import type { Refunds } from '../refunds/refunds.ts'
import { isReturned } from '../refunds/returned.ts'
import { Rejection } from '../rejection.ts'
import { requireStateAfter, stateAfter } from '../state-machine.ts'
import { requireSoundAmounts, requireSoundRefund } from './medical-amounts.ts'
import {
  type MedicalOrder,
  type MedicalOrderFields,
  type MedicalOrderPaid,
  type MedicalRefund,
  MIX_PAY_STATES,
  PART_STATES,
} from './medical-order.ts'
import { createMedicalRecords, type MedicalOrderName, type MedicalRecords, stateRejection } from './medical-records.ts'

/**
 * Orders by medical insurance (医保支付). The user pays the cash part, which is an order like any other; then the insurance settles
 * its part, two seconds later. The insurance's money does not pass through the accounts of WeChat Pay.
 */
export interface MedicalOrders {
  /**
   * Places an order. Its number is used up even by a repetition, as documented.
   *
   * @throws {Rejection} `MEDICAL_NUMBER_USED`, `MEDICAL_PREPAY`, `MEDICAL_CASH`, and as {@link requireSoundAmounts}
   */
  place(fields: MedicalOrderFields): MedicalOrder
  find(name: MedicalOrderName): MedicalOrder | undefined
  findByMixTradeNo(mix_trade_no: string): MedicalOrder | undefined
  /**
   * Pays an order as the user, or lets the insurance pay one without a cash part.
   *
   * @throws {Rejection} `MEDICAL_ORDER_UNKNOWN`, `MEDICAL_STATE`, those of the order that the user pays
   */
  pay(name: MedicalOrderName): MedicalOrder
  /**
   * Refuses to settle an order as the insurance. Cash that has been paid is reversed.
   *
   * @throws {Rejection} `MEDICAL_ORDER_UNKNOWN`, `MEDICAL_STATE`, `MEDICAL_CASH_REFUNDED`, and as {@link Orders.reverse}
   */
  fail(name: MedicalOrderName): MedicalOrder
  /**
   * Tells of a refund by the insurance (医保退款通知); the last one counts.
   *
   * @throws {Rejection} `MEDICAL_STATE`, `MEDICAL_REFUND`
   */
  refundInsurance(order: MedicalOrder, refund: MedicalRefund): MedicalOrder
  /** Records the payment of a cash part. */
  recordPayment(order: Order): void
  /**
   * Records a refund or a reversal of a cash part. A cash part that is refunded in full before the settlement fails the order.
   */
  recordReturn(order: Order): void
  all(): Iterable<MedicalOrder>
}

const SETTLEMENT_TIME = 2 * SECOND

export function createMedicalOrders(
  context: AccountsContext<MedicalOrderPaid>,
  orders: Orders,
  refunds: Pick<Refunds, 'ofOrder'>,
): MedicalOrders {
  const records = createMedicalRecords(context, orders)
  const { find, requireOpen, failOrder } = records
  const settlement = createSettlement(context, records)
  return {
    place(fields) {
      if (find(fields)) throw new Rejection('MEDICAL_NUMBER_USED', fields.out_trade_no)
      requireSoundAmounts(fields)
      return records.save(newOrder(fields, newDigits(30, context, records.isTaken), orders))
    },
    find,
    findByMixTradeNo: records.findByMixTradeNo,
    pay(name) {
      const order = requireOpen(name)
      if (order.selfPay === 'SUCCESS') throw stateRejection(order)
      if (order.cashOrder === undefined) settlement.schedule(order)
      else orders.pay(order.cashOrder)
      return find(name)!
    },
    fail(name) {
      const order = requireOpen(name)
      if (order.insurance === 'NONE') throw stateRejection(order)
      // Documented: an order whose settlement was taken back (冲正) can be paid no longer.
      if (order.selfPay === 'CREATED') orders.close(order.cashOrder!)
      if (order.selfPay !== 'SUCCESS') return failOrder(order)
      requireUntouched(orders.find(order.cashOrder!)!)
      // Cash that returns fails the order.
      orders.reverse(order.cashOrder!)
      return find(name)!
    },
    refundInsurance(order, refund) {
      if (order.insurance !== 'SUCCESS' && order.insurance !== 'REFUND') throw stateRejection(order)
      requireSoundRefund(order, refund)
      const insurance = stateAfter(PART_STATES, order.insurance, 'refund') ?? order.insurance
      return records.save(refundedWhole({ ...order, insurance, refund }))
    },
    recordPayment(paid) {
      const order = records.findByNumber(`cash/${orderKey(paid)}`)
      if (order?.selfPay !== 'CREATED') return
      const next = records.save({ ...order, selfPay: requireStateAfter(PART_STATES, order.selfPay, 'pay') })
      if (next.insurance === 'NONE') settlement.finish(next)
      else settlement.schedule(next)
    },
    recordReturn(cashOrder) {
      const order = records.findByNumber(`cash/${orderKey(cashOrder)}`)
      if (order?.selfPay !== 'SUCCESS' || !isReturned(cashOrder, refunds)) return
      if (order.mix_pay_status === 'MIX_PAY_CREATED') return void records.failReturned(order)
      const selfPay = requireStateAfter(PART_STATES, order.selfPay, 'refund')
      records.save(refundedWhole({ ...order, selfPay }))
    },
    all: records.all,
  }
}

/** Creates what settles an order: the insurance pays its part two seconds later, and then the whole order is paid. */
function createSettlement({ scheduler, now, emit }: AccountsContext<MedicalOrderPaid>, records: MedicalRecords) {
  const finish = (order: MedicalOrder): void => {
    const mix_pay_status = requireStateAfter(MIX_PAY_STATES, order.mix_pay_status, 'pay')
    emit({ type: 'medical-order-paid', order: records.save({ ...order, mix_pay_status, paidAt: now() }) })
  }
  scheduler.on<{ mix_trade_no: string }>('medical-settlement', ({ mix_trade_no }) => {
    const order = records.findByMixTradeNo(mix_trade_no)!
    if (order.insurance === 'CREATED')
      finish({ ...order, insurance: requireStateAfter(PART_STATES, order.insurance, 'pay') })
  })
  const schedule = ({ mix_trade_no }: MedicalOrder): void =>
    void scheduler.schedule(now() + SETTLEMENT_TIME, 'medical-settlement', { mix_trade_no })
  return { finish, schedule }
}

/** Returns an order as refunded if both parts are. */
function refundedWhole(order: MedicalOrder): MedicalOrder {
  const isWhole = [order.selfPay, order.insurance].every(part => part === 'REFUND' || part === 'NONE')
  const mix_pay_status = isWhole ? stateAfter(MIX_PAY_STATES, order.mix_pay_status, 'refund') : undefined
  return mix_pay_status ? { ...order, mix_pay_status } : order
}

/** @throws {Rejection} `MEDICAL_CASH_REFUNDED`: less than the whole can be reversed */
function requireUntouched({ trade_state, sharing, out_trade_no }: Order): void {
  if (trade_state !== 'SUCCESS' || sharing?.times) throw new Rejection('MEDICAL_CASH_REFUNDED', out_trade_no)
}

/** @throws {Rejection} `MEDICAL_PREPAY`, `MEDICAL_CASH` */
function newOrder(fields: MedicalOrderFields, mix_trade_no: string, orders: Orders): MedicalOrder {
  const { mix_pay_type } = fields
  return {
    fields,
    fingerprint: fingerprintOf(fields),
    mix_trade_no,
    mix_pay_status: 'MIX_PAY_CREATED',
    selfPay: mix_pay_type === 'INSURANCE_ONLY' ? 'NONE' : 'CREATED',
    insurance: mix_pay_type === 'CASH_ONLY' ? 'NONE' : 'CREATED',
    ...(mix_pay_type !== 'INSURANCE_ONLY' && { cashOrder: cashOrderOf(fields, orders) }),
  }
}

/** @throws {Rejection} the prepay_id is of no order that waits for the cash part */
function cashOrderOf(
  { prepay_id = '', out_trade_no, sub_mchid, wechat_pay_cash_fee }: MedicalOrderFields,
  orders: Orders,
) {
  const order = orders.findByPrepay(prepay_id)
  const isOwn = order?.prepay_id === prepay_id && order.out_trade_no === out_trade_no && order.sub_mchid === sub_mchid
  if (!isOwn || order.trade_state !== 'NOTPAY') throw new Rejection('MEDICAL_PREPAY', out_trade_no)
  if (order.amount.total !== wechat_pay_cash_fee) throw new Rejection('MEDICAL_CASH', out_trade_no)
  return orderKey(order)
}
