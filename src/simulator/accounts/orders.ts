import { DAY, HOUR, MINUTE } from '../clock/time.ts'
import type { SignType } from '../v2/signature.ts'
import type { AccountsContext } from './context.ts'
import { requireRepetition } from './fingerprint.ts'
import { type FundFlow, type Funds, fee } from './funds.ts'
import { newNumber, newOpenid, newPrepayId } from './numbers.ts'
import { Rejection, type RejectionReason } from './rejection.ts'

export type TradeType = 'JSAPI' | 'NATIVE' | 'APP' | 'MWEB' | 'MICROPAY'
export type TradeState = 'NOTPAY' | 'SUCCESS' | 'REFUND' | 'CLOSED' | 'REVOKED' | 'USERPAYING' | 'PAYERROR'

export interface Payer {
  /** Under the merchant's application, or the service provider's. */
  readonly openid?: string | undefined
  /** Under the sub merchant's application. */
  readonly sub_openid?: string | undefined
  /** Opened: what the merchant sealed, so that a test can see that it arrived. */
  readonly identity?: { readonly type: string; readonly number: string; readonly name: string } | undefined
}

/** What the merchant asks for. */
export interface OrderDraft {
  /** Through which API it came, and is told of. */
  readonly api: 'v3' | 'v2'
  /** v2: what its message was signed with. */
  readonly sign_type?: SignType | undefined
  readonly out_trade_no: string
  readonly trade_type: TradeType
  readonly appid: string
  readonly mchid: string
  /** Of a service provider's order (服务商模式). */
  readonly sub_appid?: string | undefined
  readonly sub_mchid?: string | undefined
  readonly description: string
  readonly attach?: string | undefined
  /** None for payment codes, whose answer tells. */
  readonly notify_url?: string | undefined
  readonly amount: { readonly total: number; readonly currency: string }
  readonly payer: Payer
  readonly device_id?: string | undefined
  /** Until when it can be paid, ms. */
  readonly time_expire?: number | undefined
  /** Its money stays frozen for the sharing. */
  readonly profit_sharing?: boolean | undefined
  /** Placed at `/v3/global/…` (境外支付), and known there only. */
  readonly overseas?: true | undefined
  /** Of the combined order that it is a part of. */
  readonly combine_out_trade_no?: string | undefined
  /** Two requests with one number must be equal in it. */
  readonly fingerprint: string
}

export interface Order extends OrderDraft {
  /** Empty where there is none: of payment codes, and of the parts of a combined order. */
  readonly prepay_id: string
  /** When the prepay_id was given out, ms. */
  readonly prepaid: number
  readonly trade_state: TradeState
  /** ms */
  readonly created: number
  /** From then on it is closed, or the shopper's time to confirm is over, ms. */
  readonly expires: number
  /** From here on only when paid. */
  readonly transaction_id?: string
  readonly bank_type?: string
  readonly paid?: number
  /** Of an order whose money is to be shared. */
  readonly sharing?: Sharing
  /** When the money of a paid order went back because it was reversed (撤销), ms. */
  readonly revoked?: number
}

/** What has become of the money of an order that is to be shared (分账), in fen. */
export interface Sharing {
  /** 待分账金额; none once it is finished. */
  readonly frozen: number
  /** What others have got of it and not returned. */
  readonly shared: number
  /** How often it was shared. */
  readonly times: number
  readonly finished: boolean
}

/** Whose money it is: the sub merchant's, where there is one. */
export const payeeOf = ({ sub_mchid, mchid }: Pick<Order, 'sub_mchid' | 'mchid'>): string => sub_mchid ?? mchid

/**
 * The key of an order: `out_trade_no` is unique within the merchant whose order it is, so that two sub-merchants may use one number.
 * A merchant's own numbers hold no slash.
 */
export const orderKey = ({ sub_mchid, out_trade_no }: Pick<Order, 'sub_mchid' | 'out_trade_no'>): string =>
  sub_mchid === undefined ? out_trade_no : `${sub_mchid}/${out_trade_no}`

export interface OrderPaid {
  readonly type: 'order-paid'
  readonly order: Order
}

/** One store under both API versions. An order is replaced, never changed. `key`: see {@link orderKey}. */
export interface Orders {
  /** The same number with the same parameters again is the same order; its prepay_id is renewed when it is too old. */
  place(draft: OrderDraft): Order
  /** An order by payment code, of which the shopper has yet to confirm; the code's own rules are in `micropay.ts`. */
  placeByCode(draft: OrderDraft): Order
  find(key: string): Order | undefined
  /**
   * Finds an order by its number alone, as a test names it.
   *
   * @param sub_mchid whose it is, needed where several merchants use the number
   * @throws {Rejection} `ORDER_AMBIGUOUS`
   */
  findByNumber(out_trade_no: string, sub_mchid?: string): Order | undefined
  findByTransaction(transaction_id: string): Order | undefined
  findByPrepay(prepay_id: string): Order | undefined
  /** @param within the combined order that is closed */
  close(key: string, within?: string): Order
  /** @param shared what the orders of a combined one have in common */
  pay(key: string, shared?: { combine_out_trade_no: string; openid: string }): Order
  /** The shopper gives up, or his bank refuses. Only a payment by code is over then: others may be tried again. */
  fail(key: string): Order
  /** Closes what is not paid, gives back what is (撤销订单). */
  reverse(key: string): Order
  /**
   * Takes money back from an order's payee: from what is frozen or not settled yet, then from what is settled.
   *
   * @param available how much of it what is settled has to pay in any case
   */
  debitPayee(order: Order, fen: number, available?: number): void
  /** The other way round. */
  creditPayee(order: Order, fen: number): void
  /** The order has a refund now (转入退款). */
  markRefunded(key: string): void
  updateSharing(key: string, sharing: Sharing): Order
  all(): Iterable<Order>
  flows(): Iterable<FundFlow>
}

/** Documented: what nobody has paid by then WeChat Pay closes, and `time_expire` is moved into these bounds. */
const DEFAULT_LIFETIME = 7 * DAY
const MIN_LIFETIME = MINUTE
const MAX_LIFETIME = 15 * DAY
export const PREPAY_LIFETIME: number = 2 * HOUR
/** A merchant is told to wait for 30 s, then to reverse: to reverse it in time is his. */
const CONFIRMATION_TIME = MINUTE
const REVERSAL_TIME = 7 * DAY

/** Why an order in this state cannot be paid. */
const UNPAYABLE: Readonly<Partial<Record<TradeState, RejectionReason>>> = {
  SUCCESS: 'ORDER_PAID',
  REFUND: 'ORDER_PAID',
  CLOSED: 'ORDER_CLOSED',
  REVOKED: 'ORDER_REVOKED',
  PAYERROR: 'ORDER_FAILED',
}

export function createOrders(context: AccountsContext<OrderPaid>, funds: Funds): Orders {
  const { state, scheduler, now, emit } = context
  const orders = state.map<Order>('orders')
  /** The key by transaction_id and by prepay_id. */
  const numbers = new Map<string, string>()
  const isTaken = (number: string) => numbers.has(number)
  /** The keys by `out_trade_no`. */
  const keys = new Map<string, Set<string>>()
  const indexOrder = (order: Order): void => {
    const { out_trade_no, transaction_id, prepay_id } = order
    const key = orderKey(order)
    if (transaction_id) numbers.set(transaction_id, key)
    if (prepay_id) numbers.set(prepay_id, key)
    keys.set(out_trade_no, (keys.get(out_trade_no) ?? new Set()).add(key))
  }
  for (const order of orders.values()) indexOrder(order)

  const saveOrder = (order: Order): Order => {
    orders.set(orderKey(order), order)
    indexOrder(order)
    return order
  }
  /** Nothing is scheduled for the end of an order's time: it shows when somebody looks. */
  const find = (key: string): Order | undefined => {
    const order = orders.get(key)
    if (!order || now() < order.expires) return order
    if (order.trade_state === 'NOTPAY') return saveOrder({ ...order, trade_state: 'CLOSED' })
    return order.trade_state === 'USERPAYING' ? saveOrder({ ...order, trade_state: 'PAYERROR' }) : order
  }
  const requireOrder = (key: string): Order => {
    const order = find(key)
    if (!order) throw new Rejection('ORDER_UNKNOWN', key)
    return order
  }
  const requirePayableOrder = (key: string, within?: string): Order => {
    const order = requireOrder(key)
    const reason = UNPAYABLE[order.trade_state]
    if (reason) throw new Rejection(reason, key)
    if (order.combine_out_trade_no !== within) throw new Rejection('ORDER_COMBINED', order.combine_out_trade_no)
    return order
  }
  const issuePrepayId = (draft: OrderDraft) => ({
    prepay_id: draft.combine_out_trade_no === undefined ? newPrepayId(context, isTaken) : '',
    prepaid: now(),
  })
  const expiryOf = ({ time_expire }: OrderDraft): number =>
    time_expire === undefined
      ? now() + DEFAULT_LIFETIME
      : Math.min(Math.max(time_expire, now() + MIN_LIFETIME), now() + MAX_LIFETIME)
  /** A request that repeats another, or one under a number of its own. */
  const findRepeatedOrder = (draft: OrderDraft): Order | undefined => {
    const key = orderKey(draft)
    if (!orders.has(key)) return undefined
    const order = requirePayableOrder(key, draft.combine_out_trade_no)
    requireRepetition(order, draft.fingerprint, 'ORDER_NUMBER_USED', draft.out_trade_no)
    return order
  }
  /** What is unsettled today, or frozen for the sharing. */
  const netAmount = ({ amount }: Order) => amount.total - fee(amount.total)
  const findByIndexedNumber = (number: string): Order | undefined => {
    const key = numbers.get(number)
    return key === undefined ? undefined : find(key)
  }
  const updateSharing: Orders['updateSharing'] = (key, sharing) => saveOrder({ ...orders.get(key)!, sharing })
  const debitPayee: Orders['debitPayee'] = (order, fen, available = 0) => {
    const mchid = payeeOf(order)
    const { sharing } = order
    const { currency } = order.amount
    const pool = sharing && !sharing.finished ? 'frozen' : 'unsettled'
    const there = Math.min(
      fen - available,
      pool === 'frozen' ? sharing!.frozen : funds.poolBalance(mchid, 'BASIC', pool, currency),
    )
    funds.requireFunds(mchid, 'BASIC', 'available', fen - there, 'REFUND_FUNDS', currency)
    funds.move(mchid, 'BASIC', pool, -there, currency)
    funds.move(mchid, 'BASIC', 'available', there - fen, currency)
    if (pool === 'frozen') updateSharing(orderKey(order), { ...sharing!, frozen: sharing!.frozen - there })
  }
  return {
    place(draft) {
      const order = findRepeatedOrder(draft)
      if (!order)
        return saveOrder({
          ...draft,
          ...issuePrepayId(draft),
          trade_state: 'NOTPAY',
          created: now(),
          expires: expiryOf(draft),
        })
      if (!order.prepay_id || now() < order.prepaid + PREPAY_LIFETIME) return order
      numbers.delete(order.prepay_id)
      return saveOrder({ ...order, ...issuePrepayId(draft) })
    },
    placeByCode: draft =>
      findRepeatedOrder(draft) ??
      saveOrder({
        ...draft,
        prepay_id: '',
        prepaid: now(),
        trade_state: 'USERPAYING',
        created: now(),
        expires: now() + CONFIRMATION_TIME,
      }),
    find,
    findByNumber(out_trade_no, sub_mchid) {
      if (sub_mchid !== undefined) return find(orderKey({ out_trade_no, sub_mchid }))
      const [key, ...others] = keys.get(out_trade_no) ?? []
      if (others.length > 0) throw new Rejection('ORDER_AMBIGUOUS', out_trade_no)
      return key === undefined ? undefined : find(key)
    },
    findByTransaction: findByIndexedNumber,
    findByPrepay: findByIndexedNumber,
    close(key, within) {
      const order = requirePayableOrder(key, within)
      if (order.trade_state === 'USERPAYING') throw new Rejection('ORDER_PAYING', key)
      return saveOrder({ ...order, trade_state: 'CLOSED' })
    },
    pay(key, shared) {
      const order = requirePayableOrder(key, shared?.combine_out_trade_no)
      if (order.prepay_id && now() >= order.prepaid + PREPAY_LIFETIME) throw new Rejection('PREPAY_EXPIRED', key)
      const openid = order.payer.openid ?? shared?.openid ?? newOpenid(context)
      const paid = saveOrder({
        ...order,
        payer: { ...order.payer, openid },
        transaction_id: newNumber('transaction_id', context, isTaken),
        bank_type: 'OTHERS',
        trade_state: 'SUCCESS',
        paid: now(),
        // Profit sharing (分账) is in yuan; the one of merchants abroad is another product.
        ...(order.profit_sharing &&
          order.amount.currency === 'CNY' && {
            sharing: { frozen: netAmount(order), shared: 0, times: 0, finished: false },
          }),
      })
      funds.move(payeeOf(paid), 'BASIC', paid.sharing ? 'frozen' : 'unsettled', netAmount(paid), paid.amount.currency)
      if (paid.sharing) scheduler.schedule(now() + 180 * DAY, 'profit sharing over', { key })
      if (!shared) emit({ type: 'order-paid', order: paid })
      return paid
    },
    fail(key) {
      const order = requirePayableOrder(key)
      return order.trade_state === 'USERPAYING' ? saveOrder({ ...order, trade_state: 'PAYERROR' }) : order
    },
    reverse(key) {
      const order = requireOrder(key)
      if (order.trade_state === 'REVOKED') return order
      if (order.trade_state === 'CLOSED') throw new Rejection('ORDER_CLOSED', key)
      if (order.trade_state === 'REFUND' || order.sharing?.times) throw new Rejection('REVERSE_REFUNDED', key)
      if (now() >= order.created + REVERSAL_TIME) throw new Rejection('REVERSE_LATE', key)
      if (order.paid === undefined) return saveOrder({ ...order, trade_state: 'REVOKED' })
      debitPayee(order, netAmount(order))
      return saveOrder({ ...orders.get(key)!, trade_state: 'REVOKED', revoked: now() })
    },
    debitPayee,
    creditPayee(order, fen) {
      const { sharing } = order
      const frozen = sharing && !sharing.finished
      funds.move(payeeOf(order), 'BASIC', frozen ? 'frozen' : 'available', fen, order.amount.currency)
      if (frozen) updateSharing(orderKey(order), { ...sharing, frozen: sharing.frozen + fen })
    },
    updateSharing,
    markRefunded(key) {
      saveOrder({ ...orders.get(key)!, trade_state: 'REFUND' })
    },
    all: () => orders.values(),
    *flows() {
      for (const order of orders.values()) {
        if (order.paid === undefined) continue
        yield* flowsOf(order, order.paid, '交易', '扣除交易手续费', 1)
        if (order.revoked !== undefined) yield* flowsOf(order, order.revoked, '撤销', '退回交易手续费', -1)
      }
    },
  }
}

function* flowsOf(order: Order, at: number, business: string, feeName: string, sign: 1 | -1): Generator<FundFlow> {
  const common = {
    at,
    mchid: payeeOf(order),
    account: 'BASIC',
    currency: order.amount.currency,
    number: order.transaction_id!,
    remark: order.attach,
  } as const
  yield { ...common, business, voucher: order.out_trade_no, fen: sign * order.amount.total }
  const fees = fee(order.amount.total)
  if (fees > 0) yield { ...common, business: feeName, voucher: order.out_trade_no, fen: -sign * fees }
}
