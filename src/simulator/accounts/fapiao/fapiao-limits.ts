import { orderKey } from '../orders/order.ts'
import type { Orders } from '../orders/orders.ts'
import { Rejection } from '../rejection.ts'
import type { FapiaoApplicationDraft, FapiaoDraft } from './fapiao.ts'
import { type FapiaoTitles, findPaidOrder } from './fapiao-titles.ts'

/**
 * Requires the transactions that invoices are for, which pay for them. Documented: the transactions must exist, and belong to the merchant, or
 * to the sub-merchant. That the invoices must not exceed them is the simulator's own rule.
 *
 * @throws {Rejection} `FAPIAO_ORDER`, `FAPIAO_TOO_MUCH`
 */
export function requireTransactions(
  draft: FapiaoApplicationDraft,
  fapiaos: readonly FapiaoDraft[],
  orders: Orders,
): void {
  const { scene, fapiao_apply_id, transactions, sub_mchid } = draft
  const named = transactions ?? (scene === 'WITH_WECHATPAY' ? [fapiao_apply_id] : [])
  const paid = named.map(transaction_id => {
    const order = findPaidOrder(transaction_id, sub_mchid, orders)
    if (!order) throw new Rejection('FAPIAO_ORDER', transaction_id)
    return [orderKey(order), order.amount.total] as const
  })
  // A transaction that is named twice has paid once.
  const totals = [...new Map(paid).values()]
  if (totals.length > 0)
    requireAtMost(
      totals.reduce((sum, total) => sum + total, 0),
      fapiaos,
    )
}

/**
 * Requires the link for the title that invoices without WeChat Pay need. Documented: it is asked for first, with the total of the invoices.
 *
 * @throws {Rejection} `FAPIAO_NOT_REQUESTED`, `FAPIAO_TOO_MUCH`
 */
export function requireRequested(
  draft: FapiaoApplicationDraft,
  fapiaos: readonly FapiaoDraft[],
  titles: Pick<FapiaoTitles, 'find'>,
): void {
  if (draft.scene !== 'WITHOUT_WECHATPAY') return
  const title = titles.find(draft)
  if (!title) throw new Rejection('FAPIAO_NOT_REQUESTED', draft.fapiao_apply_id)
  if (title.total_amount !== undefined) requireAtMost(title.total_amount, fapiaos)
}

function requireAtMost(max: number, fapiaos: readonly FapiaoDraft[]): void {
  const total = fapiaos.reduce((sum, { total_amount }) => sum + total_amount, 0)
  if (total > max) throw new Rejection('FAPIAO_TOO_MUCH', `${total} of ${max}`)
}
