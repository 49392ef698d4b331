import { WechatpayError } from '../core/base/errors.ts'
import { isPaid } from '../core/base/trade-states.ts'
import type { AnyNotification } from '../core/notification/notification.ts'
import { requireExpectation } from './expectation-check.ts'

type Fields = Readonly<Record<string, unknown>>

/** The amount of an order. */
export interface ExpectedAmount {
  /**
   * The order's amount (`amount.total`, `total_amount`, `total_fee`) in the smallest unit of the currency: fen for CNY.
   * Not what the shopper pays (`payer_total`, `cash_fee`), which coupons reduce and the merchant does not determine.
   */
  total: number | bigint
  /** `amount.currency`, `fee_type`. Default: `CNY` */
  currency?: string | undefined
}

/** An order as recorded by the merchant. */
export interface ExpectedOrder extends ExpectedAmount {
  /** The appid the order was placed with: `appid`, or `sp_appid` for a partner's order. */
  appid?: string | undefined
  /** The sub-merchant's appid, for a partner's order. */
  sub_appid?: string | undefined
}

/** A combined order (合单) as recorded by the merchant. */
export interface ExpectedCombinedOrder {
  /** `combine_appid` */
  appid?: string | undefined
  /** All of its orders, by `out_trade_no`. */
  orders: Readonly<Record<string, ExpectedAmount>>
}

/** A field of an order that differs from the merchant's records. */
export interface Difference {
  /**
   * `total`, `currency`, `appid`, `sub_appid`; for orders of a combined order `orders.A1.total`, or `orders.A1` if only
   * one side has it.
   */
  readonly field: string
  /** The merchant's value; undefined if the records have none. */
  readonly expected: unknown
  /** WeChat Pay's value; undefined if it has none. */
  readonly received: unknown
}

/** Thrown for a paid order that differs from the one the merchant placed: do not fulfil it, and investigate. */
export class UnexpectedOrderError extends WechatpayError {
  override readonly name: string = 'UnexpectedOrderError'
  declare readonly code: 'ORDER_UNEXPECTED'
  declare readonly differences: readonly Difference[]
}

/**
 * Compares a paid order with the merchant's records: amount, currency, appid. WeChat Pay's checklist (接入质量检查清单)
 * requires this, because a matching number proves nothing about the amount: a web page or a caller may have placed the
 * order for less.
 *
 * @param order the resource of a notification or the data of a query, of APIv3 or APIv2, of a merchant or partner,
 * combined or not
 * @param expected the merchant's record: `total` in the smallest unit of `currency` (fen for CNY)
 * @returns the fields that differ; empty if the order is as expected
 * @throws {CallError} `PARAMETER_INVALID`, `OPTION_UNKNOWN`: `expected` has no integer `total`, or an unknown key
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
 * Throws if a paid order differs from the merchant's records (see {@link findDifferences}). In a handler of
 * `createNotificationHandler`, the error refuses the notification.
 *
 * @param order the resource of a notification or the data of a query
 * @param expected the merchant's record; undefined if the order is unknown
 * @throws {UnexpectedOrderError} `ORDER_UNEXPECTED`, with the `differences`
 * @throws {CallError} `PARAMETER_INVALID`, `OPTION_UNKNOWN`: `expected` has no integer `total`, or an unknown key
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
  const which =
    expected == null
      ? `your records (expect) have no order ${differences[0]!.received}`
      : differences.map(({ field, expected, received }) => `${field} is ${received}, not ${expected}`).join('; ')
  throw new UnexpectedOrderError(
    'ORDER_UNEXPECTED',
    `The order is not the one that was placed: ${which}. Do not fulfil it, and investigate.`,
    undefined,
    { differences },
  )
}

/** Compares an order with the merchant's records; an order they do not have is a difference too. */
export const compareWithRecords = (
  order: object,
  expected: ExpectedOrder | ExpectedCombinedOrder | undefined,
): Difference[] => (expected == null ? [unknownOrder(order as Fields)] : findDifferences(order, expected))

const unknownOrder = ({ out_trade_no, combine_out_trade_no }: Fields): Difference =>
  combine_out_trade_no === undefined
    ? { field: 'out_trade_no', expected: undefined, received: out_trade_no }
    : { field: 'combine_out_trade_no', expected: undefined, received: combine_out_trade_no }

/**
 * Returns whether a notification reports a paid order. Looks at the resource, because profit sharing has the same event
 * name.
 */
export function isPayment({ api, event, resource }: Pick<AnyNotification, 'api' | 'event' | 'resource'>): boolean {
  const fields = Object(resource) as Fields
  if (api === 'v2')
    return (
      (event === 'transaction-success' && isSuccessfulPayment(fields)) ||
      (event === 'combined-transactions-success' && fields.result_code === 'SUCCESS')
    )
  if (api === 'brand') return false
  const parts = partsOf(fields)
  return parts.length > 0 ? parts.some(part => isPaid(part.trade_state)) : isPaid(fields.trade_state)
}

/**
 * Returns whether an APIv2 `transaction-success` reports a payment; failed deductions (委托代扣 扣款失败) have the same event
 * name.
 *
 * @param fields the notification's fields
 * @see https://pay.weixin.qq.com/doc/v2/merchant/4011988064
 */
export const isSuccessfulPayment = ({ result_code, trade_state }: Readonly<Record<string, unknown>>): boolean =>
  result_code === 'SUCCESS' && trade_state !== 'PAY_FAIL'

/** Returns the orders of a combined order, of APIv3 or APIv2; empty for other orders. */
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

/** Reads the amount of an order. WeChat Pay may omit the currency if it is CNY. */
function readAmount({ amount, total_fee, fee_type }: Fields): { total: unknown; currency: unknown } {
  const { total, total_amount, currency } = Object(amount) as Fields
  return { total: total ?? total_amount ?? total_fee, currency: currency || fee_type || 'CNY' }
}

const compare = (field: string, expected: unknown, received: unknown): Difference[] =>
  expected === undefined || String(expected) === String(received) ? [] : [{ field, expected, received }]
