import { CallError } from '../../../core/errors.ts'

/**
 * Whose an overseas order (境外支付, `/v3/global/…`) is: a merchant's (`mchid`, default the client's) or a sub-merchant's of an
 * institution (机构). `merchant_category_code` (MCC), which only overseas orders are placed with, tells it from a mainland order.
 */
export type OverseasParties = {
  /** The order's MCC, as it was placed with. It tells that the order is overseas, and is sent only where the endpoint has it. */
  readonly merchant_category_code: string
} & ({ readonly mchid?: string | undefined } | { readonly sp_mchid: string; readonly sub_mchid: string })

/** The fields that name the merchants to WeChat Pay. */
export type OverseasMerchants = { mchid: string } | { sp_mchid: string; sub_mchid: string }

/** Tells whether an order or a refund is of an overseas merchant: by its `merchant_category_code`. */
export const isOverseas = <Named extends object>(
  named: Named,
): named is Extract<Named, { readonly merchant_category_code: string }> =>
  (named as { merchant_category_code?: unknown }).merchant_category_code !== undefined

/**
 * Returns the fields that name the merchants.
 *
 * @param mchid the client's
 * @throws {CallError} `BODY_INVALID`: one of `sp_mchid` and `sub_mchid` is missing
 */
export function overseasMerchants(named: object, mchid: string): OverseasMerchants {
  const { sp_mchid, sub_mchid, ...more } = named as Partial<Record<'mchid' | 'sp_mchid' | 'sub_mchid', string>>
  if (!sp_mchid !== !sub_mchid)
    throw new CallError('BODY_INVALID', 'sub_mchid', "a sub-merchant's order is named with sp_mchid and sub_mchid")
  return sp_mchid && sub_mchid ? { sp_mchid, sub_mchid } : { mchid: more.mchid ?? mchid }
}

/**
 * Returns an overseas order with WeChat Pay's number under the name that the rest of the API has for it: `/v3/global/…` calls it
 * `id`, in responses and in notifications.
 *
 * @param order what a response or a notification holds; undefined where it has no body
 */
export function withTransactionId(order: unknown): object {
  // A response without a body is about no order.
  const fields: { readonly id?: string; readonly transaction_id?: string } = Object(order)
  const { id, transaction_id = id } = fields
  return { ...fields, transaction_id }
}
