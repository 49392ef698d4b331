import type { AccountsContext } from '../context.ts'
import { fingerprintOf, refuseChangedRepetition } from '../fingerprint.ts'
import type { FundFlow, Funds } from '../funds.ts'
import { newNumber } from '../numbers.ts'
import { type Orders, orderKey } from '../orders/orders.ts'
import { Rejection } from '../rejection.ts'
import type { SharingEvent } from './events.ts'
import { PROCESSING_TIME, type SharingNumber, type SharingOrders, totalOf } from './sharing-orders.ts'

/** A receiver's request to return an amount. It names the sharing order by one of its numbers. */
export interface ReturnDraft extends SharingNumber {
  readonly sub_mchid?: string | undefined
  readonly out_return_no: string
  readonly return_mchid: string
  readonly amount: number
  readonly description: string
}

/** An amount that a receiver returns (分账回退). */
export interface SharingReturn extends ReturnDraft {
  readonly order_id: string
  readonly out_order_no: string
  readonly return_id: string
  /** Merchant that gets the amount back. */
  readonly mchid: string
  readonly result: 'PROCESSING' | 'SUCCESS' | 'FAILED'
  readonly fail_reason?: 'BALANCE_NOT_ENOUGH'
  /** ms */
  readonly createdAt: number
  readonly finishedAt?: number
  readonly fingerprint: string
}

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
  usedNumbers: Set<string>,
): SharingReturns {
  const { state, scheduler, now, emit } = context
  const returns = state.map<SharingReturn>('sharing-returns')
  /** Amounts that receivers have returned, by sharing order and receiver. */
  const returnedAmounts = new Map<string, number>()
  const receiverKey = (out_order_no: string, mchid: string): string => `${out_order_no}/${mchid}`
  const indexReturn = ({ return_id, out_order_no, return_mchid, result, amount }: SharingReturn): void => {
    usedNumbers.add(return_id)
    const key = receiverKey(out_order_no, return_mchid)
    if (result !== 'FAILED') returnedAmounts.set(key, (returnedAmounts.get(key) ?? 0) + amount)
  }
  for (const sharingReturn of returns.values()) indexReturn(sharingReturn)

  const finish = (sharingReturn: SharingReturn): SharingReturn => {
    if (sharingReturn.result !== 'PROCESSING') return sharingReturn
    const finished: SharingReturn = { ...sharingReturn, result: 'SUCCESS', finishedAt: now() }
    returns.set(finished.out_return_no, finished)
    const { sub_mchid, transaction_id } = sharings.find(finished.out_order_no)!
    const { mchid, return_id, out_return_no, return_mchid, amount, description } = finished
    emit({
      type: 'share-returned',
      share: {
        mchid,
        sub_mchid,
        transaction_id,
        order_id: return_id,
        out_order_no: out_return_no,
        account: return_mchid,
        amount,
        description,
        at: now(),
      },
    })
    return finished
  }
  scheduler.on<{ out_return_no: string }>('sharing-return', ({ out_return_no }) => {
    finish(returns.get(out_return_no)!)
  })

  return {
    apply(draft) {
      const fingerprint = fingerprintOf(draft)
      const { out_return_no, return_mchid, amount } = draft
      const existing = returns.get(out_return_no)
      refuseChangedRepetition(existing, fingerprint, 'RETURN_NUMBER_USED', out_return_no)
      if (existing) return existing
      const sharing = sharings.requireFinished(draft)
      const { mchid, order_id, out_order_no, receivers } = sharing
      const received = receivers.filter(({ type, account }) => type === 'MERCHANT_ID' && account === return_mchid)
      if (received.length === 0 || return_mchid === mchid) throw new Rejection('RETURN_RECEIVER', return_mchid)
      const left = totalOf(received) - (returnedAmounts.get(receiverKey(out_order_no, return_mchid)) ?? 0)
      if (amount > left) throw new Rejection('RETURN_TOO_MUCH', `${left} fen are left`)
      const isBalanceShort = funds.poolBalance(return_mchid, 'BASIC', 'available') < amount
      const accepted: SharingReturn = {
        ...draft,
        order_id,
        out_order_no,
        mchid,
        createdAt: now(),
        fingerprint,
        return_id: newNumber('order_id', context, number => usedNumbers.has(number)),
        ...(isBalanceShort
          ? { result: 'FAILED', fail_reason: 'BALANCE_NOT_ENOUGH', finishedAt: now() }
          : { result: 'PROCESSING' }),
      }
      returns.set(out_return_no, accepted)
      indexReturn(accepted)
      if (isBalanceShort) return accepted
      funds.move(return_mchid, 'BASIC', 'available', -amount)
      const key = orderKey(sharing)
      orders.creditPayee(orders.find(key)!, amount)
      const current = orders.find(key)!.sharing!
      orders.updateSharing(key, { ...current, shared: current.shared - amount })
      scheduler.schedule(now() + PROCESSING_TIME, 'sharing-return', { out_return_no })
      return accepted
    },
    query(out_return_no, sharing) {
      const sharingReturn = returns.get(out_return_no)
      const isOfSharing = sharing.order_id
        ? sharingReturn?.order_id === sharing.order_id
        : sharingReturn?.out_order_no === sharing.out_order_no
      if (!sharingReturn || !isOfSharing) throw new Rejection('RETURN_UNKNOWN', out_return_no)
      return finish(sharingReturn)
    },
    all: () => returns.values(),
    *flows() {
      for (const sharingReturn of returns.values()) {
        if (sharingReturn.result === 'FAILED') continue
        const { mchid, return_mchid, out_return_no, return_id, amount, createdAt, description } = sharingReturn
        const common = {
          at: createdAt,
          number: return_id,
          voucher: out_return_no,
          account: 'BASIC',
          business: '分账回退',
          remark: description,
        } as const
        yield { ...common, mchid: return_mchid, amount: -amount }
        yield { ...common, mchid, amount }
      }
    },
  }
}
