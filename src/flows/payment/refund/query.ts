import { credentialsOf, type Wechatpay } from '../../../core/client/client.ts'
import type { CallOptions } from '../../../definitions/call.ts'
import type {
  V2PayRefundqueryPostResponse,
  V3EcommerceRefundRefund,
  V3GlobalRefundsRefund,
  V3Refund,
} from '../../../definitions/generated/types.ts'
import { requireMatch } from '../../response-match.ts'
import { QUERY_OPTIONS } from '../../retries.ts'
import { isOverseas, type OverseasParties, overseasMerchants } from '../order/overseas.ts'
import { readV2Refunds, type V2Refund } from './v2-list.ts'

/** Identifies a refund in APIv3; with `sub_mchid` for a sub-merchant's order. */
export interface V3RefundName {
  readonly out_refund_no: string
  readonly sub_mchid?: string
}

/** Identifies a refund in APIv2. */
export interface V2RefundName {
  readonly appid: string
  readonly mch_id: string
  readonly out_refund_no: string
  readonly sub_appid?: string
  readonly sub_mch_id?: string
  readonly sign_type?: 'MD5' | 'HMAC-SHA256'
}

/**
 * Identifies a refund of an e-commerce platform (电商收付通, `/v3/ecommerce/refunds/…`), marked by its `sp_appid`. The
 * request for the refund is a valid name.
 */
export interface EcommerceRefundName {
  readonly out_refund_no: string
  readonly sp_appid: string
  readonly sub_mchid: string
}

/**
 * Identifies a refund of an overseas order (`/v3/global/refunds/…`), marked by the order's `merchant_category_code`.
 */
export type OverseasRefundName = { readonly out_refund_no: string } & OverseasParties

export type RefundName = V3RefundName | EcommerceRefundName | OverseasRefundName | V2RefundName

/** A refund as returned by APIv2's query: its numbered fields and its order. */
export type V2QueriedRefund = V2Refund &
  Pick<V2PayRefundqueryPostResponse, 'out_trade_no' | 'transaction_id' | 'total_fee'>

export type EcommerceRefund = V3EcommerceRefundRefund
/** An overseas refund as WeChat Pay returns it; its `id` is the `refund_id` of other refunds. */
export type OverseasRefund = V3GlobalRefundsRefund
export type RefundOf<Name> = Name extends { readonly mch_id: string }
  ? V2QueriedRefund
  : Name extends { readonly merchant_category_code: string }
    ? OverseasRefund
    : Name extends { readonly sp_appid: string }
      ? EcommerceRefund
      : V3Refund
export type AnyRefund = V2QueriedRefund | EcommerceRefund | OverseasRefund | V3Refund

/**
 * Queries a refund (查询退款).
 *
 * @throws {ServiceError} for example because the refund does not exist
 * @throws {ResponseMismatchError} the response is about another refund
 */
export async function queryRefund(client: Wechatpay, name: RefundName, options: CallOptions): Promise<AnyRefund> {
  const queryOptions = { ...options, ...QUERY_OPTIONS }
  const { out_refund_no } = name
  const identity = refundIdentity(name, credentialsOf(client).account.mchid)
  if (isOverseas(name)) {
    const endpoint = client.v3.global.refunds.outRefundNo._out_refund_no_
    const params = overseasMerchants(name, credentialsOf(client).account.mchid)
    return requireMatch(identity, await endpoint.get({ ...queryOptions, out_refund_no, params }))
  }
  if ('sp_appid' in name) {
    const endpoint = client.v3.ecommerce.refunds.outRefundNo._out_refund_no_
    return requireMatch(
      identity,
      await endpoint.get({ ...queryOptions, out_refund_no, params: { sub_mchid: name.sub_mchid } }),
    )
  }
  if (!('mch_id' in name)) {
    const { sub_mchid } = name
    const endpoint = client.v3.refund.domestic.refunds._out_refund_no_
    const reply = await endpoint.get({ ...queryOptions, out_refund_no, ...(sub_mchid && { params: { sub_mchid } }) })
    return requireMatch(identity, reply)
  }
  const reply = await client.v2.pay.refundquery.post(name, queryOptions)
  const { mch_id, sub_mch_id, out_trade_no, transaction_id, total_fee } = reply.data
  const refund = readV2Refunds(reply.data).find(refund => refund.out_refund_no === out_refund_no)
  requireMatch(identity, { ...reply, data: { mch_id, sub_mch_id, out_trade_no, transaction_id, ...refund } })
  return { ...refund!, out_trade_no, transaction_id, total_fee }
}

/** Returns the fields that a response or a notification about the refund must have. */
export function refundIdentity(name: RefundName, mchid: string): Readonly<Record<string, unknown>> {
  const { out_refund_no } = name
  if ('mch_id' in name) return { out_refund_no, mch_id: name.mch_id, sub_mch_id: name.sub_mch_id }
  if (isOverseas(name)) return { out_refund_no, ...overseasMerchants(name, mchid) }
  const { sub_mchid } = name
  return sub_mchid === undefined ? { out_refund_no, mchid } : { out_refund_no, sub_mchid, sp_mchid: mchid }
}

/** Returns the refunded amount, in the smallest unit of its currency (fen, cents, yen). */
export const refundedAmount = (refund: AnyRefund): number =>
  Number('refund_fee' in refund ? refund.refund_fee : refund.amount.refund)
