import { hex } from '../core/bytes.ts'
import { digits } from './number.ts'
import { Rejection } from './rejection.ts'
import { compact } from './time.ts'

export type TradeType = 'JSAPI' | 'NATIVE' | 'APP' | 'MWEB'
export type TradeState = 'NOTPAY' | 'SUCCESS' | 'CLOSED' | 'REFUND'

export interface Payer {
  readonly openid?: string | undefined
  /** Opened: what the merchant sealed, so that a test can see that it arrived. */
  readonly identity?: { readonly type: string; readonly number: string; readonly name: string } | undefined
}

/** What the merchant asks for. */
export interface OrderDraft {
  readonly out_trade_no: string
  readonly trade_type: TradeType
  readonly appid: string
  readonly mchid: string
  readonly description: string
  readonly attach?: string | undefined
  readonly notify_url: string
  readonly amount: { readonly total: number; readonly currency: string }
  readonly payer: Payer
  readonly device_id?: string | undefined
  /** Two requests with one number must be equal in it. */
  readonly fingerprint: string
}

export interface Order extends OrderDraft {
  readonly prepay_id: string
  readonly trade_state: TradeState
  /** ms */
  readonly created: number
  /** From here on only when paid. */
  readonly transaction_id?: string
  readonly bank_type?: string
  readonly paid?: number
}

/** One store under both API versions. An order is replaced, never changed. */
export interface Orders {
  /** The same number with the same parameters again is the same order. */
  place(draft: OrderDraft): Order
  find(out_trade_no: string): Order | undefined
  findByTransaction(transaction_id: string): Order | undefined
  close(out_trade_no: string): Order
  pay(out_trade_no: string): Order
  /** The order has a refund now (转入退款). */
  refunded(out_trade_no: string): void
  all(): Iterable<Order>
}

export function createOrders(now: () => number, crypto: Crypto): Orders {
  const orders = new Map<string, Order>()
  const numbers = new Map<string, string>()
  const keep = (order: Order): Order => {
    orders.set(order.out_trade_no, order)
    return order
  }
  const due = (out_trade_no: string): Order => {
    const order = orders.get(out_trade_no)
    if (!order) throw new Rejection('ORDER_UNKNOWN')
    if (order.trade_state === 'NOTPAY') return order
    throw new Rejection(order.trade_state === 'CLOSED' ? 'ORDER_CLOSED' : 'ORDER_PAID')
  }
  return {
    place(draft) {
      if (!orders.has(draft.out_trade_no))
        return keep({ ...draft, prepay_id: prepayId(now(), crypto), trade_state: 'NOTPAY', created: now() })
      const order = due(draft.out_trade_no)
      if (order.fingerprint !== draft.fingerprint) throw new Rejection('ORDER_NUMBER_USED')
      return order
    },
    find: out_trade_no => orders.get(out_trade_no),
    findByTransaction(transaction_id) {
      const out_trade_no = numbers.get(transaction_id)
      return out_trade_no === undefined ? undefined : orders.get(out_trade_no)
    },
    close: out_trade_no => keep({ ...due(out_trade_no), trade_state: 'CLOSED' }),
    pay(out_trade_no) {
      const order = due(out_trade_no)
      const transaction_id = `4200${digits(6, crypto)}${compact(now()).slice(0, 8)}${digits(10, crypto)}`
      numbers.set(transaction_id, out_trade_no)
      const payer = { ...order.payer, openid: order.payer.openid ?? openid(crypto) }
      return keep({ ...order, payer, transaction_id, bank_type: 'OTHERS', trade_state: 'SUCCESS', paid: now() })
    },
    refunded(out_trade_no) {
      keep({ ...orders.get(out_trade_no)!, trade_state: 'REFUND' })
    },
    all: () => orders.values(),
  }
}

/** `wx`, the time, 20 hex digits. */
const prepayId = (now: number, crypto: Crypto): string =>
  `wx${compact(now)}${hex(crypto.getRandomValues(new Uint8Array(10)))}`

/** Of a shopper whom the order did not name: App, H5 and Native learn who paid. */
const openid = (crypto: Crypto): string => `oUpF8u${hex(crypto.getRandomValues(new Uint8Array(11)))}`
