import { credentialsOf, type Wechatpay } from '../../../core/client.ts'
import type {
  V2RefundProcessedResource,
  V3RefundAbnormalResource,
  V3RefundClosedResource,
  V3RefundSuccessResource,
} from '../../../core/endpoints/generated/types.ts'
import type { Notification } from '../../../core/notification/notification.ts'
import { requireMerchantNumber } from '../checks.ts'
import {
  type AnyRefund,
  FINAL_REFUND_STATES,
  queryRefund,
  type RefundName,
  type RefundOf,
  refundIdentity,
  refundStateOf,
} from '../refund/query.ts'
import { isNotificationAbout, type Settled, type SettledOptions, waitUntilSettled } from './settled.ts'

/** What tells of a refund: the query's answer, or the notification's resource. */
export type SettledRefundData<Name> =
  | RefundOf<Name>
  | (Name extends { readonly mch_id: string }
      ? V2RefundProcessedResource
      : V3RefundSuccessResource | V3RefundClosedResource | V3RefundAbnormalResource)

const MINUTE = 60_000
/**
 * WeChat Pay advises a query a minute, after five minutes less often: after 5, 10, 20, 30 minutes. What goes to a card takes one
 * to three days.
 */
const DELAYS = [1, 1, 1, 1, 1, 5, 10, 20, 30].map(minutes => minutes * MINUTE)

/**
 * Waits until a refund is settled: `SUCCESS`, `CLOSED`, or `ABNORMAL`, where the shopper's card does not take it and the
 * merchant has to act. By a notification or a query, whichever comes first. It queries at once, each minute
 * for five minutes, then after 5, 10, 20 and every 30 minutes, and at the deadline. `state` is in APIv3's words in either API: APIv2's `REFUNDCLOSE` is `CLOSED`, its
 * `CHANGE` `ABNORMAL`. A state that WeChat Pay adds is not final.
 *
 * It changes nothing. A response about another refund is passed over and asked for again. When the process dies, call it again. Send
 * an `ABNORMAL` refund elsewhere with {@link redirectRefund}; refund a `CLOSED` one under a new number.
 *
 * @param name `{ out_refund_no }`, with `sub_mchid` where the order is a sub merchant's; of an e-commerce platform
 * `{ sp_appid, sub_mchid, out_refund_no }`; overseas `{ merchant_category_code, out_refund_no }`, of an institution with `sp_mchid`
 * and `sub_mchid`; of APIv2 `{ appid, mch_id, out_refund_no }`
 * @returns `isFinal: false` with what was last known when the deadline comes first
 * @throws {TransportError} `ABORTED`
 * @throws {ServiceError} WeChat Pay refuses the query, and would again: `NO_AUTH`, `SIGN_ERROR` and the like
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4013070374
 * @example
 * ```ts
 * const refund = await settledRefund(wxpay, { out_refund_no }, { deadline: Date.now() + 86_400_000, notifications })
 * if (refund.isFinal && refund.state === 'ABNORMAL') await callTheShopper(out_refund_no)
 * ```
 */
export async function settledRefund<Name extends RefundName>(
  client: Wechatpay,
  name: Name,
  options: SettledOptions,
): Promise<Settled<SettledRefundData<Name>>> {
  requireMerchantNumber(name.out_refund_no, 'out_refund_no', 64)
  const { account } = credentialsOf(client)
  const identity = refundIdentity(name, account.mchid)
  const result = await waitUntilSettled<object>(
    {
      query: queryOptions => queryRefund(client, name, queryOptions),
      stateOf: refundStateOf,
      isFinal: state => FINAL_REFUND_STATES.has(state),
      readNotification: notification =>
        isNotificationAbout(identity, notification) ? readRefund(notification, name) : undefined,
      delays: DELAYS,
      now: account.now,
    },
    options,
  )
  return result as Settled<SettledRefundData<Name>>
}

/** An APIv2 notification that no query has confirmed proves nothing: the next query tells. */
function readRefund({ api, resource, verifiedBy }: Notification, name: RefundName): AnyRefund | undefined {
  if (verifiedBy === undefined) return undefined
  const isOfName = (api === 'v2') === 'mch_id' in name && 'refund_status' in Object(resource)
  return isOfName ? (resource as AnyRefund) : undefined
}
