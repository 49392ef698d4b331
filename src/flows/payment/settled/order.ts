import { isFinalTradeState, isPaid } from '../../../core/base/trade-states.ts'
import { credentialsOf, type Wechatpay } from '../../../core/client/client.ts'
import type { AnyNotification } from '../../../core/notification/notification.ts'
import type { V2TransactionSuccessNotification } from '../../../definitions/generated/types.ts'
import { requireDeadline } from '../../checks.ts'
import {
  compareWithRecords,
  type Difference,
  type ExpectedCombinedOrder,
  type ExpectedOrder,
} from '../../expectation.ts'
import { requireExpectation } from '../../expectation-check.ts'
import { isNotificationAbout, type Settled, type SettledOptions, waitUntilSettled } from '../../settled.ts'
import { isOverseas, withTransactionId } from '../order/overseas.ts'
import {
  type AnyOrder,
  type OrderName,
  type OrderOf,
  orderIdentity,
  queryOrder,
  requireOrderName,
  tradeStateOf,
} from '../order/query.ts'

/**
 * Data of an order: the response to the query, or the resource of the notification, which have the same type in APIv3.
 */
export type SettledOrderData<Name> =
  | OrderOf<Name>
  | (Name extends { readonly mch_id: string } ? V2TransactionSuccessNotification : never)

/** Options of {@link settledOrder}. */
export interface SettledOrderOptions<Name = OrderName> extends SettledOptions {
  /**
   * The order as recorded by the merchant: amount, currency and appid; for a combined order, each of its orders. A paid
   * order that differs becomes {@link UnexpectedOrder}, never `SUCCESS`. Always set it, because a matching number
   * proves nothing about the amount. If it is set to undefined, the records do not have the order, and a paid one is
   * unexpected too; nothing is compared only if it is omitted.
   */
  expect?: (Name extends { readonly combine_out_trade_no: string } ? ExpectedCombinedOrder : ExpectedOrder) | undefined
}

/** A paid order that differs from `expect`: do not fulfil it, and investigate. */
export interface UnexpectedOrder<Data> {
  isFinal: true
  /** Not a state of WeChat Pay. */
  state: 'UNEXPECTED'
  /** WeChat Pay's state: `SUCCESS` or `REFUND`. */
  tradeState: string
  /** The fields that differ, with both values. */
  differences: readonly Difference[]
  by: 'notification' | 'query'
  data: Data
}

/** Delays recommended in 支付回调和查单实现指引: 5 s, 30 s, 1 min, 3 min, 5 min, 10 min, 30 min. */
const DELAYS = [5_000, 30_000, 60_000, 180_000, 300_000, 600_000, 1_800_000]

/**
 * Waits until an order is settled (`SUCCESS`, `REFUND`, `CLOSED`, `REVOKED`, `PAYERROR`) according to a notification or
 * a query, whichever comes first. Queries at once, after 5 and 30 seconds, 1, 3, 5, 10 and every 30 minutes, as WeChat
 * Pay recommends, and at the deadline. States that WeChat Pay may add are not final. A combined order is settled when
 * all of its orders are.
 *
 * Changes nothing. A response about another order is ignored and the query repeated. If the process stops, call it
 * again: the first query finds what happened in the meantime.
 *
 * @param client the merchant's or partner's client
 * @param name `{ out_trade_no }`, for partners with `sp_mchid` and `sub_mchid`; `{ combine_out_trade_no }`; overseas
 * `{ merchant_category_code, out_trade_no }`, for institutions with `sp_mchid` and `sub_mchid`; in APIv2
 * `{ appid, mch_id, out_trade_no }`
 * @param options see {@link SettledOrderOptions}
 * @returns `isFinal: false` with the last known state if the deadline comes first; `state: 'UNEXPECTED'` with the
 * `differences` if the order is paid but differs from `expect`
 * @throws {CallError} `PARAMETER_INVALID`, `OPTION_UNKNOWN`: `deadline` is missing, `expect` has no integer `total`, or an unknown key
 * @throws {TransportError} `ABORTED`
 * @throws {ServiceError} WeChat Pay refuses the query permanently: `NO_AUTH`, `SIGN_ERROR` and so on
 * @see https://pay.weixin.qq.com/docs/partner/products/partner-query-order/callback-and-query-order.html
 * @example
 * ```ts
 * const notifications = new EventTarget() // receives the notifications: see SettledOptions
 * const expect = { total: 100, appid } // fen; { total: 1750, currency: 'JPY', appid } is 1,750 yen
 * const order = await settledOrder(wxpay, { out_trade_no }, { deadline: Date.now() + 300_000, notifications, expect })
 * if (order.state === 'SUCCESS') await ship(out_trade_no)
 * if ('differences' in order) await alert(out_trade_no, order.differences)
 * ```
 */
export async function settledOrder<Name extends OrderName>(
  client: Wechatpay,
  name: Name,
  options: SettledOrderOptions<Name>,
): Promise<Settled<SettledOrderData<Name>> | UnexpectedOrder<SettledOrderData<Name>>> {
  requireOrderName(name)
  requireDeadline(options)
  const { expect, ...settledOptions } = options
  const isCompared = 'expect' in options
  if (expect != null) requireExpectation(expect)
  const { account } = credentialsOf(client)
  const identity = orderIdentity(name, account.mchid)
  const result = await waitUntilSettled<AnyOrder | V2TransactionSuccessNotification>(
    {
      query: queryOptions => queryOrder(client, name, queryOptions),
      // A query without a state proves nothing, since it may be the response to another call.
      stateOf: (order, by) =>
        by === 'notification' && 'mch_id' in name && !('trade_state' in order)
          ? V2_PAID
          : tradeStateOf(order as AnyOrder),
      isFinal: isFinalTradeState,
      readNotification: notification =>
        isNotificationAbout(identity, withOrderNumber(notification, name)) ? readOrder(notification, name) : undefined,
      delays: DELAYS,
      now: account.now,
    },
    settledOptions,
  )
  const order = result as Settled<SettledOrderData<Name>>
  return isCompared ? compareSettled(order, expect) : order
}

function compareSettled<Data>(
  settled: Settled<Data>,
  expect: ExpectedOrder | ExpectedCombinedOrder | undefined,
): Settled<Data> | UnexpectedOrder<Data> {
  if (!settled.isFinal || !hasPayment(settled)) return settled
  const differences = compareWithRecords(settled.data as object, expect)
  const { state: tradeState, by, data } = settled
  return differences.length === 0 ? settled : { isFinal: true, state: 'UNEXPECTED', tradeState, differences, by, data }
}

/**
 * Returns whether any order is paid: a combined order counts as CLOSED if one of its orders is, while others may be
 * paid.
 */
const hasPayment = ({ state, data }: { state: string; data: unknown }): boolean =>
  isPaid(state) ||
  ((data as { sub_orders?: { trade_state?: string }[] }).sub_orders ?? []).some(({ trade_state }) =>
    isPaid(trade_state),
  )

/** State for APIv2 notifications, which have none and are sent for paid orders only. */
const V2_PAID = 'SUCCESS'

/** Adds `transaction_id` to the notification of an overseas order, which has WeChat Pay's number as `id`. */
const withOrderNumber = (notification: AnyNotification, name: OrderName): AnyNotification =>
  isOverseas(name) ? { ...notification, resource: withTransactionId(Object(notification.resource)) } : notification

/**
 * Reads an order from a notification. Those without state and result are not about orders, such as
 * `TRANSACTION.SUCCESS` of profit sharing.
 */
function readOrder({ api, resource }: AnyNotification, name: OrderName): AnyOrder | undefined {
  if ((api === 'v2') !== 'mch_id' in name) return undefined
  const fields = Object(resource) as Readonly<Record<string, unknown>>
  const isOrder = api === 'v2' ? fields.result_code === 'SUCCESS' : 'trade_state' in fields || 'sub_orders' in fields
  return isOrder ? (fields as unknown as AnyOrder) : undefined
}
