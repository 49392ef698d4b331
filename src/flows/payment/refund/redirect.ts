import { CallError } from '../../../core/base/errors.ts'
import { refundIdOf, refundStateOf } from '../../../core/base/refund-states.ts'
import type { Wechatpay } from '../../../core/client/client.ts'
import type { CallOptions } from '../../../definitions/call.ts'
import type {
  V3EcommerceRefundsRefundIdApplyAbnormalRefundPostRequest,
  V3EcommerceRefundsRefundIdApplyAbnormalRefundPostResponse,
  V3RefundDomesticRefundsRefundIdApplyAbnormalRefundPostRequest,
  V3RefundDomesticRefundsRefundIdApplyAbnormalRefundPostResponse,
} from '../../../definitions/generated/types.ts'
import { refuseUnknownOptions, requireMerchantNumber } from '../../checks.ts'
import { isAbsent } from '../../error-kind.ts'
import { requireMatch } from '../../response-match.ts'
import { RETRY_OPTIONS, type Retries, type RetryOptions, readRetries, retryQuery } from '../../retries.ts'
import { sendOnce } from '../../send-once.ts'
import { isOverseas } from '../order/overseas.ts'
import { type AcceptedRefund, acceptRefund } from './apply.ts'
import { refundNameOf } from './calls.ts'
import { refundRefused, refundUnknown } from './error.ts'
import { type AnyRefund, type EcommerceRefund, queryRefund, refundedAmount } from './query.ts'

/** Request to redirect an abnormal refund. `bank_account` and `real_name` are encrypted by the client. */
export type V3RedirectRequest = V3RefundDomesticRefundsRefundIdApplyAbnormalRefundPostRequest
/** The same for an e-commerce platform, marked by its `sp_appid`. */
export type EcommerceRedirectRequest = V3EcommerceRefundsRefundIdApplyAbnormalRefundPostRequest & {
  sp_appid: string
  sub_mchid: string
}
export type RedirectRequest = V3RedirectRequest | EcommerceRedirectRequest

/** WeChat Pay's response to a redirected refund. */
export type RedirectResponse<Request> = Request extends { sp_appid: string }
  ? V3EcommerceRefundsRefundIdApplyAbnormalRefundPostResponse | EcommerceRefund
  : V3RefundDomesticRefundsRefundIdApplyAbnormalRefundPostResponse

/**
 * Sends an abnormal refund to another account (发起异常退款): a bank card of the shopper, or the merchant's settlement card.
 * In APIv3, for a merchant, a partner (`sub_mchid`), or an e-commerce platform (`sp_appid`).
 *
 * The refund is queried first: if it is not abnormal, it is not redirected but returned (`isRepeat`). A lost response
 * is settled by a query, and only a refund that is still abnormal is sent again; as it is the same refund, its money is
 * sent only once.
 *
 * If the process stops in between, call it again with the same request.
 *
 * @param client the merchant's or partner's client
 * @param request `type: 'USER_BANK_CARD'` with `bank_type`, `bank_account`, `real_name` (plain text), or
 * `'MERCHANT_BANK_CARD'`
 * @param options see {@link RetryOptions}
 * @throws {CallError} there is no such refund; nothing was sent
 * @throws {RefundError} `REFUND_REFUSED`: it stays abnormal; `REFUND_CLOSED`: it was closed; `REFUND_ABNORMAL`: the new
 * account does not accept it either; `OUTCOME_UNKNOWN`: repeat the call to find out
 * @throws {ServiceError | TransportError} the first query failed
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4013070379
 * @see https://pay.weixin.qq.com/doc/v3/partner/4012649274
 * @example
 * ```ts
 * try {
 *   await refund(wxpay, request)
 * } catch (error) {
 *   if (!(error instanceof RefundError) || error.code !== 'REFUND_ABNORMAL') throw error
 *   const card = { type: 'USER_BANK_CARD', bank_type: 'ICBC_DEBIT', bank_account, real_name } as const
 *   await redirectRefund(wxpay, { out_refund_no: error.out_refund_no, ...card })
 * }
 * ```
 */
export async function redirectRefund<Request extends RedirectRequest>(
  client: Wechatpay,
  request: Request,
  options: RetryOptions = {},
): Promise<AcceptedRefund<RedirectResponse<Request>>> {
  refuseUnknownOptions(options, RETRY_OPTIONS)
  const out_refund_no = requireMerchantNumber(request.out_refund_no, 'out_refund_no', 64)
  if (isOverseas(request))
    throw new CallError(
      'BODY_INVALID',
      'merchant_category_code',
      'WeChat Pay has no API to redirect refunds of overseas orders. Use the merchant platform (商户平台)',
    )
  const retries = readRetries(options)
  const { signal, timeout } = options
  const callOptions: CallOptions = timeout === undefined ? {} : { timeout }
  const find = (more: CallOptions = {}) =>
    queryRefund(client, refundNameOf(request, out_refund_no), { ...callOptions, ...more })
  const before = await retryQuery(retries, () => find(signal && { signal })).catch(error => {
    if (isAbsent(error)) throw new CallError('BODY_INVALID', 'out_refund_no', 'WeChat Pay has no such refund', error)
    throw error
  })
  const accepted =
    refundStateOf(before) === 'ABNORMAL'
      ? await redirect(before, { ...retries, find, send: () => post(client, before, request, callOptions, signal) })
      : acceptResponse(before, 'query', true)
  return accepted as AcceptedRefund<RedirectResponse<Request>>
}

const acceptResponse = (refund: object, by: 'response' | 'query', isRepeat: boolean): AcceptedRefund<object> => {
  const { out_refund_no } = refund as AnyRefund
  const refund_id = refundIdOf(refund)
  const amount = refundedAmount(refund as AnyRefund)
  return acceptRefund({ out_refund_no, refund_id, state: refundStateOf(refund), amount, by, isRepeat, data: refund })
}

async function redirect(
  { out_refund_no }: AnyRefund,
  { find, send, ...retries }: Retries & { find: () => Promise<AnyRefund>; send: () => Promise<object> },
): Promise<AcceptedRefund<object>> {
  const { by, data } = await sendOnce(
    {
      send,
      /** Returns the refund once it is no longer abnormal: while it is, it can be redirected again. */
      async find() {
        const found = await find()
        return refundStateOf(found) === 'ABNORMAL' ? undefined : found
      },
      isConclusive: () => true,
      trustsSignedRefusals: false,
      refused: error => refundRefused(out_refund_no, error),
      unknown: error => refundUnknown(out_refund_no, error),
    },
    retries,
  )
  return acceptResponse(data, by, false)
}

async function post(
  client: Wechatpay,
  refund: AnyRefund,
  request: RedirectRequest,
  options: CallOptions,
  signal: AbortSignal | undefined,
): Promise<object> {
  const { out_refund_no } = request
  const refund_id = refundIdOf(refund)
  const once = { ...options, ...(signal && { signal }), retry: false as const, refund_id }
  const asked = { out_refund_no, refund_id }
  return 'sp_appid' in request
    ? requireMatch(asked, await client.v3.ecommerce.refunds._refund_id_.applyAbnormalRefund.post(request, once), true)
    : requireMatch(
        asked,
        await client.v3.refund.domestic.refunds._refund_id_.applyAbnormalRefund.post(request, once),
        true,
      )
}
