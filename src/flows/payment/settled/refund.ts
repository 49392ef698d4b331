import { isFinalRefundState, refundStateOf } from '../../../core/base/refund-states.ts'
import { MINUTE } from '../../../core/base/time.ts'
import { credentialsOf, type Wechatpay } from '../../../core/client/client.ts'
import type { AnyNotification } from '../../../core/notification/notification.ts'
import type {
  V2RefundProcessedResource,
  V3RefundAbnormalResource,
  V3RefundClosedResource,
  V3RefundSuccessResource,
} from '../../../definitions/generated/types.ts'
import { requireMerchantNumber } from '../../checks.ts'
import { isNotificationAbout, type Settled, type SettledOptions, waitUntilSettled } from '../../settled.ts'
import { type AnyRefund, queryRefund, type RefundName, type RefundOf, refundIdentity } from '../refund/query.ts'

/** Data of a refund: the response to the query, or the resource of the notification. */
export type SettledRefundData<Name> =
  | RefundOf<Name>
  | (Name extends { readonly mch_id: string }
      ? V2RefundProcessedResource
      : V3RefundSuccessResource | V3RefundClosedResource | V3RefundAbnormalResource)

/**
 * WeChat Pay recommends a query per minute, and fewer after five minutes: after 5, 10, 20, 30 minutes. Refunds to a
 * card take one to three days.
 */
const DELAYS = [1, 1, 1, 1, 1, 5, 10, 20, 30].map(minutes => minutes * MINUTE)

/**
 * Waits until a refund is settled according to a notification or a query, whichever comes first: `SUCCESS`, `CLOSED`,
 * or `ABNORMAL`, which means that the shopper's card does not accept it and the merchant must act. Queries at once,
 * every minute for five minutes, after 5, 10, 20 and every 30 minutes, and at the deadline. `state` is named as in
 * APIv3: APIv2's `REFUNDCLOSE` is `CLOSED`, and its `CHANGE` is `ABNORMAL`. States that WeChat Pay may add are not
 * final.
 *
 * Changes nothing. A response about another refund is ignored and the query repeated. If the process stops, call it
 * again. Send an `ABNORMAL` refund to another account with {@link redirectRefund}; replace a `CLOSED` one under a new
 * number.
 *
 * @param client the merchant's or partner's client
 * @param name `{ out_refund_no }`, with `sub_mchid` for a sub-merchant's order; for e-commerce platforms
 * `{ sp_appid, sub_mchid, out_refund_no }`; overseas `{ merchant_category_code, out_refund_no }`, for institutions with
 * `sp_mchid` and `sub_mchid`; in APIv2 `{ appid, mch_id, out_refund_no }`
 * @param options see {@link SettledOptions}
 * @returns `isFinal: false` with the last known state if the deadline comes first
 * @throws {TransportError} `ABORTED`
 * @throws {ServiceError} WeChat Pay refuses the query permanently: `NO_AUTH`, `SIGN_ERROR` and so on
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4013070374
 * @example
 * ```ts
 * const refund = await settledRefund(wxpay, { out_refund_no }, { deadline: Date.now() + 86_400_000, notifications })
 * if (refund.isFinal && refund.state === 'ABNORMAL') await contactShopper(out_refund_no)
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
      isFinal: isFinalRefundState,
      readNotification: notification =>
        isNotificationAbout(identity, notification) ? readRefund(notification, name) : undefined,
      delays: DELAYS,
      now: account.now,
    },
    options,
  )
  return result as Settled<SettledRefundData<Name>>
}

/** Reads a refund from a notification. Ignores unconfirmed APIv2 notifications, which prove nothing. */
function readRefund({ api, resource, verifiedBy }: AnyNotification, name: RefundName): AnyRefund | undefined {
  if (verifiedBy === undefined) return undefined
  const isOfName = (api === 'v2') === 'mch_id' in name && 'refund_status' in Object(resource)
  return isOfName ? (resource as AnyRefund) : undefined
}
