import { SECOND } from '../../../core/base/time.ts'
import type { AccountsContext } from '../context.ts'
import { fingerprintOf } from '../fingerprint.ts'
import type { FundFlow, Funds } from '../funds.ts'
import { newNumber } from '../numbers.ts'
import { type Order, orderKey, payeeOf } from '../orders/order.ts'
import type { Orders } from '../orders/orders.ts'
import { createRecords, type Records } from '../records.ts'
import { Rejection } from '../rejection.ts'
import type { SharingEvent } from './events.ts'
import { payShares, unfreezeRest } from './frozen-money.ts'
import type { Receivers } from './receivers.ts'
import { requireAllowedShares, requireSharableOrder } from './sharable-order.ts'
import { flowsOfSharing } from './sharing-flows.ts'
import type { Share, ShareOfOrder, SharingDraft, SharingNumber, SharingOrder, SharingRequest } from './sharing-order.ts'

export interface SharingOrders {
  /** Shares an order; repeats the first result for the same number with the same parameters. */
  share(draft: SharingDraft): SharingOrder
  /** Gives the payee the rest (完结分账). */
  unfreeze(request: SharingRequest & { readonly description: string }): SharingOrder
  query(request: SharingRequest): SharingOrder
  /**
   * Finds a sharing order and finishes it if it is still being processed.
   *
   * @throws {Rejection} `SHARING_UNKNOWN`
   */
  requireFinished(number: SharingNumber): SharingOrder
  find(out_order_no: string): SharingOrder | undefined
  /** Returns whether a sharing order, or one of its shares, has a number. */
  isTaken(number: string): boolean
  all(): Iterable<SharingOrder>
  flows(): Iterable<FundFlow>
}

export const PROCESSING_TIME: number = 3 * SECOND

/** @param isUsed whether a sharing return has a number: both share one series */
export function createSharingOrders(
  context: AccountsContext<SharingEvent>,
  orders: Orders,
  funds: Funds,
  receivers: Receivers,
  isUsed: (number: string) => boolean,
): SharingOrders {
  const { state, scheduler, now } = context
  const records = createRecords(state.map<SharingOrder>('sharing-orders'), {
    keyOf: ({ out_order_no }) => out_order_no,
    numbersOf: ({ order_id }) => [order_id],
    detailNumbersOf: sharing => sharing.receivers.map(({ detail_id }) => detail_id),
  })
  const isTaken = (number: string): boolean => records.isTaken(number) || isUsed(number)
  const finishSharing = createFinishing(context, records)
  scheduler.on<{ out_order_no: string }>('sharing-order', ({ out_order_no }) => {
    finishSharing(records.find(out_order_no)!)
  })
  scheduler.on<{ key: string }>('sharing-deadline', ({ key }) => {
    const order = orders.find(key)
    if (order?.sharing && !order.sharing.finished && order.revokedAt === undefined)
      unfreezeRest(order, now(), orders, funds)
  })

  const acceptSharing = (
    { transaction_id, out_order_no, sub_mchid }: SharingRequest,
    order: Order,
    shares: readonly Share[],
    fingerprint: string,
  ): SharingOrder => {
    scheduler.schedule(now() + PROCESSING_TIME, 'sharing-order', { out_order_no })
    return records.save({
      transaction_id,
      out_order_no,
      sub_mchid,
      order_id: newNumber('order_id', context, isTaken),
      out_trade_no: order.out_trade_no,
      mchid: payeeOf(order),
      state: 'PROCESSING',
      receivers: shares.map(({ type, account, amount, description }) => ({
        type,
        account,
        amount,
        description,
        result: 'PENDING',
        detail_id: newNumber('detail_id', context, isTaken),
      })),
      createdAt: now(),
      fingerprint,
    })
  }
  const requireSharing = ({ order_id, out_order_no = '' }: SharingNumber): SharingOrder => {
    const sharing = order_id ? records.findByNumber(order_id) : records.find(out_order_no)
    if (!sharing) throw new Rejection('SHARING_UNKNOWN', order_id ?? out_order_no)
    return sharing
  }

  return {
    share(draft) {
      const fingerprint = fingerprintOf(draft)
      const existing = records.findRepeated(draft.out_order_no, fingerprint, 'SHARING_NUMBER_USED')
      if (existing) return existing
      const order = requireSharableOrder(draft, orders)
      requireAllowedShares(order, draft.receivers, receivers, draft.platform)
      payShares(order, draft.receivers, orders, funds)
      const rest = draft.unfreeze_unsplit ? unfreezeRest(orders.find(orderKey(order))!, now(), orders, funds) : 0
      const shares = rest > 0 ? [...draft.receivers, shareOfPayee(order, rest, '解冻给分账方')] : draft.receivers
      return acceptSharing(draft, order, shares, fingerprint)
    },
    unfreeze(request) {
      const fingerprint = fingerprintOf(request)
      const existing = records.findRepeated(request.out_order_no, fingerprint, 'SHARING_NUMBER_USED')
      if (existing) return existing
      const order = requireSharableOrder(request, orders)
      if (order.sharing!.finished) throw new Rejection('SHARING_FINISHED', order.out_trade_no)
      const rest = shareOfPayee(order, unfreezeRest(order, now(), orders, funds), request.description)
      return acceptSharing(request, order, [rest], fingerprint)
    },
    query({ out_order_no, transaction_id, sub_mchid }) {
      const sharing = requireSharing({ out_order_no })
      if (sharing.transaction_id !== transaction_id || sharing.sub_mchid !== sub_mchid)
        throw new Rejection('SHARING_UNKNOWN', out_order_no)
      return finishSharing(sharing)
    },
    requireFinished: number => finishSharing(requireSharing(number)),
    find: records.find,
    isTaken: records.isTaken,
    all: records.all,
    *flows() {
      for (const sharing of records.all()) yield* flowsOfSharing(sharing)
    },
  }
}

/** Creates the function that finishes a sharing order: its shares have arrived, and their receivers are notified. */
function createFinishing({ now, emit }: AccountsContext<SharingEvent>, records: Records<SharingOrder>) {
  return (sharing: SharingOrder): SharingOrder => {
    if (sharing.state === 'FINISHED') return sharing
    const arrived = sharing.receivers.map((share): ShareOfOrder => ({ ...share, result: 'SUCCESS' }))
    const finished = records.save({ ...sharing, state: 'FINISHED', receivers: arrived, finishedAt: now() })
    const { mchid, sub_mchid, transaction_id, order_id, out_order_no } = finished
    const common = { mchid, sub_mchid, transaction_id, order_id, out_order_no, at: now() }
    for (const { type, account, amount, description } of arrived)
      if (type === 'MERCHANT_ID' && account !== mchid)
        emit({ type: 'share-received', share: { ...common, account, amount, description } })
    return finished
  }
}

const shareOfPayee = (order: Order, amount: number, description: string): Share => ({
  type: 'MERCHANT_ID',
  account: payeeOf(order),
  amount,
  description,
})
