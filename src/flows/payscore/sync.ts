import type { Wechatpay } from '../../core/client/client.ts'
import type { CallOptions } from '../../definitions/call.ts'
import { refuseUnknownOptions } from '../checks.ts'
import { type ParameterFormat, requireParameter } from '../parameter.ts'
import { onceOnly, RETRY_OPTIONS, type RetryOptions, readRetries, retryQuery } from '../retries.ts'
import { sendOnce } from '../send-once.ts'
import { callRefused, outcomeUnknown, wrongState } from './error.ts'
import {
  type AnyServiceOrder,
  isCompleted,
  isPartner,
  queryServiceOrder,
  requireServiceOrderName,
  type ServiceOrderName,
  type ServiceOrderOf,
} from './query.ts'

/** Result of {@link syncServiceOrder}. */
export interface SyncedServiceOrder<Data> {
  out_order_no: string
  /**
   * Whether WeChat Pay has charged the user too, before it learned of the other payment: the user has paid twice, so
   * refund one of the payments (`transaction_id` in the `collection` of `data`).
   */
  isPaidTwice: boolean
  data: Data
}

const PAID_TIME: ParameterFormat = [/^\d{8}(\d{6})?$/, 'the time of the payment: yyyyMMddHHmmss or yyyyMMdd']

/**
 * Tells WeChat Pay that the user has paid a completed service order in another way (同步服务订单信息, `Order_Paid`), so that
 * it does not charge them.
 *
 * First the order is queried, and after any error again: WeChat Pay may have charged the user in the meantime, which the
 * result reports (`isPaidTwice`). If the process stops in between, call it again.
 *
 * @param client the merchant's or partner's client
 * @param name the order, with the `paid_time` in Beijing time: `yyyyMMddHHmmss` or `yyyyMMdd`
 * @param options see {@link RetryOptions}
 * @throws {CallError} the name, the time or an option is invalid; nothing was sent
 * @throws {ServiceOrderError} `SERVICE_ORDER_STATE`: not completed, cancelled or expired; `SERVICE_ORDER_REFUSED`: for
 * example because a deduction is in progress, try again in 3 minutes; `OUTCOME_UNKNOWN`: repeat the call to find out
 * @throws {ServiceError | TransportError} the query before failed; nothing was sent
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4012587962
 * @see https://pay.weixin.qq.com/doc/v3/partner/4012458816
 * @example
 * ```ts
 * const { isPaidTwice } = await syncServiceOrder(wxpay, { ...name, paid_time: '20260301183000' })
 * if (isPaidTwice) await refundCash(out_order_no)
 * ```
 */
export async function syncServiceOrder<Name extends ServiceOrderName & { paid_time: string }>(
  client: Wechatpay,
  name: Name,
  options: RetryOptions = {},
): Promise<SyncedServiceOrder<ServiceOrderOf<Name>>> {
  refuseUnknownOptions(options, RETRY_OPTIONS)
  requireServiceOrderName(name)
  requireParameter(name.paid_time, 'paid_time', PAID_TIME)
  const { out_order_no } = name
  const retries = readRetries(options)
  const { signal, timeout } = options
  const callOptions: CallOptions = timeout === undefined ? {} : { timeout }
  const find = (more: CallOptions) => queryServiceOrder(client, name, { ...callOptions, ...more })
  const before = await retryQuery(retries, () => find(signal ? { signal } : {}))
  const isUnpaid = (order: AnyServiceOrder) => isCompleted(order) && order.state !== 'DONE'
  const order = isUnpaid(before)
    ? ((
        await sendOnce<object, AnyServiceOrder>(
          {
            send: () => postSync(client, name, onceOnly(callOptions, signal)),
            async find() {
              const found = await find({})
              return isUnpaid(found) ? undefined : found
            },
            // A partner's response has no body, so the order is queried in any case.
            isConclusive: () => false,
            trustsSignedRefusals: false,
            refused: error => callRefused('synchronizing', out_order_no, error),
            unknown: error => outcomeUnknown('synchronizing', out_order_no, error),
          },
          retries,
        )
      ).data as AnyServiceOrder)
    : before
  if (order.state !== 'DONE') throw wrongState('synchronizing', order)
  const { details = [] } = order.collection ?? {}
  const isPaidTwice = details.some(({ paid_type }) => paid_type === 'NEWTON')
  return { out_order_no, isPaidTwice, data: order as ServiceOrderOf<Name> }
}

function postSync(
  { v3 }: Wechatpay,
  name: ServiceOrderName & { paid_time: string },
  options: CallOptions,
): Promise<object> {
  const { out_order_no, service_id, paid_time } = name
  const { serviceorder, partner } = v3.payscore
  const paid = { service_id, type: 'Order_Paid', detail: { paid_time } }
  return isPartner(name)
    ? partner.serviceorder._out_order_no_.sync.post(
        { ...paid, sub_mchid: name.sub_mchid },
        { ...options, out_order_no },
      )
    : serviceorder._out_order_no_.sync.post({ ...paid, appid: name.appid }, { ...options, out_order_no })
}
