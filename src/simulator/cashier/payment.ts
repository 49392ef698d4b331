import { MINUTE } from '../../core/base/time.ts'
import type { CombinedOrder } from '../accounts/orders/combined-orders.ts'
import type { Order, TradeType } from '../accounts/orders/order.ts'
import { codeUrl } from '../accounts/orders/order-presentation.ts'
import { isPrepayExpired } from '../accounts/orders/place-order.ts'
import type { SimulatorContext } from '../context.ts'

/** Whether a shopper can still pay. */
export type PaymentState = 'payable' | 'paid' | 'closed' | 'expired'

/** A payment as the cashier (收银台) shows it to a shopper: an order, or a combined order. */
export interface Payment {
  readonly prepay_id: string
  readonly trade_type: TradeType
  readonly state: PaymentState
  /** Appids that may start the payment. */
  readonly appids: readonly string[]
  readonly mchid: string
  readonly sub_mchid?: string | undefined
  /** The number of the order, or of the combined order. */
  readonly number: string
  readonly descriptions: readonly string[]
  readonly total: number
  readonly currency: string
  /** Time until which an H5 link opens the cashier, ms. */
  readonly linkExpiresAt?: number | undefined
}

/** Names a payment: by `prepay_id`, or by the text of its QR code. */
export type PaymentReference = { readonly prepay_id: string } | { readonly code_url: string }

export type PaymentContext = Pick<SimulatorContext, 'orders' | 'combinedOrders' | 'now'>

/** Documented: an `h5_url` is valid for five minutes. */
const LINK_LIFETIME = 5 * MINUTE

/** Finds a payment; undefined if no order has the `prepay_id`, or the code. */
export function findPayment(reference: PaymentReference, context: PaymentContext): Payment | undefined {
  const { orders, combinedOrders } = context
  const record =
    'prepay_id' in reference && reference.prepay_id !== ''
      ? (orders.findByPrepay(reference.prepay_id) ?? combinedOrders.findByPrepay(reference.prepay_id))
      : findByCode((reference as { code_url?: string }).code_url ?? '', context)
  return record && paymentOf(record, context)
}

function findByCode(code_url: string, { orders, combinedOrders }: PaymentContext): Order | CombinedOrder | undefined {
  for (const records of [orders.all(), combinedOrders.all()])
    for (const record of records)
      if (record.prepay_id !== '' && record.trade_type === 'NATIVE' && codeUrl(record) === code_url) return record
  return undefined
}

/** Returns the payments that wait for a shopper, the newest first. */
export function payablePayments(max: number, context: PaymentContext): Payment[] {
  const records = [...context.orders.all(), ...context.combinedOrders.all()].filter(({ prepay_id }) => prepay_id !== '')
  return records
    .sort((a, b) => b.prepayIssuedAt - a.prepayIssuedAt)
    .map(record => paymentOf(record, context))
    .filter(({ state }) => state === 'payable')
    .slice(0, max)
}

function paymentOf(record: Order | CombinedOrder, context: PaymentContext): Payment {
  const isCombined = 'sub_orders' in record
  const orders = isCombined ? context.combinedOrders.ordersOf(record) : [record]
  const { prepay_id, trade_type, prepayIssuedAt } = record
  const owner = isCombined
    ? { appid: record.combine_appid, mchid: record.combine_mchid, number: record.combine_out_trade_no }
    : { appid: record.appid, mchid: record.mchid, number: record.out_trade_no, sub_mchid: record.sub_mchid }
  const { appid, ...names } = owner
  const appids = [appid, ...orders.flatMap(({ sub_appid }) => sub_appid ?? [])]
  return {
    prepay_id,
    trade_type,
    state: stateOf(record, orders, context.now()),
    appids: [...new Set(appids)],
    ...names,
    descriptions: orders.map(({ description }) => description),
    total: orders.reduce((sum, { amount }) => sum + amount.total, 0),
    currency: orders[0]!.amount.currency,
    linkExpiresAt: trade_type === 'MWEB' ? prepayIssuedAt + LINK_LIFETIME : undefined,
  }
}

function stateOf(record: Order | CombinedOrder, orders: readonly Order[], now: number): PaymentState {
  if (orders.some(({ paidAt }) => paidAt !== undefined)) return 'paid'
  if (orders.some(({ trade_state }) => trade_state !== 'NOTPAY' && trade_state !== 'USERPAYING')) return 'closed'
  return isPrepayExpired(record, now) ? 'expired' : 'payable'
}
