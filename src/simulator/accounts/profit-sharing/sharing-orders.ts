import { SECOND } from '../../../core/time.ts'
import { dateOf } from '../../clock/time.ts'
import type { AccountsContext } from '../context.ts'
import { fingerprintOf, refuseChangedRepetition } from '../fingerprint.ts'
import type { FundFlow, Funds } from '../funds.ts'
import { newNumber } from '../numbers.ts'
import { type Order, type Orders, orderKey, payeeOf } from '../orders/orders.ts'
import { Rejection } from '../rejection.ts'
import type { SharingEvent } from './events.ts'
import type { Receivers, ReceiverType } from './receivers.ts'

/** The part of an order that a receiver is to get. */
export interface Share {
  readonly type: ReceiverType
  readonly account: string
  readonly amount: number
  readonly description: string
  readonly name?: string | undefined
}

export interface SharingRequest {
  readonly transaction_id: string
  readonly out_order_no: string
  readonly sub_mchid?: string | undefined
}

export interface SharingDraft extends SharingRequest {
  readonly receivers: readonly Share[]
  /** Gives the rest to the payee and ends the sharing of the order. */
  readonly unfreeze_unsplit: boolean
}

export interface ShareOfOrder extends Omit<Share, 'name'> {
  readonly detail_id: string
  readonly result: 'PENDING' | 'SUCCESS'
}

/** One request to share an order, or to unfreeze the rest of it (分账单). */
export interface SharingOrder extends SharingRequest {
  readonly order_id: string
  readonly out_trade_no: string
  /** Merchant that shares. */
  readonly mchid: string
  readonly state: 'PROCESSING' | 'FINISHED'
  readonly receivers: readonly ShareOfOrder[]
  /** ms */
  readonly createdAt: number
  readonly finishedAt?: number
  readonly fingerprint: string
}

/** A sharing order by either of its numbers; WeChat Pay's comes first. */
export interface SharingNumber {
  readonly order_id?: string | undefined
  readonly out_order_no?: string | undefined
}

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
  all(): Iterable<SharingOrder>
  flows(): Iterable<FundFlow>
}

/** Highest ratio that may be shared, in parts of ten thousand: 30 %. */
export const MAX_RATIO = 3000
export const PROCESSING_TIME: number = 3 * SECOND
const MAX_SHARINGS = 50

/** @param usedNumbers numbers that sharing orders and returns have been given; they share one series */
export function createSharingOrders(
  context: AccountsContext<SharingEvent>,
  orders: Orders,
  funds: Funds,
  receivers: Receivers,
  usedNumbers: Set<string>,
): SharingOrders {
  const { state, scheduler, now, emit } = context
  const sharings = state.map<SharingOrder>('sharing-orders')
  /** The `out_order_no` by `order_id`. */
  const numbers = new Map<string, string>()
  const indexSharing = ({ order_id, out_order_no, receivers }: SharingOrder): void => {
    numbers.set(order_id, out_order_no)
    usedNumbers.add(order_id)
    for (const { detail_id } of receivers) usedNumbers.add(detail_id)
  }
  for (const sharing of sharings.values()) indexSharing(sharing)

  const finish = (sharing: SharingOrder): SharingOrder => {
    if (sharing.state === 'FINISHED') return sharing
    const arrived = sharing.receivers.map((share): ShareOfOrder => ({ ...share, result: 'SUCCESS' }))
    const finished: SharingOrder = { ...sharing, state: 'FINISHED', receivers: arrived, finishedAt: now() }
    sharings.set(finished.out_order_no, finished)
    const { mchid, sub_mchid, transaction_id, order_id, out_order_no } = finished
    const common = { mchid, sub_mchid, transaction_id, order_id, out_order_no, at: now() }
    for (const { type, account, amount, description } of arrived)
      if (type === 'MERCHANT_ID' && account !== mchid)
        emit({ type: 'share-received', share: { ...common, account, amount, description } })
    return finished
  }
  scheduler.on<{ out_order_no: string }>('sharing-order', ({ out_order_no }) => {
    finish(sharings.get(out_order_no)!)
  })
  scheduler.on<{ key: string }>('sharing-deadline', ({ key }) => {
    const order = orders.find(key)
    if (order?.sharing && !order.sharing.finished && order.revokedAt === undefined) unfreezeRest(order)
  })

  /** Gives the payee the frozen rest: like any other payment, it is settled on the day after it was paid. */
  const unfreezeRest = (order: Order): number => {
    const { frozen } = order.sharing!
    const mchid = payeeOf(order)
    funds.move(mchid, 'BASIC', 'frozen', -frozen)
    funds.move(mchid, 'BASIC', dateOf(order.paidAt!) === dateOf(now()) ? 'unsettled' : 'available', frozen)
    orders.updateSharing(orderKey(order), { ...order.sharing!, frozen: 0, finished: true })
    return frozen
  }
  const requireSharableOrder = ({ transaction_id, sub_mchid }: SharingRequest): Order => {
    const order = orders.findByTransaction(transaction_id)
    if (order?.paidAt === undefined || order.sub_mchid !== sub_mchid || order.revokedAt !== undefined)
      throw new Rejection('SHARING_ORDER_UNKNOWN', transaction_id)
    if (!order.sharing) throw new Rejection('SHARING_NOT_MARKED', transaction_id)
    return order
  }
  const requireAllowedShares = (order: Order, shares: readonly Share[]): void => {
    const { frozen, shared, times, finished } = order.sharing!
    if (finished) throw new Rejection('SHARING_FINISHED', order.out_trade_no)
    if (times >= MAX_SHARINGS) throw new Rejection('SHARING_TOO_MANY', order.out_trade_no)
    const others = shares.filter(share => !isPayee(share, order))
    for (const share of others) {
      const receiver = receivers.find(payeeOf(order), share)
      if (!receiver) throw new Rejection('SHARING_NO_RELATION', share.account)
      if (share.name && receiver.name && share.name !== receiver.name)
        throw new Rejection('SHARING_NAME', share.account)
    }
    if (shared + totalOf(others) > Math.floor((order.amount.total * MAX_RATIO) / 10_000))
      throw new Rejection('SHARING_RATIO', order.out_trade_no)
    if (totalOf(shares) > frozen) throw new Rejection('SHARING_TOO_MUCH', `${frozen} fen are frozen`)
  }
  /** Pays the shares out of the frozen money; the payee's own share becomes available. */
  const payShares = (order: Order, shares: readonly Share[]): void => {
    const mchid = payeeOf(order)
    const toPayee = totalOf(shares.filter(share => isPayee(share, order)))
    const toOthers = totalOf(shares) - toPayee
    funds.move(mchid, 'BASIC', 'frozen', -toPayee - toOthers)
    funds.move(mchid, 'BASIC', 'available', toPayee)
    for (const { type, account, amount } of shares)
      if (type === 'MERCHANT_ID' && account !== mchid) funds.move(account, 'BASIC', 'available', amount)
    const { frozen, shared, times, finished } = order.sharing!
    orders.updateSharing(orderKey(order), {
      frozen: frozen - toPayee - toOthers,
      shared: shared + toOthers,
      times: times + 1,
      finished,
    })
  }
  const findRepeatedSharing = (request: SharingRequest, fingerprint: string): SharingOrder | undefined => {
    const existing = sharings.get(request.out_order_no)
    refuseChangedRepetition(existing, fingerprint, 'SHARING_NUMBER_USED', request.out_order_no)
    return existing
  }
  const accept = (
    request: SharingRequest,
    order: Order,
    shares: readonly Share[],
    fingerprint: string,
  ): SharingOrder => {
    const isTaken = (number: string) => usedNumbers.has(number)
    const { transaction_id, out_order_no, sub_mchid } = request
    const sharing: SharingOrder = {
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
    }
    sharings.set(out_order_no, sharing)
    indexSharing(sharing)
    scheduler.schedule(now() + PROCESSING_TIME, 'sharing-order', { out_order_no })
    return sharing
  }
  const shareOfPayee = (order: Order, amount: number, description: string): Share => ({
    type: 'MERCHANT_ID',
    account: payeeOf(order),
    amount,
    description,
  })
  const requireSharing = ({ order_id, out_order_no }: SharingNumber): SharingOrder => {
    const sharing = sharings.get((order_id ? numbers.get(order_id) : out_order_no) ?? '')
    if (!sharing) throw new Rejection('SHARING_UNKNOWN', order_id ?? out_order_no)
    return sharing
  }

  return {
    share(draft) {
      const fingerprint = fingerprintOf(draft)
      const existing = findRepeatedSharing(draft, fingerprint)
      if (existing) return existing
      const order = requireSharableOrder(draft)
      requireAllowedShares(order, draft.receivers)
      payShares(order, draft.receivers)
      const rest = draft.unfreeze_unsplit ? unfreezeRest(orders.find(orderKey(order))!) : 0
      const shares = rest > 0 ? [...draft.receivers, shareOfPayee(order, rest, '解冻给分账方')] : draft.receivers
      return accept(draft, order, shares, fingerprint)
    },
    unfreeze(request) {
      const fingerprint = fingerprintOf(request)
      const existing = findRepeatedSharing(request, fingerprint)
      if (existing) return existing
      const order = requireSharableOrder(request)
      if (order.sharing!.finished) throw new Rejection('SHARING_FINISHED', order.out_trade_no)
      const rest = shareOfPayee(order, unfreezeRest(order), request.description)
      return accept(request, order, [rest], fingerprint)
    },
    query({ out_order_no, transaction_id, sub_mchid }) {
      const sharing = requireSharing({ out_order_no })
      if (sharing.transaction_id !== transaction_id || sharing.sub_mchid !== sub_mchid)
        throw new Rejection('SHARING_UNKNOWN', out_order_no)
      return finish(sharing)
    },
    requireFinished: number => finish(requireSharing(number)),
    find: out_order_no => sharings.get(out_order_no),
    all: () => sharings.values(),
    *flows() {
      for (const { mchid, out_order_no, createdAt, receivers } of sharings.values())
        for (const { type, account, amount, description, detail_id } of receivers) {
          if (type === 'MERCHANT_ID' && account === mchid) continue
          const common = {
            at: createdAt,
            number: detail_id,
            voucher: out_order_no,
            remark: description,
            account: 'BASIC',
            business: '分账',
          } as const
          yield { ...common, mchid, amount: -amount }
          if (type === 'MERCHANT_ID') yield { ...common, mchid: account, amount }
        }
    },
  }
}

export const totalOf = (list: readonly { readonly amount: number }[]): number =>
  list.reduce((sum, { amount }) => sum + amount, 0)

const isPayee = ({ type, account }: Share, order: Order): boolean =>
  type === 'MERCHANT_ID' && account === payeeOf(order)
