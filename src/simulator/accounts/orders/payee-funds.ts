import { type Funds, feeOf } from '../funds.ts'
import { type Order, orderKey, payeeOf, type Sharing, settlementTotal } from './order.ts'
import type { OrderRecords } from './order-records.ts'

/** The money of paid orders in the accounts of their payees. */
export interface PayeeFunds {
  /**
   * Debits an order's payee: first the frozen or unsettled money, then the available.
   *
   * @param fromAvailable part of the amount that must come from the available money
   * @throws {Rejection} `REFUND_FUNDS`
   */
  debitPayee(order: Order, amount: number, fromAvailable?: number): void
  /** Returns an amount to an order's payee. */
  creditPayee(order: Order, amount: number): void
  updateSharing(key: string, sharing: Sharing): Order
}

/** Returns the amount that the payee gets: what is settled, without the fee. */
export const netAmount = (order: Order): number => settlementTotal(order) - feeOf(settlementTotal(order))

/** Returns the sharing of an order whose money is frozen. */
const unfinishedSharing = ({ sharing }: Order): Sharing | undefined => (sharing?.finished ? undefined : sharing)

export function createPayeeFunds(records: OrderRecords, funds: Funds): PayeeFunds {
  const updateSharing = (key: string, sharing: Sharing): Order => records.save({ ...records.require(key), sharing })
  return {
    updateSharing,
    debitPayee(order, amount, fromAvailable = 0) {
      const mchid = payeeOf(order)
      const { currency } = order.amount
      const sharing = unfinishedSharing(order)
      const pool = sharing ? 'frozen' : 'unsettled'
      const inPool = sharing ? sharing.frozen : funds.poolBalance(mchid, 'BASIC', pool, currency)
      const fromPool = Math.min(amount - fromAvailable, inPool)
      const rest = amount - fromPool
      funds.requireFunds(mchid, 'BASIC', 'available', rest, 'REFUND_FUNDS', currency)
      funds.move(mchid, 'BASIC', pool, -fromPool, currency)
      funds.move(mchid, 'BASIC', 'available', -rest, currency)
      if (sharing) updateSharing(orderKey(order), { ...sharing, frozen: sharing.frozen - fromPool })
    },
    creditPayee(order, amount) {
      const sharing = unfinishedSharing(order)
      funds.move(payeeOf(order), 'BASIC', sharing ? 'frozen' : 'available', amount, order.amount.currency)
      if (sharing) updateSharing(orderKey(order), { ...sharing, frozen: sharing.frozen + amount })
    },
  }
}
