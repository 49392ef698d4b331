import { day, SECOND } from '../clock/time.ts'
import type { Flow } from '../ledger/flow.ts'
import type { Ground } from './context.ts'
import { fingerprint } from './fingerprint.ts'
import type { Funds } from './funds.ts'
import { newNumber } from './numbers.ts'
import { type Order, type Orders, orderKey, payee } from './orders.ts'
import { Rejection } from './rejection.ts'

export type ReceiverType = 'MERCHANT_ID' | 'PERSONAL_OPENID' | 'PERSONAL_SUB_OPENID'

/** 分账接收方. */
export interface Receiver {
  readonly type: ReceiverType
  readonly account: string
  /** Opened. */
  readonly name?: string | undefined
  readonly relation_type?: string | undefined
  readonly custom_relation?: string | undefined
}

/** What a receiver is to get. */
export interface Share {
  readonly type: ReceiverType
  readonly account: string
  readonly amount: number
  readonly description: string
  readonly name?: string | undefined
}

interface SharingRequest {
  readonly transaction_id: string
  readonly out_order_no: string
  readonly sub_mchid?: string | undefined
}

export interface SharingDraft extends SharingRequest {
  readonly receivers: readonly Share[]
  /** The rest goes to the payee, and the order is not shared again. */
  readonly unfreeze_unsplit: boolean
}

export interface ShareOfOrder extends Omit<Share, 'name'> {
  readonly detail_id: string
  readonly result: 'PENDING' | 'SUCCESS'
}

/** 分账单: one request to share an order, or to unfreeze what is left of it. */
export interface SharingOrder extends SharingRequest {
  readonly order_id: string
  readonly out_trade_no: string
  /** The merchant that shares. */
  readonly mchid: string
  readonly state: 'PROCESSING' | 'FINISHED'
  readonly receivers: readonly ShareOfOrder[]
  /** ms */
  readonly created: number
  readonly finished?: number
  readonly fingerprint: string
}

export interface ReturnDraft {
  /** One of these two. */
  readonly order_id?: string | undefined
  readonly out_order_no?: string | undefined
  readonly sub_mchid?: string | undefined
  readonly out_return_no: string
  readonly return_mchid: string
  readonly amount: number
  readonly description: string
}

/** 分账回退: a receiver gives back what he got. */
export interface SharingReturn extends ReturnDraft {
  readonly order_id: string
  readonly out_order_no: string
  readonly return_id: string
  /** Who gets it back. */
  readonly mchid: string
  readonly result: 'PROCESSING' | 'SUCCESS' | 'FAILED'
  readonly fail_reason?: 'BALANCE_NOT_ENOUGH'
  /** ms */
  readonly created: number
  readonly finished?: number
  readonly fingerprint: string
}

/** A sum that a merchant has received of a sharing (分账), or returned of it (分账回退). */
export interface SharedAmount {
  /** The merchant that shares. */
  readonly mchid: string
  readonly sub_mchid?: string | undefined
  readonly transaction_id: string
  /** 微信分账/回退单号 */
  readonly order_id: string
  /** 商户分账/回退单号 */
  readonly out_order_no: string
  /** The merchant that receives or returns it. */
  readonly account: string
  readonly amount: number
  readonly description: string
  /** ms */
  readonly at: number
}

/**
 * 分账. What is shared leaves the payee when it is accepted; that it has arrived shows some seconds later, or when it is
 * first queried, if that is sooner.
 */
export interface ProfitSharing {
  /** @param mchid who shares */
  addReceiver(mchid: string, receiver: Receiver): Receiver
  removeReceiver(mchid: string, receiver: Pick<Receiver, 'type' | 'account'>): void
  /** The same number with the same parameters again is the same sharing. */
  share(draft: SharingDraft): SharingOrder
  /** Gives the payee what is left (完结分账). */
  unfreeze(request: SharingRequest & { readonly description: string }): SharingOrder
  query(request: SharingRequest): SharingOrder
  /** The same number with the same parameters again is the same return. */
  return(draft: ReturnDraft): SharingReturn
  queryReturn(
    out_return_no: string,
    of: { order_id?: string | undefined; out_order_no?: string | undefined },
  ): SharingReturn
  /** 待分账金额. */
  unsplit(transaction_id: string): number
  orders(): Iterable<SharingOrder>
  returns(): Iterable<SharingReturn>
  flows(): Iterable<Flow>
}

/** Parts of ten thousand: 30 %. */
export const MAX_RATIO = 3000
const PROCESSING_TIME = 3 * SECOND
const MOST_TIMES = 50

export function createProfitSharing(ground: Ground, orders: Orders, funds: Funds): ProfitSharing {
  const { state, agenda, now, tell } = ground
  const receivers = state.map<Receiver>('profit sharing receivers')
  const sharings = state.map<SharingOrder>('profit sharing')
  const returns = state.map<SharingReturn>('profit sharing returns')
  /** By order_id, detail_id and return_id. */
  const numbers = new Map<string, string>()
  const index = ({ order_id, out_order_no, receivers }: SharingOrder): void => {
    for (const number of [order_id, ...receivers.map(({ detail_id }) => detail_id)]) numbers.set(number, out_order_no)
  }
  for (const sharing of sharings.values()) index(sharing)
  /** What a receiver has returned of a sharing. */
  const returned = new Map<string, number>()
  const indexReturn = ({
    return_id,
    out_return_no,
    out_order_no,
    return_mchid,
    result,
    amount,
  }: SharingReturn): void => {
    numbers.set(return_id, out_return_no)
    const key = `${out_order_no}/${return_mchid}`
    if (result !== 'FAILED') returned.set(key, (returned.get(key) ?? 0) + amount)
  }
  for (const one of returns.values()) indexReturn(one)
  const receiverKey = (mchid: string, { type, account }: Pick<Receiver, 'type' | 'account'>) =>
    `${mchid}/${type}/${account}`

  const finish = (sharing: SharingOrder): SharingOrder => {
    if (sharing.state === 'FINISHED') return sharing
    const arrived = sharing.receivers.map((share): ShareOfOrder => ({ ...share, result: 'SUCCESS' }))
    const finished: SharingOrder = { ...sharing, state: 'FINISHED', receivers: arrived, finished: now() }
    sharings.set(finished.out_order_no, finished)
    const { mchid, sub_mchid, transaction_id, order_id, out_order_no } = finished
    for (const { type, account, amount, description } of arrived) {
      if (type !== 'MERCHANT_ID' || account === mchid) continue
      const numbers = { mchid, sub_mchid, transaction_id, order_id, out_order_no }
      tell({ what: 'share received', share: { ...numbers, account, amount, description, at: now() } })
    }
    return finished
  }
  const finishReturn = (one: SharingReturn): SharingReturn => {
    if (one.result !== 'PROCESSING') return one
    const finished: SharingReturn = { ...one, result: 'SUCCESS', finished: now() }
    returns.set(finished.out_return_no, finished)
    const { mchid, return_id: order_id, out_return_no: out_order_no, return_mchid: account } = finished
    const { sub_mchid, transaction_id } = sharings.get(finished.out_order_no)!
    const { amount, description } = finished
    const numbers = { mchid, sub_mchid, transaction_id, order_id, out_order_no }
    tell({ what: 'share returned', share: { ...numbers, account, amount, description, at: now() } })
    return finished
  }
  agenda.on<{ out_order_no: string }>('profit sharing', ({ out_order_no }) => {
    finish(sharings.get(out_order_no)!)
  })
  agenda.on<{ out_return_no: string }>('profit sharing return', ({ out_return_no }) => {
    finishReturn(returns.get(out_return_no)!)
  })
  agenda.on<{ key: string }>('profit sharing over', ({ key }) => {
    const order = orders.find(key)
    if (order?.sharing && !order.sharing.finished && order.revoked === undefined) thaw(order)
  })
  /** What is frozen becomes the payee's like any other payment: settled on the day after it was paid. */
  const thaw = (order: Order): number => {
    const { frozen } = order.sharing!
    const mchid = payee(order)
    funds.move(mchid, 'BASIC', 'frozen', -frozen)
    funds.move(mchid, 'BASIC', day(order.paid!) === day(now()) ? 'unsettled' : 'available', frozen)
    orders.share(orderKey(order), { ...order.sharing!, frozen: 0, finished: true })
    return frozen
  }
  const sharable = ({ transaction_id, sub_mchid }: SharingRequest): Order => {
    const order = orders.findByTransaction(transaction_id)
    if (order?.paid === undefined || order.sub_mchid !== sub_mchid || order.revoked !== undefined)
      throw new Rejection('SHARING_ORDER_UNKNOWN', transaction_id)
    if (!order.sharing) throw new Rejection('SHARING_NOT_MARKED', transaction_id)
    return order
  }
  const admit = (order: Order, shares: readonly Share[]): void => {
    const { frozen, shared, times, finished } = order.sharing!
    if (finished) throw new Rejection('SHARING_FINISHED', order.out_trade_no)
    if (times >= MOST_TIMES) throw new Rejection('SHARING_TOO_MANY', order.out_trade_no)
    const others = shares.filter(share => !isPayee(share, order))
    for (const share of others) {
      const receiver = receivers.get(receiverKey(payee(order), share))
      if (!receiver) throw new Rejection('SHARING_NO_RELATION', share.account)
      if (share.name && receiver.name && share.name !== receiver.name)
        throw new Rejection('SHARING_NAME', share.account)
    }
    if (shared + total(others) > Math.floor((order.amount.total * MAX_RATIO) / 10_000))
      throw new Rejection('SHARING_RATIO', order.out_trade_no)
    if (total(shares) > frozen) throw new Rejection('SHARING_TOO_MUCH', `${frozen} fen are frozen`)
  }
  /** Takes the shares from what is frozen; the payee's own become his to spend. */
  const move = (order: Order, shares: readonly Share[]): void => {
    const mchid = payee(order)
    const own = total(shares.filter(share => isPayee(share, order)))
    const others = total(shares) - own
    funds.move(mchid, 'BASIC', 'frozen', -own - others)
    funds.move(mchid, 'BASIC', 'available', own)
    for (const { type, account, amount } of shares)
      if (type === 'MERCHANT_ID' && account !== mchid) funds.move(account, 'BASIC', 'available', amount)
    const { frozen, shared, times, finished } = order.sharing!
    orders.share(orderKey(order), {
      frozen: frozen - own - others,
      shared: shared + others,
      times: times + 1,
      finished,
    })
  }
  const again = (request: SharingRequest, mark: string): SharingOrder | undefined => {
    const before = sharings.get(request.out_order_no)
    if (before && before.fingerprint !== mark) throw new Rejection('SHARING_NUMBER_USED', request.out_order_no)
    return before
  }
  const accept = (request: SharingRequest, order: Order, shares: readonly Share[], mark: string): SharingOrder => {
    const taken = (number: string) => numbers.has(number)
    const { transaction_id, out_order_no, sub_mchid } = request
    const sharing: SharingOrder = {
      transaction_id,
      out_order_no,
      sub_mchid,
      order_id: newNumber('order_id', ground, taken),
      out_trade_no: order.out_trade_no,
      mchid: payee(order),
      state: 'PROCESSING',
      receivers: shares.map(({ type, account, amount, description }) => ({
        type,
        account,
        amount,
        description,
        result: 'PENDING',
        detail_id: newNumber('detail_id', ground, taken),
      })),
      created: now(),
      fingerprint: mark,
    }
    sharings.set(out_order_no, sharing)
    index(sharing)
    agenda.schedule(now() + PROCESSING_TIME, 'profit sharing', { out_order_no })
    return sharing
  }
  const rest = (order: Order, amount: number, description: string): Share => ({
    type: 'MERCHANT_ID',
    account: payee(order),
    amount,
    description,
  })
  const known = ({ order_id, out_order_no }: { order_id?: string | undefined; out_order_no?: string | undefined }) => {
    const sharing = sharings.get((order_id ? numbers.get(order_id) : out_order_no) ?? '')
    if (!sharing) throw new Rejection('SHARING_UNKNOWN', order_id ?? out_order_no)
    return sharing
  }
  return {
    addReceiver(mchid, receiver) {
      receivers.set(receiverKey(mchid, receiver), receiver)
      return receiver
    },
    removeReceiver: (mchid, receiver) => void receivers.delete(receiverKey(mchid, receiver)),
    share(draft) {
      const mark = fingerprint(draft)
      const before = again(draft, mark)
      if (before) return before
      const order = sharable(draft)
      admit(order, draft.receivers)
      move(order, draft.receivers)
      const left = draft.unfreeze_unsplit ? thaw(orders.find(orderKey(order))!) : 0
      const shares = left > 0 ? [...draft.receivers, rest(order, left, '解冻给分账方')] : draft.receivers
      return accept(draft, order, shares, mark)
    },
    unfreeze(request) {
      const mark = fingerprint(request)
      const before = again(request, mark)
      if (before) return before
      const order = sharable(request)
      if (order.sharing!.finished) throw new Rejection('SHARING_FINISHED', order.out_trade_no)
      return accept(request, order, [rest(order, thaw(order), request.description)], mark)
    },
    query({ out_order_no, transaction_id, sub_mchid }) {
      const sharing = known({ out_order_no })
      if (sharing.transaction_id !== transaction_id || sharing.sub_mchid !== sub_mchid)
        throw new Rejection('SHARING_UNKNOWN', out_order_no)
      return finish(sharing)
    },
    return(draft) {
      const mark = fingerprint(draft)
      const before = returns.get(draft.out_return_no)
      if (before && before.fingerprint !== mark) throw new Rejection('RETURN_NUMBER_USED', draft.out_return_no)
      if (before) return before
      const sharing = finish(known(draft))
      const { mchid, order_id, out_order_no, receivers: got } = sharing
      const received = got.filter(({ type, account }) => type === 'MERCHANT_ID' && account === draft.return_mchid)
      if (received.length === 0 || draft.return_mchid === mchid)
        throw new Rejection('RETURN_RECEIVER', draft.return_mchid)
      const left = total(received) - (returned.get(`${out_order_no}/${draft.return_mchid}`) ?? 0)
      if (draft.amount > left) throw new Rejection('RETURN_TOO_MUCH', `${left} fen are left`)
      const poor = funds.pool(draft.return_mchid, 'BASIC', 'available') < draft.amount
      const accepted: SharingReturn = {
        ...draft,
        order_id,
        out_order_no,
        mchid,
        created: now(),
        fingerprint: mark,
        return_id: newNumber('order_id', ground, number => numbers.has(number)),
        ...(poor ? { result: 'FAILED', fail_reason: 'BALANCE_NOT_ENOUGH', finished: now() } : { result: 'PROCESSING' }),
      }
      returns.set(draft.out_return_no, accepted)
      indexReturn(accepted)
      if (poor) return accepted
      funds.move(draft.return_mchid, 'BASIC', 'available', -draft.amount)
      const key = orderKey(sharing)
      orders.giveAgain(orders.find(key)!, draft.amount)
      const rest = orders.find(key)!.sharing!
      orders.share(key, { ...rest, shared: rest.shared - draft.amount })
      agenda.schedule(now() + PROCESSING_TIME, 'profit sharing return', { out_return_no: draft.out_return_no })
      return accepted
    },
    queryReturn(out_return_no, of) {
      const one = returns.get(out_return_no)
      if (!one || (of.order_id ? one.order_id !== of.order_id : one.out_order_no !== of.out_order_no))
        throw new Rejection('RETURN_UNKNOWN', out_return_no)
      return finishReturn(one)
    },
    unsplit(transaction_id) {
      const order = orders.findByTransaction(transaction_id)
      if (!order?.sharing) throw new Rejection('SHARING_ORDER_UNKNOWN', transaction_id)
      return order.sharing.frozen
    },
    orders: () => sharings.values(),
    returns: () => returns.values(),
    *flows() {
      for (const { mchid, out_order_no, created: at, receivers } of sharings.values())
        for (const { type, account, amount, description: remark, detail_id: number } of receivers) {
          if (type === 'MERCHANT_ID' && account === mchid) continue
          const common = { at, number, voucher: out_order_no, remark, account: 'BASIC', business: '分账' } as const
          yield { ...common, mchid, fen: -amount }
          if (type === 'MERCHANT_ID') yield { ...common, mchid: account, fen: amount }
        }
      for (const one of returns.values()) {
        const { mchid, return_mchid, out_return_no: voucher, return_id: number, amount, created: at } = one
        if (one.result === 'FAILED') continue
        const common = { at, number, voucher, account: 'BASIC', business: '分账回退', remark: one.description } as const
        yield { ...common, mchid: return_mchid, fen: -amount }
        yield { ...common, mchid, fen: amount }
      }
    },
  }
}

const total = (list: readonly { readonly amount: number }[]): number =>
  list.reduce((sum, { amount }) => sum + amount, 0)

const isPayee = ({ type, account }: Share, order: Order): boolean => type === 'MERCHANT_ID' && account === payee(order)
