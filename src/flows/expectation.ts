import { WechatpayError } from '../core/errors.ts'
import type { Notification } from '../core/notification/notification.ts'
import { isPaid } from '../core/trade-states.ts'
import { requireExpectation } from './expectation-check.ts'

type Fields = Readonly<Record<string, unknown>>

/** The amount that the merchant asked the shopper to pay. */
export interface ExpectedAmount {
  /**
   * The order's amount (`amount.total`, `total_amount`, `total_fee`), in the currency's smallest unit: fen for CNY. It is not what
   * the shopper pays (`payer_total`, `cash_fee`), which is less where a coupon is used and is nothing that the merchant set.
   */
  total: number | bigint
  /** `amount.currency`, `fee_type`. Default: `CNY`. */
  currency?: string | undefined
}

/** An order as the merchant's own records have it. */
export interface ExpectedOrder extends ExpectedAmount {
  /** The appid under which it was placed: `appid`, of a partner's order `sp_appid`. */
  appid?: string | undefined
  /** The sub-merchant's appid, for a partner's order. */
  sub_appid?: string | undefined
}

/** A combined order (合单) as the merchant's own records have it. */
export interface ExpectedCombinedOrder {
  /** `combine_appid` */
  appid?: string | undefined
  /** All of its orders, by `out_trade_no`. */
  orders: Readonly<Record<string, ExpectedAmount>>
}

/** A field of an order that is not as the merchant's records have it. */
export interface Difference {
  /** `total`, `currency`, `appid`, `sub_appid`; of a combined order's parts `orders.A1.total`; `orders.A1` where the part is there once only. */
  readonly field: string
  /** As the merchant's records have it; undefined where they have nothing of it. */
  readonly expected: unknown
  /** As WeChat Pay says; undefined where it says nothing of it. */
  readonly received: unknown
}

/** WeChat Pay says that an order is paid, but not the one that the merchant placed: hand nothing over, and look into it. */
export class UnexpectedOrderError extends WechatpayError {
  override readonly name: string = 'UnexpectedOrderError'
  declare readonly code: 'ORDER_UNEXPECTED'
  declare readonly differences: readonly Difference[]
}

/**
 * Compares an order that WeChat Pay says is paid with the merchant's own records: amount, currency, appid. WeChat Pay's checklist
 * (接入质量检查清单) asks for it, because a number proves nothing of the amount: the page or a caller may have placed the order
 * for less.
 *
 * @param order a notification's resource or a query's response, of APIv3 or APIv2, of a merchant, a partner, or combined
 * @param expected what the merchant's records say: `total` in the smallest unit of `currency` (fen)
 * @returns the fields that differ; none where the order is as expected
 * @throws {CallError} `PARAMETER_INVALID`, `OPTION_UNKNOWN`: `expected` has no integer `total`, or a key that is none of these
 * @see https://pay.weixin.qq.com/wiki/doc/api/wxpay/ch/guide/pos/VerificationOfCallbackInformation.shtml
 * @example
 * ```ts
 * findDifferences(resource, { total: 100, appid }) // [] or [{ field: 'total', expected: 100, received: 1 }]
 * ```
 */
export function findDifferences(order: object, expected: ExpectedOrder | ExpectedCombinedOrder): Difference[] {
  requireExpectation(expected)
  const fields = order as Fields
  if (!('orders' in expected))
    return [
      ...compareAmounts(fields, expected, ''),
      ...compare('appid', expected.appid, fields.appid ?? fields.sp_appid),
      ...compare('sub_appid', expected.sub_appid, fields.sub_appid),
    ]
  const parts = partsOf(fields)
  const names = new Set([...Object.keys(expected.orders), ...parts.map(part => String(part.out_trade_no))])
  return [
    ...compare('appid', expected.appid, fields.combine_appid),
    ...[...names].flatMap(name => comparePart(name, parts, expected)),
  ]
}

/**
 * Refuses a paid order that is not as the merchant's records have it (see {@link findDifferences}). Thrown in a handler of
 * `createNotificationHandler`, it refuses the notification.
 *
 * @param order a notification's resource or a query's response
 * @param expected what the merchant's records say; undefined where they do not have the order
 * @throws {UnexpectedOrderError} `ORDER_UNEXPECTED`, with the `differences`
 * @throws {CallError} `PARAMETER_INVALID`, `OPTION_UNKNOWN`: `expected` has no integer `total`, or a key that is none of these
 * @see https://pay.weixin.qq.com/wiki/doc/api/wxpay/ch/guide/pos/VerificationOfCallbackInformation.shtml
 * @example
 * ```ts
 * requireExpected(resource, await db.expected(resource.out_trade_no)) // { total: 100, appid }
 * await ship(resource.out_trade_no)
 * ```
 */
export function requireExpected(order: object, expected: ExpectedOrder | ExpectedCombinedOrder | undefined): void {
  const differences = compareWithRecords(order, expected)
  if (differences.length === 0) return
  const which = differences
    .map(({ field, expected, received }) => `${field} is ${received}, not ${expected}`)
    .join('; ')
  throw new UnexpectedOrderError(
    'ORDER_UNEXPECTED',
    `The order is not the one that was placed: ${which}. Hand nothing over, and look into it.`,
    undefined,
    { differences },
  )
}

/** Compares an order with the merchant's records, which may not have it. */
export const compareWithRecords = (
  order: object,
  expected: ExpectedOrder | ExpectedCombinedOrder | undefined,
): Difference[] => (expected == null ? [unknownOrder(order as Fields)] : findDifferences(order, expected))

const unknownOrder = ({ out_trade_no, combine_out_trade_no }: Fields): Difference =>
  combine_out_trade_no === undefined
    ? { field: 'out_trade_no', expected: undefined, received: out_trade_no }
    : { field: 'combine_out_trade_no', expected: undefined, received: combine_out_trade_no }

/** Tells whether a notification says that an order is paid, by what it holds: a share of a payment has the same event. */
export function isPayment({ api, event, resource }: Pick<Notification, 'api' | 'event' | 'resource'>): boolean {
  const fields = Object(resource) as Fields
  if (api === 'v2')
    return (
      (event === 'transaction-success' && isSuccessfulPayment(fields)) ||
      (event === 'combined-transactions-success' && fields.result_code === 'SUCCESS')
    )
  const parts = partsOf(fields)
  return parts.length > 0 ? parts.some(part => isPaid(part.trade_state)) : isPaid(fields.trade_state)
}

/**
 * Tells whether a `transaction-success` of APIv2 reports a payment. A deduction that failed (委托代扣 扣款失败) has the same name.
 *
 * @param fields of the notification
 * @see https://pay.weixin.qq.com/doc/v2/merchant/4011988064
 */
export const isSuccessfulPayment = ({ result_code, trade_state }: Readonly<Record<string, unknown>>): boolean =>
  result_code === 'SUCCESS' && trade_state !== 'PAY_FAIL'

/** The orders of a combined one: APIv3's, or APIv2's. */
function partsOf({ sub_orders, sub_order_list }: Fields): readonly Fields[] {
  const list = sub_orders ?? Object(sub_order_list).order_list
  return Array.isArray(list) ? list.map(part => Object(part) as Fields) : []
}

function comparePart(name: string, parts: readonly Fields[], { orders }: ExpectedCombinedOrder): Difference[] {
  const expected = Object.hasOwn(orders, name) ? orders[name] : undefined
  const same = parts.filter(part => part.out_trade_no === name)
  const [part] = same
  if (expected && part && same.length === 1) return compareAmounts(part, expected, `orders.${name}.`)
  return [{ field: `orders.${name}`, expected: expected?.total, received: part && readAmount(part).total }]
}

function compareAmounts(order: Fields, { total, currency = 'CNY' }: ExpectedAmount, within: string): Difference[] {
  const received = readAmount(order)
  return [
    ...compare(`${within}total`, total, received.total),
    ...compare(`${within}currency`, currency, received.currency),
  ]
}

/** WeChat Pay leaves the currency out where it is CNY. */
function readAmount({ amount, total_fee, fee_type }: Fields): { total: unknown; currency: unknown } {
  const { total, total_amount, currency } = Object(amount) as Fields
  return { total: total ?? total_amount ?? total_fee, currency: currency || fee_type || 'CNY' }
}

const compare = (field: string, expected: unknown, received: unknown): Difference[] =>
  expected === undefined || String(expected) === String(received) ? [] : [{ field, expected, received }]
