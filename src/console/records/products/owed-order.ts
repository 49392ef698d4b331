import { type Order, orderKey } from '../../../simulator/accounts/orders/order.ts'
import { type Plate, type PlateName, plateKey } from '../../../simulator/accounts/parking/parking.ts'

/**
 * Returns an order whose repayment helps to make a plate available again: one that the user owes who has opened it. Others may owe fees for
 * the same plate, from before it was theirs.
 */
export function owedOrderOf(name: PlateName, plates: readonly Plate[], orders: readonly Order[]): Order | undefined {
  const plate = plates.find(opened => plateKey(opened) === plateKey(name))
  return orders.find(order => plate?.owed.includes(orderKey(order)))
}
