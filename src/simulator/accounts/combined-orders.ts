import type { AccountsContext } from './context.ts'
import { requireRepetition } from './fingerprint.ts'
import { newNumber, newOpenid, newPrepayId } from './numbers.ts'
import {
  type Order,
  type OrderDraft,
  type Orders,
  orderKey,
  type Payer,
  PREPAY_LIFETIME,
  type TradeType,
} from './orders.ts'
import { Rejection } from './rejection.ts'

/** 合单: several orders, of one or several merchants, which the shopper pays at once. */
export interface CombinedOrderDraft {
  readonly combine_out_trade_no: string
  readonly combine_appid: string
  readonly combine_mchid: string
  readonly trade_type: TradeType
  readonly notify_url?: string | undefined
  readonly payer: Payer
  readonly device_id?: string | undefined
  readonly sub_orders: readonly OrderDraft[]
  /** Two requests with one number must be equal in it. */
  readonly fingerprint: string
}

export interface CombinedOrder extends Omit<CombinedOrderDraft, 'sub_orders'> {
  /** The keys of its orders, in their order. */
  readonly sub_orders: readonly string[]
  readonly prepay_id: string
  /** When the prepay_id was given out, ms. */
  readonly prepaid: number
  /** From here on only when paid. */
  readonly combine_transaction_id?: string
  readonly paid?: number
}

export interface CombinedOrderPaid {
  readonly type: 'combined-order-paid'
  readonly combined: CombinedOrder
  readonly orders: readonly Order[]
}

export interface CombinedOrders {
  /** The same number with the same parameters again is the same order. */
  place(draft: CombinedOrderDraft): CombinedOrder
  find(combine_out_trade_no: string): CombinedOrder | undefined
  findByTransaction(combine_transaction_id: string): CombinedOrder | undefined
  findByPrepay(prepay_id: string): CombinedOrder | undefined
  /** Its orders, as they are now. */
  ordersOf(combined: CombinedOrder): readonly Order[]
  close(combine_out_trade_no: string): CombinedOrder
  pay(combine_out_trade_no: string): CombinedOrder
}

export function createCombinedOrders(context: AccountsContext<CombinedOrderPaid>, orders: Orders): CombinedOrders {
  const { state, now, emit } = context
  const combined = state.map<CombinedOrder>('combined orders')
  /** By combine_transaction_id and by prepay_id. */
  const index = new Map<string, string>()
  const indexCombined = ({ combine_out_trade_no, combine_transaction_id, prepay_id }: CombinedOrder): void => {
    index.set(prepay_id, combine_out_trade_no)
    if (combine_transaction_id) index.set(combine_transaction_id, combine_out_trade_no)
  }
  for (const one of combined.values()) indexCombined(one)
  const saveCombined = (one: CombinedOrder): CombinedOrder => {
    combined.set(one.combine_out_trade_no, one)
    indexCombined(one)
    return one
  }
  const requireCombined = (combine_out_trade_no: string): CombinedOrder => {
    const found = combined.get(combine_out_trade_no)
    if (!found) throw new Rejection('ORDER_UNKNOWN', combine_out_trade_no)
    return found
  }
  const isTaken = (number: string) => index.has(number) || orders.findByPrepay(number) !== undefined
  const issuePrepayId = () => ({ prepay_id: newPrepayId(context, isTaken), prepaid: now() })
  const findByIndexedNumber = (number: string): CombinedOrder | undefined => combined.get(index.get(number) ?? '')
  return {
    place({ sub_orders, ...draft }) {
      const before = combined.get(draft.combine_out_trade_no)
      requireRepetition(before, draft.fingerprint, 'ORDER_NUMBER_USED', draft.combine_out_trade_no)
      const keys = sub_orders.map(orderKey)
      const used = keys.find((key, at) => keys.indexOf(key) < at || (!before && orders.find(key)))
      if (used !== undefined) throw new Rejection('ORDER_NUMBER_USED', used)
      for (const order of sub_orders) orders.place(order)
      if (!before) return saveCombined({ ...draft, ...issuePrepayId(), sub_orders: keys })
      if (now() < before.prepaid + PREPAY_LIFETIME) return before
      index.delete(before.prepay_id)
      return saveCombined({ ...before, ...issuePrepayId() })
    },
    find: combine_out_trade_no => combined.get(combine_out_trade_no),
    findByTransaction: findByIndexedNumber,
    findByPrepay: findByIndexedNumber,
    ordersOf: ({ sub_orders }) => sub_orders.map(key => orders.find(key)!),
    close(combine_out_trade_no) {
      const one = requireCombined(combine_out_trade_no)
      for (const key of one.sub_orders)
        if (orders.find(key)!.trade_state !== 'CLOSED') orders.close(key, combine_out_trade_no)
      return one
    },
    pay(combine_out_trade_no) {
      const one = requireCombined(combine_out_trade_no)
      if (now() >= one.prepaid + PREPAY_LIFETIME) throw new Rejection('PREPAY_EXPIRED', combine_out_trade_no)
      const openid = one.payer.openid ?? newOpenid(context)
      const paid = one.sub_orders.map(key => orders.pay(key, { combine_out_trade_no, openid }))
      const combine_transaction_id = newNumber('transaction_id', context, isTaken)
      const kept = saveCombined({ ...one, payer: { ...one.payer, openid }, combine_transaction_id, paid: now() })
      emit({ type: 'combined-order-paid', combined: kept, orders: paid })
      return kept
    },
  }
}
