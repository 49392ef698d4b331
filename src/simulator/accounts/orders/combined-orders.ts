import type { AccountsContext } from '../context.ts'
import { newNumber, newOpenid, newPrepayId } from '../numbers.ts'
import { createRecords } from '../records.ts'
import { Rejection } from '../rejection.ts'
import { type Order, type OrderDraft, orderKey, type Payer, type TradeType } from './order.ts'
import type { Orders } from './orders.ts'
import { isPrepayExpired } from './place-order.ts'

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
  all(): Iterable<CombinedOrder>
  /** Returns the current state of its orders. */
  ordersOf(combined: CombinedOrder): readonly Order[]
  close(combine_out_trade_no: string): CombinedOrder
  pay(combine_out_trade_no: string): CombinedOrder
}

export function createCombinedOrders(context: AccountsContext<CombinedOrderPaid>, orders: Orders): CombinedOrders {
  const { state, now, emit } = context
  const records = createRecords(state.map<CombinedOrder>('combined-orders'), {
    keyOf: ({ combine_out_trade_no }) => combine_out_trade_no,
    numbersOf: ({ combine_transaction_id, prepay_id }) => [combine_transaction_id, prepay_id],
  })
  const requireCombinedOrder = (combine_out_trade_no: string): CombinedOrder => {
    const combined = records.find(combine_out_trade_no)
    if (!combined) throw new Rejection('ORDER_UNKNOWN', combine_out_trade_no)
    return combined
  }
  const isTaken = (number: string) => records.isTaken(number) || orders.findByPrepay(number) !== undefined
  const issuePrepayId = () => ({ prepay_id: newPrepayId(context, isTaken), prepayIssuedAt: now() })
  return {
    place({ sub_orders, ...draft }) {
      const existing = records.findRepeated(draft.combine_out_trade_no, draft.fingerprint, 'ORDER_NUMBER_USED')
      const keys = sub_orders.map(orderKey)
      const used = keys.find((key, at) => keys.indexOf(key) < at || (!existing && orders.find(key)))
      if (used !== undefined) throw new Rejection('ORDER_NUMBER_USED', used)
      for (const order of sub_orders) orders.place(order)
      if (!existing) return records.save({ ...draft, ...issuePrepayId(), sub_orders: keys })
      if (!isPrepayExpired(existing, now())) return existing
      records.forgetNumber(existing.prepay_id)
      return records.save({ ...existing, ...issuePrepayId() })
    },
    find: records.find,
    findByTransaction: records.findByNumber,
    findByPrepay: records.findByNumber,
    all: records.all,
    ordersOf: ({ sub_orders }) => sub_orders.map(key => orders.find(key)!),
    close(combine_out_trade_no) {
      const combined = requireCombinedOrder(combine_out_trade_no)
      for (const key of combined.sub_orders)
        if (orders.find(key)!.trade_state !== 'CLOSED') orders.close(key, combine_out_trade_no)
      return combined
    },
    pay(combine_out_trade_no) {
      const combined = requireCombinedOrder(combine_out_trade_no)
      if (isPrepayExpired(combined, now())) throw new Rejection('PREPAY_EXPIRED', combine_out_trade_no)
      const openid = combined.payer.openid ?? newOpenid(context)
      const paidOrders = combined.sub_orders.map(key => orders.pay(key, { combine_out_trade_no, openid }))
      const paid = records.save({
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
