import { percentEncode } from '../../../core/codec/query.ts'
import { CallError } from '../../../core/errors.ts'
import { requireUrl } from '../parameter.ts'

/** What placing an H5 order answered: one of the two URLs. */
export interface PrepaidInBrowser {
  /** APIv3 */
  h5_url?: string | undefined
  /** APIv2, and APIv3 overseas (`/v3/global/transactions/mweb`). */
  mweb_url?: string | undefined
  /** Where the browser returns after the shopper has paid, or has not: https, on a domain that the merchant registered. */
  redirect_url?: string | undefined
}

/**
 * Where a browser outside WeChat goes to start a payment (H5 调起支付), within 5 minutes. Link or redirect there from the page
 * whose domain the merchant registered: the `Referer` is examined.
 *
 * @throws {CallError} `PARAMETER_INVALID`, naming the field
 * @see https://pay.weixin.qq.com/docs/merchant/apis/h5-payment/h5-transfer-payment.html
 * @example
 * ```ts
 * const { data } = await wxpay.v3.pay.transactions.h5.post({ appid, mchid, …, scene_info })
 * const url = startH5({ ...data, redirect_url: `https://shop.example/orders/${out_trade_no}` })
 * return Response.redirect(url)
 * ```
 */
export function startH5({ h5_url, mweb_url, redirect_url }: PrepaidInBrowser): string {
  const name = mweb_url === undefined ? 'h5_url' : 'mweb_url'
  const given = mweb_url ?? h5_url
  const url = requireUrl(given, name, ['https:'])
  if (redirect_url === undefined) return given!
  requireUrl(redirect_url, 'redirect_url', ['https:'])
  if (url.searchParams.has('redirect_url')) throw new CallError('PARAMETER_INVALID', name, 'has a redirect_url already')
  // URLSearchParams would write all of it anew, and a space as +.
  url.search += `${url.search ? '&' : ''}redirect_url=${percentEncode(redirect_url, 'redirect_url', 'PARAMETER_INVALID')}`
  return url.href
}

/** What placing a Native order answered. */
export interface PrepaidByCode {
  code_url?: string | undefined
}

/**
 * The text of the QR code that the shopper scans (Native 调起支付), valid for 2 hours. It goes into the code as it is: shorten and
 * encode nothing. Nothing is signed.
 *
 * @throws {CallError} `PARAMETER_INVALID`: `code_url` is none
 * @see https://pay.weixin.qq.com/docs/merchant/apis/native-payment/direct-jsons/native-prepay.html
 * @example
 * ```ts
 * const { data } = await wxpay.v3.pay.transactions.native.post({ appid, mchid, … })
 * const svg = encodeQR(startNative(data), 'svg') // npm: qr
 * ```
 */
export function startNative({ code_url }: PrepaidByCode): string {
  requireUrl(code_url, 'code_url', ['weixin:', 'https:'])
  return code_url!
}
