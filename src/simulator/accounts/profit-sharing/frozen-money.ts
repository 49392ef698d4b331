import { dateOf } from '../../clock/time.ts'
import type { Funds } from '../funds.ts'
import { type Order, orderKey, payeeOf } from '../orders/order.ts'
import type { Orders } from '../orders/orders.ts'
import { isPayee, type Share, totalOf } from './sharing-order.ts'

/** Pays the shares out of an order's frozen money; the payee's own share becomes available. */
export function payShares(order: Order, shares: readonly Share[], orders: Orders, funds: Funds): void {
  const mchid = payeeOf(order)
  const toPayee = totalOf(shares.filter(share => isPayee(share, order)))
  const toOthers = totalOf(shares) - toPayee
  funds.move(mchid, 'BASIC', 'frozen', -toPayee - toOthers)
  funds.move(mchid, 'BASIC', 'available', toPayee)
  for (const { type, account, amount } of shares)
    if (type === 'MERCHANT_ID' && account !== mchid) funds.move(account, 'BASIC', 'available', amount)
  const { frozen, shared, times } = order.sharing!
  orders.updateSharing(orderKey(order), {
    ...order.sharing!,
    frozen: frozen - toPayee - toOthers,
    shared: shared + toOthers,
    times: times + 1,
  })
}

/**
 * Gives the payee the frozen rest: like any other payment, it is settled on the day after it was paid.
 *
 * @returns the rest, in fen
 */
export function unfreezeRest(order: Order, now: number, orders: Orders, funds: Funds): number {
  const { frozen } = order.sharing!
  const mchid = payeeOf(order)
  funds.move(mchid, 'BASIC', 'frozen', -frozen)
  funds.move(mchid, 'BASIC', dateOf(order.paidAt!) === dateOf(now) ? 'unsettled' : 'available', frozen)
  orders.updateSharing(orderKey(order), { ...order.sharing!, frozen: 0, finished: true })
  return frozen
}
