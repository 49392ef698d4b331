import { credentialsOf, type Wechatpay } from '../../../core/client/client.ts'
import type {
  V3MedInsOrdersOutTradeNoOutTradeNoGetResponse,
  V3MedicalInsuranceSuccessResource,
} from '../../../definitions/generated/types.ts'
import { requireMerchantNumber } from '../../checks.ts'
import { MCHID, optionalParameter } from '../../parameter.ts'
import { requireMatch } from '../../response-match.ts'
import { QUERY_OPTIONS } from '../../retries.ts'
import { isNotificationAbout, type Settled, type SettledOptions, waitUntilSettled } from '../../settled.ts'

/** Identifies an order of medical insurance payment (医保支付); with `sub_mchid` for a sub-merchant's. */
export interface MedicalOrderName {
  readonly out_trade_no: string
  readonly sub_mchid?: string | undefined
}

/** Data of the order: the response to the query, or the resource of the notification. */
export type SettledMedicalOrderData = V3MedInsOrdersOutTradeNoOutTradeNoGetResponse | V3MedicalInsuranceSuccessResource

const FINAL: ReadonlySet<string> = new Set(['MIX_PAY_SUCCESS', 'MIX_PAY_REFUND', 'MIX_PAY_FAIL'])

/** Delays as for other payments (支付回调和查单实现指引). */
const DELAYS = [5_000, 30_000, 60_000, 180_000, 300_000, 600_000, 1_800_000]

/**
 * Waits until an order of medical insurance payment (医保自费混合收款) is settled according to a notification or a query,
 * whichever comes first: `MIX_PAY_SUCCESS`, `MIX_PAY_FAIL`, or `MIX_PAY_REFUND` (both parts are refunded). Queries at once,
 * after 5 and 30 seconds, 1, 3, 5, 10 and every 30 minutes, and at the deadline. States that WeChat Pay may add are not
 * final. `self_pay_status` and `med_ins_pay_status` have the states of both parts: the user's own payment comes first, and
 * only a successful settlement by the insurance makes the order successful.
 *
 * Changes nothing. A response about another order is ignored and the query repeated. If the process stops, call it
 * again. After a lost response to placing the order, query it, and place it again if there is none.
 *
 * @param client the merchant's or partner's client
 * @param name `{ out_trade_no }`, with `sub_mchid` for a sub-merchant's order
 * @param options see {@link SettledOptions}
 * @returns `isFinal: false` with the last known state if the deadline comes first
 * @throws {CallError} `BODY_INVALID`, `PARAMETER_INVALID`: names the field
 * @throws {TransportError} `ABORTED`
 * @throws {ServiceError} WeChat Pay refuses the query permanently: `NO_AUTH`, `SIGN_ERROR` and so on
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4016781479
 * @see https://pay.weixin.qq.com/doc/v3/partner/4012503286
 * @example
 * ```ts
 * const order = await settledMedicalOrder(wxpay, { out_trade_no }, { deadline: Date.now() + 300_000, notifications })
 * if (order.state === 'MIX_PAY_SUCCESS') await register(out_trade_no)
 * ```
 */
export async function settledMedicalOrder(
  client: Wechatpay,
  name: MedicalOrderName,
  options: SettledOptions,
): Promise<Settled<SettledMedicalOrderData>> {
  const out_trade_no = requireMerchantNumber(name.out_trade_no, 'out_trade_no', 64)
  const sub_mchid = optionalParameter(name.sub_mchid, 'sub_mchid', MCHID)
  const identity = { out_trade_no, sub_mchid }
  const endpoint = client.v3.medIns.orders.outTradeNo._out_trade_no_
  return waitUntilSettled<SettledMedicalOrderData>(
    {
      query: async queryOptions =>
        requireMatch(
          identity,
          await endpoint.get({
            ...queryOptions,
            ...QUERY_OPTIONS,
            out_trade_no,
            ...(sub_mchid !== undefined && { params: { sub_mchid } }),
          }),
        ),
      stateOf: ({ mix_pay_status }) => mix_pay_status,
      isFinal: state => FINAL.has(state),
      readNotification: notification =>
        notification.event === 'MEDICAL_INSURANCE.SUCCESS' && isNotificationAbout(identity, notification)
          ? (notification.resource as unknown as V3MedicalInsuranceSuccessResource)
          : undefined,
      delays: DELAYS,
      now: credentialsOf(client).account.now,
    },
    options,
  )
}
