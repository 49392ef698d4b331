import type { AccountsContext } from '../context.ts'
import { fingerprintOf } from '../fingerprint.ts'
import type { FundFlow, Funds } from '../funds.ts'
import { newNumber } from '../numbers.ts'
import { orderKey } from '../orders/order.ts'
import type { Orders } from '../orders/orders.ts'
import { Rejection } from '../rejection.ts'
import type { SharingEvent } from './events.ts'
import { flowsOfReturn } from './sharing-flows.ts'
import { type SharingNumber, type SharingOrder, totalOf } from './sharing-order.ts'
import { PROCESSING_TIME, type SharingOrders } from './sharing-orders.ts'
import type { ReturnDraft, SharingReturn } from './sharing-return.ts'
import type { SharingReturnRecords } from './sharing-return-records.ts'

export interface SharingReturns {
  /** Returns an amount; repeats the first result for the same number with the same parameters. */
  apply(draft: ReturnDraft): SharingReturn
  query(out_return_no: string, sharing: SharingNumber): SharingReturn
  all(): Iterable<SharingReturn>
  flows(): Iterable<FundFlow>
}

export function createSharingReturns(
  context: AccountsContext<SharingEvent>,
  orders: Orders,
  funds: Funds,
  sharings: SharingOrders,
  records: SharingReturnRecords,
): SharingReturns {
  const { scheduler, now, emit } = context
  const isTaken = (number: string): boolean => records.isTaken(number) || sharings.isTaken(number)
  const finishReturn = (sharingReturn: SharingReturn): SharingReturn => {
    if (sharingReturn.result !== 'PROCESSING') return sharingReturn
    const finished = records.save({ ...sharingReturn, result: 'SUCCESS', finishedAt: now() })
    const { sub_mchid, transaction_id } = sharings.find(finished.out_order_no)!
    emit({ type: 'share-returned', share: { ...sharedAmountOf(finished), sub_mchid, transaction_id, at: now() } })
    return finished
  }
  scheduler.on<{ out_return_no: string }>('sharing-return', ({ out_return_no }) => {
    finishReturn(records.find(out_return_no)!)
  })

  /** Gives an amount back to the payee of the shared order. */
  const moveBack = ({ return_mchid, amount }: SharingReturn, sharing: SharingOrder): void => {
    const key = orderKey(sharing)
    funds.move(return_mchid, 'BASIC', 'available', -amount)
    orders.creditPayee(orders.find(key)!, amount)
    const current = orders.find(key)!.sharing!
    orders.updateSharing(key, { ...current, shared: current.shared - amount })
  }

  return {
    apply(draft) {
      const fingerprint = fingerprintOf(draft)
      const { out_return_no, return_mchid, amount } = draft
      const existing = records.findRepeated(out_return_no, fingerprint, 'RETURN_NUMBER_USED')
      if (existing) return existing
      const sharing = sharings.requireFinished(draft)
      requireReturnable(draft, sharing, records)
      const isBalanceShort = funds.poolBalance(return_mchid, 'BASIC', 'available') < amount
      const accepted = records.add({
        ...draft,
        order_id: sharing.order_id,
        out_order_no: sharing.out_order_no,
        mchid: sharing.mchid,
        createdAt: now(),
        fingerprint,
        return_id: newNumber('order_id', context, isTaken),
        ...(isBalanceShort
          ? { result: 'FAILED', fail_reason: 'BALANCE_NOT_ENOUGH', finishedAt: now() }
          : { result: 'PROCESSING' }),
      })
      if (isBalanceShort) return accepted
      moveBack(accepted, sharing)
      scheduler.schedule(now() + PROCESSING_TIME, 'sharing-return', { out_return_no })
      return accepted
    },
    query(out_return_no, sharing) {
      const sharingReturn = records.find(out_return_no)
      const isOfSharing = sharing.order_id
        ? sharingReturn?.order_id === sharing.order_id
        : sharingReturn?.out_order_no === sharing.out_order_no
      if (!sharingReturn || !isOfSharing) throw new Rejection('RETURN_UNKNOWN', out_return_no)
      return finishReturn(sharingReturn)
    },
    all: records.all,
    *flows() {
      for (const sharingReturn of records.all()) yield* flowsOfReturn(sharingReturn)
    },
  }
}

/** @throws {Rejection} the merchant has received nothing of the sharing order, or less than it returns */
function requireReturnable(
  { return_mchid, amount }: ReturnDraft,
  { mchid, out_order_no, receivers }: SharingOrder,
  records: SharingReturnRecords,
): void {
  const received = receivers.filter(({ type, account }) => type === 'MERCHANT_ID' && account === return_mchid)
  if (received.length === 0 || return_mchid === mchid) throw new Rejection('RETURN_RECEIVER', return_mchid)
  const left = totalOf(received) - records.returnedAmount(out_order_no, return_mchid)
  if (amount > left) throw new Rejection('RETURN_TOO_MUCH', `${left} fen are left`)
}

const sharedAmountOf = ({ mchid, return_id, out_return_no, return_mchid, amount, description }: SharingReturn) => ({
  mchid,
  order_id: return_id,
  out_order_no: out_return_no,
  account: return_mchid,
  amount,
  description,
})
