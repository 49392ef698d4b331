import type { Account } from '../../core/account.ts'
import { nonce } from '../../core/crypto/nonce.ts'
import { sign } from '../../core/crypto/rsa.ts'

export const PAYMENT_KINDS = ['jsapi', 'mini-program', 'app'] as const
export type PaymentKind = (typeof PAYMENT_KINDS)[number]

export const isPaymentKind = (text: string): text is PaymentKind => (PAYMENT_KINDS as readonly string[]).includes(text)

export interface Prepaid {
  readonly appid: string
  /** The bare id. */
  readonly prepayId: string
  /** `app`: the merchant whose order it is. */
  readonly partnerid: string
}

/**
 * What a client app hands to WeChat to start a payment (调起支付), under the names that WeChat wants. All values are text.
 *
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4012365340
 */
export async function signPayment(
  kind: PaymentKind,
  { appid, prepayId, partnerid }: Prepaid,
  { now, crypto, privateKey }: Account,
): Promise<Readonly<Record<string, string>>> {
  const time = String(Math.floor(now() / 1000))
  const random = nonce(crypto)
  const signed = async (last: string) =>
    sign(`${appid}\n${time}\n${random}\n${last}\n`, (await privateKey()).sign, crypto)
  if (kind === 'app')
    return {
      appid,
      partnerid,
      prepayid: prepayId,
      package: 'Sign=WXPay',
      noncestr: random,
      timestamp: time,
      sign: await signed(prepayId),
    }
  const packaged = `prepay_id=${prepayId}`
  return {
    // A mini program is its own appid: wx.requestPayment takes none.
    ...(kind === 'jsapi' && { appId: appid }),
    timeStamp: time,
    nonceStr: random,
    package: packaged,
    signType: 'RSA',
    paySign: await signed(packaged),
  }
}
