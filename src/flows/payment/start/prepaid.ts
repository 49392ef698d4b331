import type { Account } from '../../../core/account.ts'
import { nonce } from '../../../core/crypto/nonce.ts'
import { APPID, type ParameterFormat, requireParameter } from '../parameter.ts'

/**
 * An order that is placed and yet to be paid. It is signed with the key of the client that placed it: for partners the
 * partner's, never the sub merchant's.
 *
 * | order | `appid` | `mchid` (App alone) |
 * | --- | --- | --- |
 * | 普通商户 | `appid` | `mchid` |
 * | 服务商 (APIv3) | `sub_appid` where the order had one (with a `sub_openid`, in the sub merchant's own app), else `sp_appid` | `sp_mchid` |
 * | 服务商 (APIv2) | `sub_appid` where the order had one, else `appid` | `sub_mch_id` |
 * | 合单 | `combine_appid` | `combine_mchid` |
 * | 境外 (`/v3/global/…`), a merchant | `appid` | `mchid` |
 * | 境外, an institution (机构) | `sub_appid` where the order had one, else `sp_appid` | `sp_mchid` |
 *
 * Nothing guesses: which appid it is, the caller says.
 */
export interface Prepaid {
  /** The appid under which the order is paid: that to which its openid belongs, and that of the app which starts it. `wx…`. */
  appid: string
  /** What placing the order answered, valid for 2 hours. With `prepay_id=` in front it is taken too. */
  prepay_id: string
}

/** An order that is paid in an app. */
export interface PrepaidInApp extends Prepaid {
  /** 商户号, as the table of {@link Prepaid} has it; default: the client's, which is wrong for partners of APIv2 alone. */
  mchid?: string | undefined
}

const PREPAY_ID: ParameterFormat = [/^(prepay_id=)?[\w-]+$/, 'the prepay_id that placing the order answered']

/** What every way of starting a payment signs. */
export interface StartFields {
  readonly appid: string
  /** The bare prepay id. */
  readonly prepayId: string
  /** Seconds since 1970, as text. */
  readonly timestamp: string
  readonly nonce: string
}

/** @throws {CallError} naming the field */
export const readPrepaid = ({ appid, prepay_id }: Prepaid, { now, crypto }: Account): StartFields => ({
  appid: requireParameter(appid, 'appid', APPID),
  prepayId: requireParameter(prepay_id, 'prepay_id', PREPAY_ID).replace('prepay_id=', ''),
  timestamp: String(Math.floor(now() / 1000)),
  nonce: nonce(crypto),
})
