import type { AccountsContext } from '../context.ts'
import { refuseChangedRepetition } from '../fingerprint.ts'
import { newNumber, newOpenid, newPrepayId } from '../numbers.ts'
import { Rejection } from '../rejection.ts'
import {
  type Order,
  type OrderDraft,
  type Orders,
  orderKey,
  type Payer,
  PREPAY_LIFETIME,
  type TradeType,
} from './orders.ts'

/** A combined order (合单): several orders, of one or more merchants, that the shopper pays at once. */
export interface CombinedOrderDraft {
  readonly combine_out_trade_no: string
  readonly combine_appid: string
  readonly combine_mchid: string
  readonly trade_type: TradeType
  readonly notify_url?: string | undefined
  readonly payer: Payer
  readonly device_id?: string | undefined
  readonly sub_orders: readonly OrderDraft[]
  /** Equal for requests that repeat each other. */
  readonly fingerprint: string
}

export interface CombinedOrder extends Omit<CombinedOrderDraft, 'sub_orders'> {
  /** Keys of its orders. */
  readonly sub_orders: readonly string[]
  readonly prepay_id: string
  /** Time at which the prepay_id was issued, ms. */
  readonly prepayIssuedAt: number
  /** Set once paid. */
  readonly combine_transaction_id?: string
  /** ms */
  readonly paidAt?: number
}

export interface CombinedOrderPaid {
  readonly type: 'combined-order-paid'
  readonly combined: CombinedOrder
  readonly orders: readonly Order[]
}

export interface CombinedOrders {
  /** Places a combined order and its orders; repeats the first result for the same number with the same parameters. */
  place(draft: CombinedOrderDraft): CombinedOrder
  find(combine_out_trade_no: string): CombinedOrder | undefined
  findByTransaction(combine_transaction_id: string): CombinedOrder | undefined
  findByPrepay(prepay_id: string): CombinedOrder | undefined
  /** Returns the current state of its orders. */
  ordersOf(combined: CombinedOrder): readonly Order[]
  close(combine_out_trade_no: string): CombinedOrder
  pay(combine_out_trade_no: string): CombinedOrder
}

export function createCombinedOrders(context: AccountsContext<CombinedOrderPaid>, orders: Orders): CombinedOrders {
  const { state, now, emit } = context
  const combinedOrders = state.map<CombinedOrder>('combined-orders')
  /** The `combine_out_trade_no` by combine_transaction_id and by prepay_id. */
  const numbers = new Map<string, string>()
  const indexCombinedOrder = ({ combine_out_trade_no, combine_transaction_id, prepay_id }: CombinedOrder): void => {
    numbers.set(prepay_id, combine_out_trade_no)
    if (combine_transaction_id) numbers.set(combine_transaction_id, combine_out_trade_no)
  }
  for (const combined of combinedOrders.values()) indexCombinedOrder(combined)
  const saveCombinedOrder = (combined: CombinedOrder): CombinedOrder => {
    combinedOrders.set(combined.combine_out_trade_no, combined)
    indexCombinedOrder(combined)
    return combined
  }
  const requireCombinedOrder = (combine_out_trade_no: string): CombinedOrder => {
    const combined = combinedOrders.get(combine_out_trade_no)
    if (!combined) throw new Rejection('ORDER_UNKNOWN', combine_out_trade_no)
    return combined
  }
  const isTaken = (number: string) => numbers.has(number) || orders.findByPrepay(number) !== undefined
  const issuePrepayId = () => ({ prepay_id: newPrepayId(context, isTaken), prepayIssuedAt: now() })
  const findByIndexedNumber = (number: string): CombinedOrder | undefined =>
    combinedOrders.get(numbers.get(number) ?? '')
  return {
    place({ sub_orders, ...draft }) {
      const existing = combinedOrders.get(draft.combine_out_trade_no)
      refuseChangedRepetition(existing, draft.fingerprint, 'ORDER_NUMBER_USED', draft.combine_out_trade_no)
      const keys = sub_orders.map(orderKey)
      const used = keys.find((key, at) => keys.indexOf(key) < at || (!existing && orders.find(key)))
      if (used !== undefined) throw new Rejection('ORDER_NUMBER_USED', used)
      for (const order of sub_orders) orders.place(order)
      if (!existing) return saveCombinedOrder({ ...draft, ...issuePrepayId(), sub_orders: keys })
      if (now() < existing.prepayIssuedAt + PREPAY_LIFETIME) return existing
      numbers.delete(existing.prepay_id)
      return saveCombinedOrder({ ...existing, ...issuePrepayId() })
    },
    find: combine_out_trade_no => combinedOrders.get(combine_out_trade_no),
    findByTransaction: findByIndexedNumber,
    findByPrepay: findByIndexedNumber,
    ordersOf: ({ sub_orders }) => sub_orders.map(key => orders.find(key)!),
    close(combine_out_trade_no) {
      const combined = requireCombinedOrder(combine_out_trade_no)
      for (const key of combined.sub_orders)
        if (orders.find(key)!.trade_state !== 'CLOSED') orders.close(key, combine_out_trade_no)
      return combined
    },
    pay(combine_out_trade_no) {
      const combined = requireCombinedOrder(combine_out_trade_no)
      if (now() >= combined.prepayIssuedAt + PREPAY_LIFETIME)
        throw new Rejection('PREPAY_EXPIRED', combine_out_trade_no)
      const openid = combined.payer.openid ?? newOpenid(context)
      const paidOrders = combined.sub_orders.map(key => orders.pay(key, { combine_out_trade_no, openid }))
      const paid = saveCombinedOrder({
        ...combined,
        payer: { ...combined.payer, openid },
        combine_transaction_id: newNumber('transaction_id', context, isTaken),
        paidAt: now(),
      })
      emit({ type: 'combined-order-paid', combined: paid, orders: paidOrders })
      return paid
    },
  }
}
