import type { AccountsContext } from '../context.ts'
import { createMerchantNumbers } from '../merchant-numbers.ts'
import { createRecords, type Records } from '../records.ts'
import { Rejection, type RejectionReason } from '../rejection.ts'
import { stateAfter } from '../state-machine.ts'
import { type Order, orderKey, type TradeState } from './order.ts'
import { ORDER_STATES } from './order-states.ts'

/** The stored orders. Every reading closes the orders whose time is over: nothing is scheduled for that. */
export interface OrderRecords extends Omit<Records<Order>, 'findRepeated'> {
  /** @throws {Rejection} `ORDER_UNKNOWN` */
  require(key: string): Order
  /**
   * @param combine_out_trade_no the combined order that the call names, if it names one
   * @throws {Rejection} the order cannot be paid, or is part of another combined order
   */
  requirePayable(key: string, combine_out_trade_no?: string): Order
  /**
   * Finds an order by the merchant's number, without naming the merchant.
   *
   * @throws {Rejection} `ORDER_AMBIGUOUS`
   */
  findByMerchantNumber(out_trade_no: string): Order | undefined
}

/** Reason why an order in a state cannot be paid. */
const UNPAYABLE: Readonly<Partial<Record<TradeState, RejectionReason>>> = {
  SUCCESS: 'ORDER_PAID',
  REFUND: 'ORDER_PAID',
  CLOSED: 'ORDER_CLOSED',
  REVOKED: 'ORDER_REVOKED',
  PAYERROR: 'ORDER_FAILED',
}
export function createOrderRecords({ state, now }: Pick<AccountsContext, 'state' | 'now'>): OrderRecords {
  const records = createRecords(state.map<Order>('orders'), {
    keyOf: orderKey,
    numbersOf: ({ transaction_id, prepay_id }) => [transaction_id, prepay_id],
  })
  const merchantNumbers = createMerchantNumbers('ORDER_AMBIGUOUS')
  for (const order of records.all()) merchantNumbers.add(order.out_trade_no, orderKey(order))
  const save = (order: Order): Order => {
    merchantNumbers.add(order.out_trade_no, orderKey(order))
    return records.save(order)
  }
  const expire = (order: Order): Order => {
    const trade_state = now() >= order.expiresAt ? stateAfter(ORDER_STATES, order.trade_state, 'expire') : undefined
    return trade_state ? save({ ...order, trade_state }) : order
  }
  const expireFound = (order: Order | undefined): Order | undefined => order && expire(order)
  const find = (key: string): Order | undefined => expireFound(records.find(key))
  const require = (key: string): Order => {
    const order = find(key)
    if (!order) throw new Rejection('ORDER_UNKNOWN', key)
    return order
  }
  return {
    save,
    find,
    findByNumber: number => expireFound(records.findByNumber(number)),
    *all() {
      for (const order of records.all()) yield expire(order)
    },
    isTaken: records.isTaken,
    forgetNumber: records.forgetNumber,
    findByMerchantNumber(out_trade_no) {
      const key = merchantNumbers.findKey(out_trade_no)
      return key === undefined ? undefined : find(key)
    },
    require,
    requirePayable(key, combine_out_trade_no) {
      const order = require(key)
      const reason = UNPAYABLE[order.trade_state]
      if (reason) throw new Rejection(reason, key)
      if (order.combine_out_trade_no !== combine_out_trade_no)
        throw new Rejection('ORDER_COMBINED', order.combine_out_trade_no)
      return order
    },
  }
}
