import { DAY, HOUR, MINUTE } from '../../../core/time.ts'
import type { SignType } from '../../v2/signature.ts'
import type { AccountsContext } from '../context.ts'
import { refuseChangedRepetition } from '../fingerprint.ts'
import { type FundFlow, type Funds, feeOf } from '../funds.ts'
import { newNumber, newOpenid, newPrepayId } from '../numbers.ts'
import { Rejection, type RejectionReason } from '../rejection.ts'

export type TradeType = 'JSAPI' | 'NATIVE' | 'APP' | 'MWEB' | 'MICROPAY'
export type TradeState = 'NOTPAY' | 'SUCCESS' | 'REFUND' | 'CLOSED' | 'REVOKED' | 'USERPAYING' | 'PAYERROR'

export interface Payer {
  /** Openid under the merchant's application, or the service provider's. */
  readonly openid?: string | undefined
  /** Openid under the sub-merchant's application. */
  readonly sub_openid?: string | undefined
  /** Identity that the merchant encrypted, decrypted. */
  readonly identity?: { readonly type: string; readonly number: string; readonly name: string } | undefined
}

/** An order as the merchant requests it. */
export interface OrderDraft {
  /** API version of the request, and of the notification. */
  readonly api: 'v3' | 'v2'
  /** APIv2: sign type of the request. */
  readonly sign_type?: SignType | undefined
  readonly out_trade_no: string
  readonly trade_type: TradeType
  readonly appid: string
  readonly mchid: string
  /** Set for an order of a service provider (服务商模式). */
  readonly sub_appid?: string | undefined
  readonly sub_mchid?: string | undefined
  readonly description: string
  readonly attach?: string | undefined
  /** Absent for payments by code, whose response contains the result. */
  readonly notify_url?: string | undefined
  readonly amount: { readonly total: number; readonly currency: string }
  readonly payer: Payer
  readonly device_id?: string | undefined
  /** Deadline for the payment, ms. */
  readonly time_expire?: number | undefined
  /** Whether the money stays frozen for profit sharing. */
  readonly profit_sharing?: boolean | undefined
  /** Set for an order placed at `/v3/global/…` (境外支付), which only those paths find. */
  readonly overseas?: true | undefined
  /** Number of the combined order that it is a part of. */
  readonly combine_out_trade_no?: string | undefined
  /** Equal for requests that repeat each other. */
  readonly fingerprint: string
}

export interface Order extends OrderDraft {
  /** Empty for payments by code, and for the parts of a combined order. */
  readonly prepay_id: string
  /** Time at which the prepay_id was issued, ms. */
  readonly prepayIssuedAt: number
  readonly trade_state: TradeState
  /** ms */
  readonly createdAt: number
  /** Time at which an unpaid order is closed, or an unconfirmed payment by code fails, ms. */
  readonly expiresAt: number
  /** Set once paid. */
  readonly transaction_id?: string
  readonly bank_type?: string
  /** ms */
  readonly paidAt?: number
  /** Set for a paid order whose money is to be shared. */
  readonly sharing?: Sharing
  /** Time at which a paid order was reversed (撤销) and its money returned, ms. */
  readonly revokedAt?: number
}

/** Progress of the profit sharing (分账) of an order, with amounts in fen. */
export interface Sharing {
  /** Amount that can still be shared (待分账金额). */
  readonly frozen: number
  /** Amount that other receivers have got and not returned. */
  readonly shared: number
  /** Number of times that the order was shared. */
  readonly times: number
  readonly finished: boolean
}

/** Returns the merchant that the money belongs to: the sub-merchant, if there is one. */
export const payeeOf = ({ sub_mchid, mchid }: Pick<Order, 'sub_mchid' | 'mchid'>): string => sub_mchid ?? mchid

/**
 * Returns the key of an order. `out_trade_no` is unique per merchant, so two sub-merchants may use the same one. It contains
 * no slash.
 */
export const orderKey = ({ sub_mchid, out_trade_no }: Pick<Order, 'sub_mchid' | 'out_trade_no'>): string =>
  sub_mchid === undefined ? out_trade_no : `${sub_mchid}/${out_trade_no}`

export interface OrderPaid {
  readonly type: 'order-paid'
  readonly order: Order
}

/**
 * Orders of both API versions. `key` is the {@link orderKey}. Orders are immutable: a change saves a new object.
 */
export interface Orders {
  /**
   * Places an order. For the same number with the same parameters, it returns the first order, with a new prepay_id if the
   * old one has expired.
   */
  place(draft: OrderDraft): Order
  /** Places an order paid by code, which the shopper has not confirmed yet. {@link Micropay} checks the code. */
  placeByCode(draft: OrderDraft): Order
  find(key: string): Order | undefined
  /**
   * Finds an order by its number, without naming the merchant.
   *
   * @param sub_mchid required if several merchants use the number
   * @throws {Rejection} `ORDER_AMBIGUOUS`
   */
  findByNumber(out_trade_no: string, sub_mchid?: string): Order | undefined
  findByTransaction(transaction_id: string): Order | undefined
  findByPrepay(prepay_id: string): Order | undefined
  /** @param combine_out_trade_no number of the combined order that is closed, if it is one */
  close(key: string, combine_out_trade_no?: string): Order
  /** @param combined the combined order that is paid, if it is one */
  pay(key: string, combined?: { combine_out_trade_no: string; openid: string }): Order
  /** Fails a payment, as when the shopper's bank refuses. A payment by code is over; other orders can still be paid. */
  fail(key: string): Order
  /** Reverses an order (撤销订单): closes an unpaid one, and returns the money of a paid one. */
  reverse(key: string): Order
  /**
   * Debits an order's payee: first the frozen or unsettled money, then the available.
   *
   * @param fromAvailable part of the amount that must come from the available money
   */
  debitPayee(order: Order, amount: number, fromAvailable?: number): void
  /** Returns an amount to an order's payee. */
  creditPayee(order: Order, amount: number): void
  /** Records that the order has a refund (转入退款). */
  markRefunded(key: string): void
  updateSharing(key: string, sharing: Sharing): Order
  all(): Iterable<Order>
  flows(): Iterable<FundFlow>
}

/** Documented: WeChat Pay closes unpaid orders after this time, and moves `time_expire` into these bounds. */
const DEFAULT_LIFETIME = 7 * DAY
const MIN_LIFETIME = MINUTE
const MAX_LIFETIME = 15 * DAY
export const PREPAY_LIFETIME: number = 2 * HOUR
/** Merchants are advised to reverse a payment by code that is not confirmed after 30 s. */
const CONFIRMATION_TIME = MINUTE
const REVERSAL_TIME = 7 * DAY
/** Documented: the rest of an order is unfrozen after this time. */
const SHARING_TIME = 180 * DAY

/** Reason why an order in a state cannot be paid. */
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
  /** Keys by transaction_id and by prepay_id. */
  const numbers = new Map<string, string>()
  const isTaken = (number: string) => numbers.has(number)
  /** Keys by `out_trade_no`. */
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
  /** Finds an order, and applies its expiry, for which nothing is scheduled. */
  const find = (key: string): Order | undefined => {
    const order = orders.get(key)
    if (!order || now() < order.expiresAt) return order
    if (order.trade_state === 'NOTPAY') return saveOrder({ ...order, trade_state: 'CLOSED' })
    return order.trade_state === 'USERPAYING' ? saveOrder({ ...order, trade_state: 'PAYERROR' }) : order
  }
  const requireOrder = (key: string): Order => {
    const order = find(key)
    if (!order) throw new Rejection('ORDER_UNKNOWN', key)
    return order
  }
  const requirePayableOrder = (key: string, combine_out_trade_no?: string): Order => {
    const order = requireOrder(key)
    const reason = UNPAYABLE[order.trade_state]
    if (reason) throw new Rejection(reason, key)
    if (order.combine_out_trade_no !== combine_out_trade_no)
      throw new Rejection('ORDER_COMBINED', order.combine_out_trade_no)
    return order
  }
  const issuePrepayId = (draft: OrderDraft) => ({
    prepay_id: draft.combine_out_trade_no === undefined ? newPrepayId(context, isTaken) : '',
    prepayIssuedAt: now(),
  })
  const expiryOf = ({ time_expire }: OrderDraft): number =>
    time_expire === undefined
      ? now() + DEFAULT_LIFETIME
      : Math.min(Math.max(time_expire, now() + MIN_LIFETIME), now() + MAX_LIFETIME)
  /** @throws {Rejection} the number belongs to an order with other parameters, or one that cannot be paid */
  const findRepeatedOrder = (draft: OrderDraft): Order | undefined => {
    const key = orderKey(draft)
    if (!orders.has(key)) return undefined
    const order = requirePayableOrder(key, draft.combine_out_trade_no)
    refuseChangedRepetition(order, draft.fingerprint, 'ORDER_NUMBER_USED', draft.out_trade_no)
    return order
  }
  /** Returns the amount that the payee gets. */
  const netAmount = ({ amount }: Order) => amount.total - feeOf(amount.total)
  const findByIndexedNumber = (number: string): Order | undefined => {
    const key = numbers.get(number)
    return key === undefined ? undefined : find(key)
  }
  const updateSharing: Orders['updateSharing'] = (key, sharing) => saveOrder({ ...orders.get(key)!, sharing })
  const debitPayee: Orders['debitPayee'] = (order, amount, fromAvailable = 0) => {
    const mchid = payeeOf(order)
    const { sharing } = order
    const { currency } = order.amount
    const pool = sharing && !sharing.finished ? 'frozen' : 'unsettled'
    const inPool = pool === 'frozen' ? sharing!.frozen : funds.poolBalance(mchid, 'BASIC', pool, currency)
    const fromPool = Math.min(amount - fromAvailable, inPool)
    const rest = amount - fromPool
    funds.requireFunds(mchid, 'BASIC', 'available', rest, 'REFUND_FUNDS', currency)
    funds.move(mchid, 'BASIC', pool, -fromPool, currency)
    funds.move(mchid, 'BASIC', 'available', -rest, currency)
    if (pool === 'frozen') updateSharing(orderKey(order), { ...sharing!, frozen: sharing!.frozen - fromPool })
  }
  return {
    place(draft) {
      const order = findRepeatedOrder(draft)
      if (!order)
        return saveOrder({
          ...draft,
          ...issuePrepayId(draft),
          trade_state: 'NOTPAY',
          createdAt: now(),
          expiresAt: expiryOf(draft),
        })
      if (!order.prepay_id || now() < order.prepayIssuedAt + PREPAY_LIFETIME) return order
      numbers.delete(order.prepay_id)
      return saveOrder({ ...order, ...issuePrepayId(draft) })
    },
    placeByCode: draft =>
      findRepeatedOrder(draft) ??
      saveOrder({
        ...draft,
        prepay_id: '',
        prepayIssuedAt: now(),
        trade_state: 'USERPAYING',
        createdAt: now(),
        expiresAt: now() + CONFIRMATION_TIME,
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
    close(key, combine_out_trade_no) {
      const order = requirePayableOrder(key, combine_out_trade_no)
      if (order.trade_state === 'USERPAYING') throw new Rejection('ORDER_PAYING', key)
      return saveOrder({ ...order, trade_state: 'CLOSED' })
    },
    pay(key, combined) {
      const order = requirePayableOrder(key, combined?.combine_out_trade_no)
      if (order.prepay_id && now() >= order.prepayIssuedAt + PREPAY_LIFETIME) throw new Rejection('PREPAY_EXPIRED', key)
      const openid = order.payer.openid ?? combined?.openid ?? newOpenid(context)
      const paid = saveOrder({
        ...order,
        payer: { ...order.payer, openid },
        transaction_id: newNumber('transaction_id', context, isTaken),
        bank_type: 'OTHERS',
        trade_state: 'SUCCESS',
        paidAt: now(),
        // Profit sharing (分账) is in yuan only. Overseas merchants have another product.
        ...(order.profit_sharing &&
          order.amount.currency === 'CNY' && {
            sharing: { frozen: netAmount(order), shared: 0, times: 0, finished: false },
          }),
      })
      funds.move(payeeOf(paid), 'BASIC', paid.sharing ? 'frozen' : 'unsettled', netAmount(paid), paid.amount.currency)
      if (paid.sharing) scheduler.schedule(now() + SHARING_TIME, 'sharing-deadline', { key })
      if (!combined) emit({ type: 'order-paid', order: paid })
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
      if (now() >= order.createdAt + REVERSAL_TIME) throw new Rejection('REVERSE_LATE', key)
      if (order.paidAt === undefined) return saveOrder({ ...order, trade_state: 'REVOKED' })
      debitPayee(order, netAmount(order))
      return saveOrder({ ...orders.get(key)!, trade_state: 'REVOKED', revokedAt: now() })
    },
    debitPayee,
    creditPayee(order, amount) {
      const { sharing } = order
      const isFrozen = sharing && !sharing.finished
      funds.move(payeeOf(order), 'BASIC', isFrozen ? 'frozen' : 'available', amount, order.amount.currency)
      if (isFrozen) updateSharing(orderKey(order), { ...sharing, frozen: sharing.frozen + amount })
    },
    updateSharing,
    markRefunded(key) {
      saveOrder({ ...orders.get(key)!, trade_state: 'REFUND' })
    },
    all: () => orders.values(),
    *flows() {
      for (const order of orders.values()) {
        if (order.paidAt === undefined) continue
        yield* flowsOf(order, order.paidAt, '交易', '扣除交易手续费', 1)
        if (order.revokedAt !== undefined) yield* flowsOf(order, order.revokedAt, '撤销', '退回交易手续费', -1)
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
  yield { ...common, business, voucher: order.out_trade_no, amount: sign * order.amount.total }
  const fee = feeOf(order.amount.total)
  if (fee > 0) yield { ...common, business: feeName, voucher: order.out_trade_no, amount: -sign * fee }
}
