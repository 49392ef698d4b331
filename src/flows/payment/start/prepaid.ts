import { nonce } from '../../../core/crypto/nonce.ts'
import type { Account } from '../../../core/options/account.ts'
import { APPID, type ParameterFormat, requireParameter } from '../../parameter.ts'

/**
 * An order that was placed and is to be paid. It is signed with the key of the client that placed it; for partners that
 * is the partner's key, never the sub-merchant's.
 *
 * | order | `appid` | `mchid` (App only) |
 * | --- | --- | --- |
 * | 普通商户 | `appid` | `mchid` |
 * | 服务商 (APIv3) | `sub_appid` if the order has one (with a `sub_openid`, in the sub-merchant's own app), otherwise
 * `sp_appid` | `sp_mchid` |
 * | 服务商 (APIv2) | `sub_appid` if the order has one, otherwise `appid` | `sub_mch_id` |
 * | 合单 | `combine_appid` | `combine_mchid` |
 * | 境外 (`/v3/global/…`), a merchant | `appid` | `mchid` |
 * | 境外, an institution (机构) | `sub_appid` if the order has one, otherwise `sp_appid` | `sp_mchid` |
 *
 * The appid is never guessed, so the caller must give it.
 */
export interface Prepaid {
  /** The appid that the openid of the order belongs to, which is that of the app that starts the payment: `wx…`. */
  appid: string
  /** `prepay_id` of the response to placing the order, valid for 2 hours; the prefix `prepay_id=` is accepted. */
  prepay_id: string
}

/** An order to pay in an app. */
export interface PrepaidInApp extends Prepaid {
  /**
   * 商户号 according to the table of {@link Prepaid}. Default: the client's, which is wrong only for partners of APIv2.
   */
  mchid?: string | undefined
}

const PREPAY_ID: ParameterFormat = [/^(prepay_id=)?[\w-]+$/, 'the prepay_id of the response to placing the order']

/** Values that all ways of starting a payment sign. */
export interface StartFields {
  readonly appid: string
  /** The prepay id without prefix. */
  readonly prepayId: string
  /** Seconds since 1970, as text. */
  readonly timestamp: string
  readonly nonce: string
}

/** @throws {CallError} names the field */
export const readPrepaid = ({ appid, prepay_id }: Prepaid, { now, crypto }: Account): StartFields => ({
  appid: requireParameter(appid, 'appid', APPID),
  prepayId: requireParameter(prepay_id, 'prepay_id', PREPAY_ID).replace('prepay_id=', ''),
  timestamp: String(Math.floor(now() / 1000)),
  nonce: nonce(crypto),
})
