import { credentialsOf, type Wechatpay } from '../../core/client/client.ts'
import { APPID, MCHID, optionalParameter, requireParameter } from '../parameter.ts'

/** A sub-merchant (特约商户, 子商户) of a service provider. */
export interface SubMerchantIds {
  sub_mchid: string
  /** The service provider's appid, for orders. */
  sp_appid?: string | undefined
  /** The sub-merchant's appid, for orders of its own app. */
  sub_appid?: string | undefined
}

/** The fields by which each kind of call names the sub-merchant. */
export interface SubMerchantFields {
  /** Fields of an APIv3 order (`/v3/pay/partner/transactions/…`). */
  order: { sp_appid: string; sp_mchid: string; sub_mchid: string; sub_appid?: string }
  /** Fields of a query of an APIv3 order, and of the flows that take its name: `settledOrder`, `closeOrder`. */
  name: { sp_mchid: string; sub_mchid: string }
  /** Fields of refunds, profit sharing, bills, transfers and other APIv3 calls. */
  sub: { sub_mchid: string }
  /** Fields of APIv2 calls. */
  v2: { appid: string; mch_id: string; sub_mch_id: string; sub_appid?: string }
}

/**
 * Returns the fields by which calls name a sub-merchant, in one place, so that no call is made for another one or for the
 * service provider itself. Nothing is sent.
 *
 * `order` and `v2` require `sp_appid`; reading them without it throws.
 *
 * @param client the service provider's client, whose mchid is `sp_mchid`
 * @param merchant see {@link SubMerchantIds}
 * @throws {CallError} `PARAMETER_INVALID`: names the field
 * @example
 * ```ts
 * const shop = subMerchantFields(wxpay, { sp_appid, sub_mchid })
 * await wxpay.v3.pay.partner.transactions.native.post({ ...shop.order, out_trade_no, description, notify_url, amount })
 * await settledOrder(wxpay, { ...shop.name, out_trade_no }, { deadline })
 * await refund(wxpay, { ...shop.sub, out_trade_no, out_refund_no, amount: { refund: 30 } }) // fen
 * ```
 */
export function subMerchantFields(client: Wechatpay, merchant: SubMerchantIds): SubMerchantFields {
  const sp_mchid = credentialsOf(client).account.mchid
  const sub_mchid = requireParameter(merchant.sub_mchid, 'sub_mchid', MCHID)
  optionalParameter(merchant.sp_appid, 'sp_appid', APPID)
  const sub_appid = optionalParameter(merchant.sub_appid, 'sub_appid', APPID)
  const own = sub_appid === undefined ? {} : { sub_appid }
  const requireAppid = () => requireParameter(merchant.sp_appid, 'sp_appid', APPID)
  return {
    get order() {
      return { sp_appid: requireAppid(), sp_mchid, sub_mchid, ...own }
    },
    name: { sp_mchid, sub_mchid },
    sub: { sub_mchid },
    get v2() {
      return { appid: requireAppid(), mch_id: sp_mchid, sub_mch_id: sub_mchid, ...own }
    },
  }
}
