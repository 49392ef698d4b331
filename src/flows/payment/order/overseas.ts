import { CallError } from '../../../core/base/errors.ts'

/**
 * Parties of an overseas order (境外支付, `/v3/global/…`): a merchant (`mchid`, default the client's) or a sub-merchant of
 * an institution (机构). `merchant_category_code` (MCC) marks the order as overseas, because only overseas orders have
 * one.
 */
export type OverseasParties = {
  /** The MCC that the order was placed with. Sent only to endpoints that have it. */
  readonly merchant_category_code: string
} & ({ readonly mchid?: string | undefined } | { readonly sp_mchid: string; readonly sub_mchid: string })

/** Fields that identify the merchants to WeChat Pay. */
export type OverseasMerchants = { mchid: string } | { sp_mchid: string; sub_mchid: string }

/** Returns whether an order or refund is overseas, by its `merchant_category_code`. */
export const isOverseas = <Named extends object>(
  named: Named,
): named is Extract<Named, { readonly merchant_category_code: string }> =>
  (named as { merchant_category_code?: unknown }).merchant_category_code !== undefined

/**
 * Returns the fields that identify the merchants.
 *
 * @param named an overseas order or refund
 * @param mchid the client's, used if `named` has none
 * @throws {CallError} `BODY_INVALID`: only one of `sp_mchid` and `sub_mchid` is given
 */
export function overseasMerchants(named: object, mchid: string): OverseasMerchants {
  const { sp_mchid, sub_mchid, ...more } = named as Partial<Record<'mchid' | 'sp_mchid' | 'sub_mchid', string>>
  if (!sp_mchid !== !sub_mchid)
    throw new CallError('BODY_INVALID', 'sub_mchid', "give both sp_mchid and sub_mchid for a sub-merchant's order")
  return sp_mchid && sub_mchid ? { sp_mchid, sub_mchid } : { mchid: more.mchid ?? mchid }
}

/**
 * Returns an overseas order with WeChat Pay's number as `transaction_id`, as in the rest of the API; responses and
 * notifications of `/v3/global/…` call it `id`.
 *
 * @param order the data of a response or the resource of a notification; undefined if the response has no body
 */
export function withTransactionId(order: unknown): object {
  const fields: { readonly id?: string; readonly transaction_id?: string } = Object(order)
  const { id, transaction_id = id } = fields
  return { ...fields, transaction_id }
}
