import { CallError } from '../../core/base/errors.ts'
import { credentialsOf, type Wechatpay } from '../../core/client/client.ts'
import type { CallOptions, Reply } from '../../definitions/call.ts'
import type {
  V3PayscorePartnerServiceorderPostRequest,
  V3PayscoreServiceorderPostRequest,
} from '../../definitions/generated/types.ts'
import { refuseUnknownOptions, requireAmount } from '../checks.ts'
import { isAbsent } from '../error-kind.ts'
import { requireMatch } from '../response-match.ts'
import { onceOnly, RETRY_OPTIONS, type RetryOptions, readRetries } from '../retries.ts'
import { sendOnce } from '../send-once.ts'
import { callRefused, outcomeUnknown } from './error.ts'
import {
  type AnyServiceOrder,
  isPartner,
  queryServiceOrder,
  requireServiceOrderName,
  type ServiceOrderName,
  serviceOrderIdentity,
} from './query.ts'

/** Request for a service order; with `sub_mchid` for a sub-merchant's. Amounts are in fen. */
export type ServiceOrderRequest = V3PayscoreServiceorderPostRequest | V3PayscorePartnerServiceorderPostRequest

/** A service order that exists. */
export interface CreatedServiceOrder {
  out_order_no: string
  order_id: string | undefined
  /** `CREATED` until the user confirms; `DOING` if they need not (免确认模式), or have confirmed. */
  state: string
  /** Opens the page on which the user confirms, once, see {@link startScoreConfirmation}. */
  package: string | undefined
}

/** The fields of a response that all endpoints have in common. */
interface Created {
  readonly out_order_no: string
  readonly order_id?: string
  readonly state: string
  readonly package?: string
}

/**
 * Creates a service order of WeChat Pay Score (创建支付分订单), once: for a merchant or a sub-merchant (`sub_mchid`).
 *
 * `out_order_no` identifies the order. WeChat Pay accepts the same parameters again (原参重入), so that a lost response is
 * settled by a query, and by the same call, which returns the `package`. If the process stops in between, call it again
 * with the same request.
 *
 * @param client the merchant's or partner's client
 * @param request `risk_fund.amount`: fen; `out_order_no`: 1 to 32 of `A-Za-z0-9_-|*`
 * @param options see {@link RetryOptions}
 * @throws {CallError} the request is invalid, or the number belongs to another order
 * @throws {ServiceOrderError} `SERVICE_ORDER_REFUSED`: there is no order; `OUTCOME_UNKNOWN`: repeat the call to find out
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4012587900
 * @see https://pay.weixin.qq.com/doc/v3/partner/4012692136
 * @example
 * ```ts
 * const order = await createServiceOrder(wxpay, {
 *   out_order_no, appid, service_id, service_introduction: '充电宝租借', notify_url,
 *   time_range: { start_time: 'OnAccept' }, risk_fund: { name: 'DEPOSIT', amount: 9900 }, // fen
 * })
 * const page = await startScoreConfirmation(wxpay, { package: order.package })
 * ```
 */
export async function createServiceOrder(
  client: Wechatpay,
  request: ServiceOrderRequest,
  options: RetryOptions = {},
): Promise<CreatedServiceOrder> {
  refuseUnknownOptions(options, RETRY_OPTIONS)
  requireServiceOrderName(request as ServiceOrderName)
  requireAmount(request.risk_fund?.amount, 'risk_fund.amount')
  const { out_order_no } = request
  const retries = readRetries(options)
  const { signal, timeout } = options
  const callOptions: CallOptions = timeout === undefined ? {} : { timeout }
  const identity = serviceOrderIdentity(request as ServiceOrderName, credentialsOf(client).account.mchid)
  const send = async (): Promise<Created> =>
    requireMatch(identity, await post(client, request, onceOnly(callOptions, signal)), true)
  const { by, data } = await sendOnce<Created, AnyServiceOrder>(
    {
      send,
      find: () =>
        queryServiceOrder(client, request as ServiceOrderName, callOptions).catch(error => {
          if (isAbsent(error)) return undefined
          throw error
        }),
      isConclusive: () => true,
      trustsSignedRefusals: false,
      refused: error => callRefused('creating', out_order_no, error),
      unknown: error => outcomeUnknown('creating', out_order_no, error),
    },
    retries,
  )
  if (by === 'query') requireSameOrder(data, request)
  // The query returns no package, but the same request does.
  const order =
    by === 'query' && data.state === 'CREATED' ? await send().catch(() => data as Created) : (data as Created)
  return { out_order_no, order_id: order.order_id, state: order.state, package: order.package }
}

const post = ({ v3 }: Wechatpay, request: ServiceOrderRequest, options: CallOptions): Promise<Reply<Created>> =>
  isPartner(request as ServiceOrderName)
    ? v3.payscore.partner.serviceorder.post(request as V3PayscorePartnerServiceorderPostRequest, options)
    : v3.payscore.serviceorder.post(request as V3PayscoreServiceorderPostRequest, options)

/** @throws {CallError} the number belongs to another order */
function requireSameOrder(found: AnyServiceOrder, request: ServiceOrderRequest): void {
  const differs = [
    ['service_id', found.service_id, request.service_id],
    ['appid', found.appid, request.appid],
    ['service_introduction', found.service_introduction, request.service_introduction],
    ['risk_fund.amount', found.risk_fund?.amount, request.risk_fund.amount],
  ].find(([, existing, asked]) => existing !== undefined && String(existing) !== String(asked))
  if (differs)
    throw new CallError(
      'BODY_INVALID',
      'out_order_no',
      `${request.out_order_no} belongs to another service order, whose ${differs[0]} differs`,
    )
}
