import { credentialsOf, type Wechatpay } from '../../../core/client.ts'
import type { V2TransactionSuccessNotification } from '../../../core/endpoints/generated/types.ts'
import type { Notification } from '../../../core/notification/notification.ts'
import { isPaid } from '../../../core/trade-states.ts'
import {
  compareWithRecords,
  type Difference,
  type ExpectedCombinedOrder,
  type ExpectedOrder,
} from '../../expectation.ts'
import { requireExpectation } from '../../expectation-check.ts'
import { isOverseas, withTransactionId } from '../order/overseas.ts'
import {
  type AnyOrder,
  FINAL_TRADE_STATES,
  type OrderName,
  type OrderOf,
  orderIdentity,
  queryOrder,
  requireOrderName,
  tradeStateOf,
} from '../order/query.ts'
import { isNotificationAbout, type Settled, type SettledOptions, waitUntilSettled } from './settled.ts'

/** What tells of an order: the query's answer, or the notification's resource, which in APIv3 is the same. */
export type SettledOrderData<Name> =
  | OrderOf<Name>
  | (Name extends { readonly mch_id: string } ? V2TransactionSuccessNotification : never)

/** How to wait for an order, and what it has to be. */
export interface SettledOrderOptions<Name = OrderName> extends SettledOptions {
  /**
   * The order as the merchant's own records have it: amount, currency and appid; of a combined order each of its orders. A paid order
   * that differs is {@link UnexpectedOrder}, never `SUCCESS`. Give it always: a number alone proves nothing of the amount. If it is
   * given as undefined, the records do not have the order, and a paid one is unexpected too. Only if it is left out is nothing compared.
   */
  expect?: (Name extends { readonly combine_out_trade_no: string } ? ExpectedCombinedOrder : ExpectedOrder) | undefined
}

/** The order is paid, but is not what `expect` says: hand nothing over, and look into it. */
export interface UnexpectedOrder<Data> {
  isFinal: true
  /** None of WeChat Pay's states. */
  state: 'UNEXPECTED'
  /** WeChat Pay's state: `SUCCESS` or `REFUND`. */
  tradeState: string
  /** The fields that differ, with both values. */
  differences: readonly Difference[]
  by: 'notification' | 'query'
  data: Data
}

/** 支付回调和查单实现指引: 5 s, 30 s, 1 min, 3 min, 5 min, 10 min, 30 min. */
const DELAYS = [5_000, 30_000, 60_000, 180_000, 300_000, 600_000, 1_800_000]

/**
 * Waits until an order is settled (`SUCCESS`, `REFUND`, `CLOSED`, `REVOKED`, `PAYERROR`): by a notification or a query,
 * whichever comes first. It queries at once, then after 5 and 30 seconds, 1, 3, 5, 10 and every 30 minutes, as WeChat Pay
 * advises, and at the deadline. A state that WeChat Pay adds is not final. A combined order is settled when each of its orders is.
 *
 * It changes nothing. A response about another order is passed over and asked for again. When the process dies, call it again: the
 * first query finds what happened meanwhile.
 *
 * @param name `{ out_trade_no }`; of a partner with `sp_mchid` and `sub_mchid`; `{ combine_out_trade_no }`; overseas
 * `{ merchant_category_code, out_trade_no }`, of an institution with `sp_mchid` and `sub_mchid`; of APIv2
 * `{ appid, mch_id, out_trade_no }`
 * @returns `isFinal: false` with what was last known when the deadline comes first; `state: 'UNEXPECTED'` with the `differences`
 * when it is paid and not what `expect` says
 * @throws {CallError} `PARAMETER_INVALID`, `OPTION_UNKNOWN`: `expect` has no integer `total`, or a key that it cannot have
 * @throws {TransportError} `ABORTED`
 * @throws {ServiceError} WeChat Pay refuses the query, and would again: `NO_AUTH`, `SIGN_ERROR` and the like
 * @see https://pay.weixin.qq.com/docs/partner/products/partner-query-order/callback-and-query-order.html
 * @example
 * ```ts
 * const notifications = new EventTarget() // fed by the intake: see SettledOptions
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
  const { expect, ...settledOptions } = options
  const isCompared = 'expect' in options
  if (expect != null) requireExpectation(expect)
  const { account } = credentialsOf(client)
  const identity = orderIdentity(name, account.mchid)
  const result = await waitUntilSettled<AnyOrder | V2TransactionSuccessNotification>(
    {
      query: queryOptions => queryOrder(client, name, queryOptions),
      // A query's response without a state says nothing: it may be that of any other call.
      stateOf: (order, by) =>
        by === 'notification' && 'mch_id' in name && !('trade_state' in order)
          ? V2_PAID
          : tradeStateOf(order as AnyOrder),
      isFinal: state => FINAL_TRADE_STATES.has(state),
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

/** A combined order is CLOSED as a whole when one of its orders is, though the others may be paid. */
const hasPayment = ({ state, data }: { state: string; data: unknown }): boolean =>
  isPaid(state) ||
  ((data as { sub_orders?: { trade_state?: string }[] }).sub_orders ?? []).some(({ trade_state }) =>
    isPaid(trade_state),
  )

/** APIv2 notifies of what is paid, and names no state. */
const V2_PAID = 'SUCCESS'

/** An overseas order's notification has WeChat Pay's number as `id`, like its query. */
const withOrderNumber = (notification: Notification, name: OrderName): Notification =>
  isOverseas(name) ? { ...notification, resource: withTransactionId(Object(notification.resource)) } : notification

/** What has neither state nor result is about something else: a sharing of profits is a `TRANSACTION.SUCCESS` too. */
function readOrder({ api, resource }: Notification, name: OrderName): AnyOrder | undefined {
  if ((api === 'v2') !== 'mch_id' in name) return undefined
  const fields = Object(resource) as Readonly<Record<string, unknown>>
  const isOrder = api === 'v2' ? fields.result_code === 'SUCCESS' : 'trade_state' in fields || 'sub_orders' in fields
  return isOrder ? (fields as unknown as AnyOrder) : undefined
}
