import type { State } from '../../state/state.ts'
import { createMerchantNumbers } from '../merchant-numbers.ts'
import { orderKey } from '../orders/order.ts'
import { createRecords, type Records } from '../records.ts'
import { type Refund, refundKey } from './refund.ts'

/** The stored refunds. */
export interface RefundRecords extends Records<Refund> {
  /** Adds a new refund. */
  add(refund: Refund): void
  /**
   * Finds a refund by the merchant's number, without naming the merchant.
   *
   * @throws {Rejection} `REFUND_AMBIGUOUS`
   */
  findByMerchantNumber(out_refund_no: string): Refund | undefined
  /** Returns the refunds of an order, the oldest first. */
  ofOrder(orderKey: string): readonly Refund[]
}

export function createRefundRecords(state: State): RefundRecords {
  const stored = state.map<Refund>('refunds')
  const records = createRecords(stored, { keyOf: refundKey, numbersOf: ({ refund_id }) => [refund_id] })
  const merchantNumbers = createMerchantNumbers('REFUND_AMBIGUOUS')
  const keysByOrder = new Map<string, string[]>()
  const indexRefund = (refund: Refund): void => {
    const key = refundKey(refund)
    const order = orderKey(refund)
    merchantNumbers.add(refund.out_refund_no, key)
    keysByOrder.set(order, [...(keysByOrder.get(order) ?? []), key])
  }
  for (const refund of stored.values()) indexRefund(refund)
  return {
    ...records,
    add(refund) {
      records.save(refund)
      indexRefund(refund)
    },
    findByMerchantNumber(out_refund_no) {
      const key = merchantNumbers.findKey(out_refund_no)
      return key === undefined ? undefined : records.find(key)
    },
    ofOrder: order => (keysByOrder.get(order) ?? []).map(key => stored.get(key)!),
  }
}
