import { type Order, orderKey } from '../orders/order.ts'
import type { Orders } from '../orders/orders.ts'
import type { Refunds } from '../refunds/refunds.ts'
import { isReturned } from '../refunds/returned.ts'
import { type PlateName, plateKey } from './parking.ts'

/** The deductions of parking fees, and who owes those that WeChat Pay has advanced (垫资). */
export interface ParkingFees {
  /** Returns whether the user still owes a fee. One whose money the merchant has returned is owed no longer. */
  isOwed(order: Order): boolean
  /** Returns the keys of the orders that a user owes for a plate. Fees of the plate under another user are not among them. */
  owedBy(plate: PlateName, openid: string): string[]
  /** Returns the deduction that has taken the fee of a parking, or is about to; one that failed or was returned has not. */
  findTaken(parking_id: string): Order | undefined
}

export function createParkingFees(orders: Pick<Orders, 'all'>, refunds: Pick<Refunds, 'ofOrder'>): ParkingFees {
  const isOwed = (order: Order): boolean => order.user_repaid === 'N' && !isReturned(order, refunds)
  return {
    isOwed,
    owedBy: (plate, openid) =>
      [...orders.all()]
        .filter(({ parking, payer }) => parking && plateKey(parking) === plateKey(plate) && payer.openid === openid)
        .filter(isOwed)
        .map(orderKey),
    findTaken: parking_id =>
      [...orders.all()].find(
        order =>
          order.parking?.parking_id === parking_id &&
          (order.trade_state === 'ACCEPT' || order.paidAt !== undefined) &&
          !isReturned(order, refunds),
      ),
  }
}
