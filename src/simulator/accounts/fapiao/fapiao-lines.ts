import { Rejection } from '../rejection.ts'
import { type FapiaoDraft, type FapiaoItem, taxOf } from './fapiao.ts'

/** Returns what a line adds to its invoice, in fen. The documents do not say which sign a discount (折扣行) has; it always reduces. */
export const lineTotal = ({ discount, total_amount }: FapiaoItem): number =>
  discount ? -Math.abs(total_amount) : total_amount

/** Returns the tax that an invoice contains, in fen. */
export const fapiaoTax = ({ items }: Pick<FapiaoDraft, 'items'>): number =>
  items.reduce((sum, item) => sum + taxOf({ ...item, total_amount: lineTotal(item) }), 0)

/**
 * Requires that each invoice is the sum of its lines, of which only a discount may reduce it.
 *
 * @throws {Rejection} `FAPIAO_LINES`
 */
export function requireSums(fapiaos: readonly FapiaoDraft[]): void {
  for (const { fapiao_id, items, total_amount } of fapiaos) {
    const negative = items.find(item => !item.discount && item.total_amount < 0)
    if (negative) throw new Rejection('FAPIAO_LINES', `${fapiao_id} has a line of ${negative.total_amount}`)
    const sum = items.reduce((total, item) => total + lineTotal(item), 0)
    if (sum !== total_amount) throw new Rejection('FAPIAO_LINES', `${fapiao_id}: ${total_amount}, its lines ${sum}`)
  }
}
