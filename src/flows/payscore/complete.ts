import { CallError } from '../../core/base/errors.ts'
import type { Wechatpay } from '../../core/client/client.ts'
import type { CallOptions } from '../../definitions/call.ts'
import type {
  V3PayscorePartnerServiceorderOutOrderNoCompletePostRequest,
  V3PayscorePartnerServiceorderOutOrderNoModifyPostRequest,
  V3PayscoreServiceorderOutOrderNoCompletePostRequest,
  V3PayscoreServiceorderOutOrderNoModifyPostRequest,
} from '../../definitions/generated/types.ts'
import { formatAmount, refuseUnknownOptions, requireAmount } from '../checks.ts'
import { onceOnly, RETRY_OPTIONS, type Retries, type RetryOptions, readRetries, retryQuery } from '../retries.ts'
import { sendOnce } from '../send-once.ts'
import { type Attempt, callRefused, outcomeUnknown, wrongState } from './error.ts'
import {
  type AnyServiceOrder,
  isCompleted,
  isInUse,
  isPartner,
  queryServiceOrder,
  requireServiceOrderName,
  type ServiceOrderName,
  type ServiceOrderOf,
} from './query.ts'

type Numbered<Body> = Body & { out_order_no: string }

/** Request to complete a service order, with its number; with `sub_mchid` for a sub-merchant's. Amounts are in fen. */
export type CompleteRequest =
  | Numbered<V3PayscoreServiceorderOutOrderNoCompletePostRequest>
  | Numbered<V3PayscorePartnerServiceorderOutOrderNoCompletePostRequest>

/** Request to lower the amount of a completed service order, with its number. Amounts are in fen. */
export type ModifyRequest =
  | Numbered<V3PayscoreServiceorderOutOrderNoModifyPostRequest>
  | (Numbered<V3PayscorePartnerServiceorderOutOrderNoModifyPostRequest> & { service_id: string })

/** A service order whose amount is due or paid. Use {@link settledServiceOrder} to wait for the payment. */
export interface CompletedServiceOrder<Data> {
  out_order_no: string
  /** `DOING` until the user has paid; `DONE` at once if it costs nothing. */
  state: string
  /** In fen. */
  total_amount: number
  /** Whether it had this amount before this call. */
  isRepeat: boolean
  data: Data
}

/**
 * Completes a service order (完结支付分订单) with its final amount, which WeChat Pay then deducts from the user, once.
 *
 * First the order is queried: it must be in use, that is confirmed by the user. WeChat Pay does not accept a second
 * completion, so that after any error the order is queried again, and only while it is still in use is the same request
 * repeated. An order that is completed with this amount is returned (`isRepeat`).
 *
 * If the process stops in between, call it again with the same request. An order that is never completed is never paid.
 *
 * @param client the merchant's or partner's client
 * @param request `total_amount`: fen, the sum of `post_payments` less that of `post_discounts`; may be 0
 * @param options see {@link RetryOptions}
 * @throws {CallError} the amounts do not add up, or the order is completed with another amount; nothing was sent
 * @throws {ServiceOrderError} `SERVICE_ORDER_STATE`: not confirmed, cancelled or expired; `SERVICE_ORDER_REFUSED`: it is
 * still in use; `OUTCOME_UNKNOWN`: repeat the call to find out
 * @throws {ServiceError | TransportError} the query before failed; nothing was sent
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4012587955
 * @see https://pay.weixin.qq.com/doc/v3/partner/4012692408
 * @example
 * ```ts
 * await completeServiceOrder(wxpay, {
 *   out_order_no, appid, service_id, total_amount: 300, post_payments: [{ name: '租借费', amount: 300 }], // fen
 *   time_range: { end_time: '20260301183000' },
 * })
 * ```
 */
export async function completeServiceOrder<Request extends CompleteRequest>(
  client: Wechatpay,
  request: Request,
  options: RetryOptions = {},
): Promise<CompletedServiceOrder<ServiceOrderOf<Request>>> {
  const { path, body } = split(client, request)
  return changeAmount(client, request, options, 'completing', {
    isDone: isCompleted,
    isAllowed: isInUse,
    post: once => path.complete.post(body as never, once),
  }) as Promise<CompletedServiceOrder<ServiceOrderOf<Request>>>
}

/**
 * Lowers the amount of a completed service order that is not paid (修改订单金额). An amount can only be lowered; of a paid
 * order refund the difference.
 *
 * First the order is queried; one that has this amount is returned (`isRepeat`). After any error it is queried again,
 * and only while it is unpaid with another amount is the same request repeated. If the process stops in between, call
 * it again.
 *
 * @param client the merchant's or partner's client
 * @param request as for {@link completeServiceOrder}, with a `reason`
 * @param options see {@link RetryOptions}
 * @throws {CallError} the amounts do not add up, or the amount is not lower; nothing was sent
 * @throws {ServiceOrderError} `SERVICE_ORDER_STATE`: not completed, paid, cancelled or expired; `SERVICE_ORDER_REFUSED`:
 * unchanged, for example because a deduction is in progress; `OUTCOME_UNKNOWN`: repeat the call to find out
 * @throws {ServiceError | TransportError} the query before failed; nothing was sent
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4012587957
 * @see https://pay.weixin.qq.com/doc/v3/partner/4012692360
 * @example
 * ```ts
 * const fee = { total_amount: 200, post_payments: [{ name: '租借费', amount: 200 }] } // fen
 * await modifyServiceOrder(wxpay, { out_order_no, appid, service_id, ...fee, reason: '归还时间有误' })
 * ```
 */
export async function modifyServiceOrder<Request extends ModifyRequest>(
  client: Wechatpay,
  request: Request,
  options: RetryOptions = {},
): Promise<CompletedServiceOrder<ServiceOrderOf<Request>>> {
  const { path, body } = split(client, request)
  const { total_amount } = request
  return changeAmount(client, request, options, 'modifying', {
    isDone: order => isCompleted(order) && order.total_amount === total_amount,
    isAllowed: order =>
      isCompleted(order) &&
      order.state !== 'DONE' &&
      !(order.total_amount !== undefined && total_amount > order.total_amount),
    post: once => path.modify.post(body as never, once),
  }) as Promise<CompletedServiceOrder<ServiceOrderOf<Request>>>
}

const split = ({ v3 }: Wechatpay, { out_order_no, ...body }: CompleteRequest | ModifyRequest) => {
  const { serviceorder, partner } = v3.payscore
  const orders = isPartner(body as unknown as ServiceOrderName) ? partner.serviceorder : serviceorder
  return { path: orders._out_order_no_ as typeof serviceorder._out_order_no_, body }
}

/** A change of the amount, and the states that it concerns. */
interface AmountChange {
  /** Returns whether the order has been changed already. */
  isDone(order: AnyServiceOrder): boolean
  /** Returns whether the order can be changed so. */
  isAllowed(order: AnyServiceOrder): boolean
  post(options: CallOptions & { out_order_no: string }): Promise<object>
}

async function changeAmount(
  client: Wechatpay,
  request: CompleteRequest | ModifyRequest,
  options: RetryOptions,
  attempt: Attempt,
  change: AmountChange,
): Promise<CompletedServiceOrder<AnyServiceOrder>> {
  refuseUnknownOptions(options, RETRY_OPTIONS)
  requireServiceOrderName(request as ServiceOrderName)
  requireSum(request)
  const { out_order_no, total_amount } = request
  const retries: Retries = readRetries(options)
  const { signal, timeout } = options
  const callOptions: CallOptions = timeout === undefined ? {} : { timeout }
  const find = (more: CallOptions) =>
    queryServiceOrder(client, request as ServiceOrderName, { ...callOptions, ...more })
  /** @throws {CallError | ServiceOrderError} the order does not have the amount */
  const requireTotal = (order: AnyServiceOrder, isRepeat: boolean): CompletedServiceOrder<AnyServiceOrder> => {
    const hasOtherAmount = order.total_amount !== undefined && order.total_amount !== total_amount
    if (isCompleted(order) && hasOtherAmount && (order.state !== 'DONE' || attempt === 'completing'))
      throw amountDiffers(order, total_amount)
    if (!change.isDone(order)) throw wrongState(attempt, order)
    return { out_order_no, state: order.state, total_amount, isRepeat, data: order }
  }
  const before = await retryQuery(retries, () => find(signal ? { signal } : {}))
  if (change.isDone(before) || !change.isAllowed(before)) return requireTotal(before, true)
  const { data } = await sendOnce<object, AnyServiceOrder>(
    {
      send: () => change.post({ ...onceOnly(callOptions, signal), out_order_no }),
      async find() {
        const order = await find({})
        return change.isDone(order) || !change.isAllowed(order) ? order : undefined
      },
      // A partner's response has no body, so the order is queried in any case.
      isConclusive: () => false,
      trustsSignedRefusals: false,
      refused: error => callRefused(attempt, out_order_no, error),
      unknown: error => outcomeUnknown(attempt, out_order_no, error),
    },
    retries,
  )
  return requireTotal(data as AnyServiceOrder, false)
}

const amountDiffers = ({ out_order_no, total_amount = 0 }: AnyServiceOrder, asked: number): CallError =>
  new CallError(
    'BODY_INVALID',
    'total_amount',
    `the service order ${out_order_no} is completed with ${formatAmount(total_amount)}, not ${formatAmount(asked)}; lower an unpaid amount with modifyServiceOrder`,
  )

/** @throws {CallError} an amount is none, or they do not add up */
function requireSum({ total_amount, post_payments, post_discounts }: CompleteRequest | ModifyRequest): void {
  const sum = sumOf(post_payments, 'post_payments') - sumOf(post_discounts, 'post_discounts')
  if (Number.isSafeInteger(total_amount) && total_amount >= 0 && total_amount === sum) return
  throw new CallError(
    'BODY_INVALID',
    'total_amount',
    `give the sum of post_payments less that of post_discounts, ${formatAmount(sum)}, which must not be negative`,
  )
}

/** Adds up the amounts of a list. An item may cost nothing. */
const sumOf = (items: readonly { amount?: number }[] = [], field: string): number =>
  items.reduce(
    (sum, { amount = 0 }, at) => sum + (amount === 0 ? 0 : requireAmount(amount, `${field}[${at}].amount`)),
    0,
  )
