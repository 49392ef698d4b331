import type { Wechatpay } from '../../core/client/client.ts'
import type { CallOptions } from '../../definitions/call.ts'
import { refuseUnknownOptions } from '../checks.ts'
import { isAbsent, isCallerError, isTransient, wasNotSent } from '../error-kind.ts'
import { onceOnly, RETRY_OPTIONS, type RetryOptions, readRetries } from '../retries.ts'
import { notCancelled } from './error.ts'
import {
  type AnyServiceOrder,
  isPartner,
  queryServiceOrder,
  requireServiceOrderName,
  type ServiceOrderName,
  type ServiceOrderOf,
} from './query.ts'

/** Result of {@link cancelServiceOrder}. */
export type CancelledServiceOrder<Data> =
  /** A query found the order cancelled or expired: the user is not charged. */
  | { state: 'cancelled' | 'expired'; orderState: string; data: Data }
  /** A query found the order paid: the deduction was faster. Refund it. */
  | { state: 'paid'; orderState: string; data: Data }
  /** WeChat Pay has no such order. It may still arrive if the call that creates it is in progress. */
  | { state: 'absent'; orderState: undefined; data: undefined }

const ENDS: Readonly<Record<string, 'cancelled' | 'expired' | 'paid'>> = {
  REVOKED: 'cancelled',
  EXPIRED: 'expired',
  DONE: 'paid',
}

/**
 * Cancels a service order that is not paid (取消支付分订单): created, in use, or completed.
 *
 * Guarantees that `cancelled` means that a query found it so: the response may be lost, and the amount may be deducted in
 * the meantime, which results in `paid`. While it is neither, cancels it again after each delay, which is harmless (原参重入).
 * While a deduction is in progress, WeChat Pay asks to try again in 3 minutes. If the process stops in between, call it
 * again.
 *
 * @param client the merchant's or partner's client
 * @param name the order, with the `reason` (撤销原因, at most 50 characters), which the user sees
 * @param options see {@link RetryOptions}
 * @throws {CallError} the name or an option is invalid; nothing was sent
 * @throws {ServiceOrderError} `SERVICE_ORDER_NOT_CANCELLED`: the user may still be charged; repeat the call to continue
 * @throws {ServiceError} WeChat Pay refuses the query permanently: `NO_AUTH`, `SIGN_ERROR` and so on
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4012587905
 * @see https://pay.weixin.qq.com/doc/v3/partner/4012458758
 * @example
 * ```ts
 * const { state } = await cancelServiceOrder(wxpay, { out_order_no, service_id, appid, reason: '用户取消' })
 * ```
 */
export async function cancelServiceOrder<Name extends ServiceOrderName & { reason: string }>(
  client: Wechatpay,
  name: Name,
  options: RetryOptions = {},
): Promise<CancelledServiceOrder<ServiceOrderOf<Name>>> {
  refuseUnknownOptions(options, RETRY_OPTIONS)
  requireServiceOrderName(name)
  const { delays, signal, pause } = readRetries(options)
  const { timeout } = options
  const callOptions: CallOptions = timeout === undefined ? {} : { timeout }
  let order: AnyServiceOrder | undefined
  let error: unknown
  for (let attempt = 0; attempt <= delays.length; attempt++) {
    if (attempt > 0) await pause(delays[attempt - 1]!)
    if (signal?.aborted && attempt > 0) break
    error = await postCancel(client, name, onceOnly(callOptions, signal)).then(
      () => undefined,
      cause => cause,
    )
    if (isCallerError(error) || (attempt === 0 && signal?.aborted && wasNotSent(error))) throw error
    const found = await queryServiceOrder(client, name, callOptions).catch(cause => ({ cause }))
    if (!('cause' in found)) {
      order = found
      const state = ENDS[found.state]
      if (state) return { state, orderState: found.state, data: found } as CancelledServiceOrder<ServiceOrderOf<Name>>
    } else if (isAbsent(found.cause)) return { state: 'absent', orderState: undefined, data: undefined }
    else if (!isTransient(found.cause)) throw found.cause
    else error ??= found.cause
  }
  throw notCancelled(name.out_order_no, order, error)
}

async function postCancel(
  { v3 }: Wechatpay,
  name: ServiceOrderName & { reason: string },
  options: CallOptions,
): Promise<void> {
  const { out_order_no, service_id, reason } = name
  const { serviceorder, partner } = v3.payscore
  if (isPartner(name)) {
    const { sub_mchid } = name
    await partner.serviceorder._out_order_no_.cancel.post(
      { service_id, sub_mchid, reason },
      { ...options, out_order_no },
    )
  } else {
    const { appid } = name
    await serviceorder._out_order_no_.cancel.post({ appid, service_id, reason }, { ...options, out_order_no })
  }
}
