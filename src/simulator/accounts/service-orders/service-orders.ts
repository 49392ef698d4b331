import { DAY } from '../../../core/base/time.ts'
import type { AccountsContext } from '../context.ts'
import { newDigits, newNumber, newOpenid } from '../numbers.ts'
import { type Order, type OrderDraft, orderKey } from '../orders/order.ts'
import type { Orders } from '../orders/orders.ts'
import { createRecords } from '../records.ts'
import { Rejection } from '../rejection.ts'
import { requireStateAfter, stateAfter } from '../state-machine.ts'
import { SERVICE_ORDER_STATES, type ServiceOrderChange, type ServiceOrderState } from './service-order-states.ts'

/** A fee, or a discount, by its official fields. */
export interface PostItem {
  readonly name?: string
  readonly amount?: number
}

export interface ServiceOrderDraft {
  readonly out_order_no: string
  /** Merchant that signs: the merchant, or the service provider. */
  readonly mchid: string
  readonly sub_mchid?: string | undefined
  readonly appid: string
  readonly sub_appid?: string | undefined
  readonly service_id: string
  readonly service_introduction: string
  readonly risk_fund: { readonly name: string; readonly amount: number }
  readonly notify_url: string
  readonly openid?: string | undefined
  readonly sub_openid?: string | undefined
  /** Further fields of the request that responses repeat. */
  readonly repeated: Readonly<Record<string, unknown>>
  /** Whether the user has authorized the service, so that they need not confirm the order (免确认模式). */
  readonly isConfirmed: boolean
  /** Equal for requests that repeat each other. */
  readonly fingerprint: string
}

/** The fees of a service. */
export interface Fees {
  readonly total_amount: number
  readonly post_payments: readonly PostItem[]
  readonly post_discounts?: readonly PostItem[] | undefined
}

/** The end of a service, with its fees. */
export interface Completion extends Fees {
  /** Whether the money stays frozen for profit sharing. */
  readonly profit_sharing?: boolean | undefined
}

export interface ServiceOrder extends ServiceOrderDraft, Partial<Completion> {
  readonly order_id: string
  readonly package: string
  readonly state: ServiceOrderState
  /** ms */
  readonly createdAt: number
  readonly paidAt?: number
  /** Absent if the user paid in another way (`MCH`). */
  readonly transaction_id?: string
  readonly paid_type?: 'NEWTON' | 'MCH'
}

export type ServiceOrderEvent = {
  readonly type: 'service-order-confirmed' | 'service-order-paid'
  readonly order: ServiceOrder
}

/**
 * Service orders of WeChat Pay Score (微信支付分): created by the merchant, confirmed by the user, completed by the merchant,
 * then paid. WeChat Pay deducts the amount by itself (自动扣款), which here is {@link ServiceOrders.pay}: the deduction is an
 * order like any other. A service order that nobody confirms expires after 30 days.
 */
export interface ServiceOrders {
  /** Creates an order; repeats the first result for the same number with the same parameters. */
  create(draft: ServiceOrderDraft): ServiceOrder
  find(key: string): ServiceOrder | undefined
  /** @throws {Rejection} `SERVICE_ORDER_UNKNOWN` */
  require(key: string): ServiceOrder
  /** Confirms an order as the user. */
  confirm(key: string): ServiceOrder
  /** Ends the service; an order of 0 fen is done at once. */
  complete(key: string, completion: Completion): ServiceOrder
  /** Lowers the amount of a completed order that is not paid. */
  modify(key: string, fees: Fees): ServiceOrder
  /** Cancels an order that is not paid; repeats are accepted. */
  cancel(key: string): ServiceOrder
  /** Marks a completed order as paid in another way. */
  sync(key: string): ServiceOrder
  /** Deducts the amount of a completed order from the user. */
  pay(key: string): ServiceOrder
  all(): Iterable<ServiceOrder>
}

/** Returns the key of an order: several sub-merchants may use one number. */
export const serviceOrderKey = ({
  out_order_no,
  sub_mchid = '',
}: {
  out_order_no: string
  sub_mchid?: string | undefined
}) => `${sub_mchid}/${out_order_no}`

/** 先免模式: the deposit that the user need not pay is the most that the order can cost. */
const DEPOSITS: ReadonlySet<string> = new Set(['DEPOSIT', 'ADVANCE', 'CASH_DEPOSIT'])
const TIME_TO_CONFIRM = 30 * DAY
const DEDUCTION_NUMBER_LENGTH = 28

const sumOf = (items: readonly PostItem[] = []): number =>
  items.reduce((sum, { amount = 0 }) => sum + Number(amount), 0)

export function createServiceOrders(context: AccountsContext<ServiceOrderEvent>, orders: Orders): ServiceOrders {
  const { scheduler, now, emit, random } = context
  const records = createRecords(context.state.map<ServiceOrder>('service-orders'), {
    keyOf: serviceOrderKey,
    numbersOf: ({ order_id, transaction_id }) => [order_id, transaction_id],
  })
  const { save: saveOrder, isTaken } = records
  const requireOrder = (key: string): ServiceOrder => {
    const order = records.find(key)
    if (!order) throw new Rejection('SERVICE_ORDER_UNKNOWN', key)
    return order
  }
  const requireState = (key: string, isAllowed: (order: ServiceOrder) => boolean): ServiceOrder => {
    const order = requireOrder(key)
    if (!isAllowed(order)) throw new Rejection('SERVICE_ORDER_STATE', `${order.out_order_no} is ${order.state}`)
    return order
  }
  const admits =
    (event: ServiceOrderChange) =>
    ({ state }: ServiceOrder): boolean =>
      stateAfter(SERVICE_ORDER_STATES, state, event) !== undefined
  const isConfirmed = (order: ServiceOrder) => admits('complete')(order) && order.total_amount === undefined
  const isCompleted = (order: ServiceOrder) => admits('pay')(order) && order.total_amount !== undefined
  const requireSum = ({ total_amount, post_payments, post_discounts }: Fees): void => {
    if (sumOf(post_payments) - sumOf(post_discounts) !== total_amount)
      throw new Rejection('SERVICE_ORDER_TOTAL', String(total_amount))
  }
  /** Deducts the amount of a service order. @returns the deduction */
  const deduct = (order: ServiceOrder): Order => {
    const { sub_mchid } = order
    const isTaken = (out_trade_no: string): boolean => orders.find(orderKey({ out_trade_no, sub_mchid })) !== undefined
    const deduction = deductionOf(order, newDigits(DEDUCTION_NUMBER_LENGTH, context, isTaken))
    orders.placeDeduction(deduction)
    return orders.pay(orderKey(deduction))
  }
  const finish = (order: ServiceOrder, paid: Partial<ServiceOrder>): ServiceOrder => {
    const state = requireStateAfter(SERVICE_ORDER_STATES, order.state, 'pay')
    const done = saveOrder({ ...order, state, paidAt: now(), ...paid })
    emit({ type: 'service-order-paid', order: done })
    return done
  }
  scheduler.on<{ key: string }>('service-order-expiry', ({ key }) => {
    const order = requireOrder(key)
    const state = stateAfter(SERVICE_ORDER_STATES, order.state, 'expire')
    if (state) saveOrder({ ...order, state })
  })
  return {
    create(draft) {
      const key = serviceOrderKey(draft)
      const existing = records.findRepeated(key, draft.fingerprint, 'SERVICE_ORDER_NUMBER_USED')
      if (existing) return existing
      scheduler.schedule(now() + TIME_TO_CONFIRM, 'service-order-expiry', { key })
      return saveOrder({
        ...draft,
        order_id: newNumber('order_id', context, isTaken),
        package: `AAQTnZoAAAABAAAAAAD8m2b8${random.hex(32)}`,
        state: draft.isConfirmed ? 'DOING' : 'CREATED',
        createdAt: now(),
      })
    },
    find: records.find,
    require: requireOrder,
    confirm(key) {
      const order = requireState(key, admits('confirm'))
      const state = requireStateAfter(SERVICE_ORDER_STATES, order.state, 'confirm')
      const confirmed = saveOrder({ ...order, state, openid: order.openid ?? newOpenid(context) })
      emit({ type: 'service-order-confirmed', order: confirmed })
      return confirmed
    },
    complete(key, completion) {
      const order = requireState(key, isConfirmed)
      requireSum(completion)
      const { name, amount } = order.risk_fund
      if (DEPOSITS.has(name) && completion.total_amount > amount)
        throw new Rejection('SERVICE_ORDER_TOO_MUCH', String(completion.total_amount))
      const completed = saveOrder({ ...order, ...completion })
      if (completion.total_amount > 0) return completed
      return saveOrder({ ...completed, state: requireStateAfter(SERVICE_ORDER_STATES, completed.state, 'pay') })
    },
    modify(key, fees) {
      const order = requireState(key, isCompleted)
      requireSum(fees)
      if (fees.total_amount >= order.total_amount!)
        throw new Rejection('SERVICE_ORDER_TOO_MUCH', String(fees.total_amount))
      return saveOrder({ ...order, ...fees })
    },
    cancel(key) {
      const order = requireState(key, admits('cancel'))
      return saveOrder({ ...order, state: requireStateAfter(SERVICE_ORDER_STATES, order.state, 'cancel') })
    },
    sync: key => finish(requireState(key, isCompleted), { paid_type: 'MCH' }),
    pay(key) {
      const order = requireState(key, isCompleted)
      const { transaction_id, payer } = deduct(order)
      return finish(order, { paid_type: 'NEWTON', transaction_id, openid: payer.openid })
    },
    all: records.all,
  }
}

/**
 * Drafts the deduction of a service order. WeChat Pay chooses its number; the merchant finds its own in `attach`. The merchant
 * is notified of the service order, not of the deduction.
 *
 * @see https://github.com/wechatpay-apiv3/wechatpay-skills, wechatpay-payscore, 开发参数与业务规则, 对账
 */
const deductionOf = (order: ServiceOrder, out_trade_no: string): OrderDraft => ({
  api: 'v3',
  out_trade_no,
  trade_type: 'AUTH',
  appid: order.appid,
  mchid: order.mchid,
  sub_appid: order.sub_appid,
  sub_mchid: order.sub_mchid,
  description: order.service_introduction,
  attach: `wxzff|${order.order_id}|${order.out_order_no}`,
  amount: { total: order.total_amount!, currency: 'CNY' },
  payer: { openid: order.openid, sub_openid: order.sub_openid },
  profit_sharing: order.profit_sharing,
  fingerprint: order.order_id,
})
