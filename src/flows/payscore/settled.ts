import { credentialsOf, type Wechatpay } from '../../core/client/client.ts'
import type { V3PayscoreUserConfirmResource, V3PayscoreUserPaidResource } from '../../definitions/generated/types.ts'
import { isNotificationAbout, type Settled, type SettledOptions, waitUntilSettled } from '../settled.ts'
import {
  type AnyServiceOrder,
  queryServiceOrder,
  requireServiceOrderName,
  type ServiceOrderName,
  type ServiceOrderOf,
  serviceOrderIdentity,
} from './query.ts'

/** Data of a service order: the response to the query, or the resource of the notification. */
export type SettledServiceOrderData<Name> =
  | ServiceOrderOf<Name>
  | V3PayscoreUserConfirmResource
  | V3PayscoreUserPaidResource

const FINAL: readonly string[] = ['DONE', 'REVOKED', 'EXPIRED']
const EVENTS: ReadonlySet<string> = new Set(['PAYSCORE.USER_CONFIRM', 'PAYSCORE.USER_PAID'])

/** Delays after which to query: most users confirm, and are charged, within minutes. */
const DELAYS = [5_000, 30_000, 60_000, 180_000, 300_000, 600_000, 1_800_000]

/**
 * Waits until a service order is settled according to a notification or a query, whichever comes first: `DONE` (paid, or
 * free of charge), `REVOKED` (cancelled) or `EXPIRED` (not confirmed within 30 days). Queries at once, after 5 and 30
 * seconds, 1, 3, 5, 10 and every 30 minutes, and at the deadline. States that WeChat Pay may add are not final. WeChat Pay
 * tries to deduct the amount of a completed order until it succeeds, which can take days.
 *
 * Changes nothing. A response about another order is ignored and the query repeated. If the process stops, call it
 * again.
 *
 * @param client the merchant's or partner's client
 * @param name `{ out_order_no, service_id, appid }`, for partners `{ out_order_no, service_id, sub_mchid }`
 * @param options see {@link SettledOptions}
 * @returns `isFinal: false` with the last known state if the deadline comes first
 * @throws {CallError} `PARAMETER_INVALID`: names the field
 * @throws {TransportError} `ABORTED`
 * @throws {ServiceError} WeChat Pay refuses the query permanently: `NO_AUTH`, `SIGN_ERROR` and so on
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4012587902
 * @see https://pay.weixin.qq.com/doc/v3/partner/4012155283
 * @example
 * ```ts
 * const order = await settledServiceOrder(wxpay, name, { deadline: Date.now() + 86_400_000, notifications })
 * if (order.state === 'DONE') await db.markPaid(out_order_no)
 * ```
 */
export const settledServiceOrder = <Name extends ServiceOrderName>(
  client: Wechatpay,
  name: Name,
  options: SettledOptions,
): Promise<Settled<SettledServiceOrderData<Name>>> => waitForState(client, name, options, FINAL)

/**
 * Waits until the user has confirmed a service order (`DOING`), or it has ended. Otherwise as
 * {@link settledServiceOrder}. A page that comes back, or a `query_id`, proves nothing.
 *
 * @param client the merchant's or partner's client
 * @param name `{ out_order_no, service_id, appid }`, for partners `{ out_order_no, service_id, sub_mchid }`
 * @param options see {@link SettledOptions}
 * @returns `isFinal: false` with the last known state if the deadline comes first
 * @throws {CallError} `PARAMETER_INVALID`: names the field
 * @throws {TransportError} `ABORTED`
 * @throws {ServiceError} WeChat Pay refuses the query permanently: `NO_AUTH`, `SIGN_ERROR` and so on
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4012587953
 * @example
 * ```ts
 * const order = await confirmedServiceOrder(wxpay, name, { deadline: Date.now() + 300_000, notifications })
 * if (order.state === 'DOING') await unlock(out_order_no)
 * ```
 */
export const confirmedServiceOrder = <Name extends ServiceOrderName>(
  client: Wechatpay,
  name: Name,
  options: SettledOptions,
): Promise<Settled<SettledServiceOrderData<Name>>> => waitForState(client, name, options, ['DOING', ...FINAL])

async function waitForState<Name extends ServiceOrderName>(
  client: Wechatpay,
  name: Name,
  options: SettledOptions,
  final: readonly string[],
): Promise<Settled<SettledServiceOrderData<Name>>> {
  requireServiceOrderName(name)
  const { account } = credentialsOf(client)
  const identity = serviceOrderIdentity(name, account.mchid)
  const result = await waitUntilSettled<AnyServiceOrder | V3PayscoreUserConfirmResource | V3PayscoreUserPaidResource>(
    {
      query: queryOptions => queryServiceOrder(client, name, queryOptions),
      stateOf: ({ state = '' }) => state,
      isFinal: state => final.includes(state),
      readNotification: notification =>
        EVENTS.has(notification.event) && isNotificationAbout(identity, notification)
          ? (notification.resource as unknown as V3PayscoreUserPaidResource)
          : undefined,
      delays: DELAYS,
      now: account.now,
    },
    options,
  )
  return result as Settled<SettledServiceOrderData<Name>>
}
