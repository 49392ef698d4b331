import { CallError } from '../../../core/base/errors.ts'
import { isLocalHost } from '../../../core/base/local-host.ts'
import { percentEncode } from '../../../core/codec/query.ts'
import { requireUrl } from '../../parameter.ts'

/** Response to placing an H5 order, which has one of the two URLs. */
export interface PrepaidInBrowser {
  /** APIv3 */
  h5_url?: string | undefined
  /** APIv2, and APIv3 overseas (`/v3/global/transactions/mweb`). */
  mweb_url?: string | undefined
  /**
   * URL to which the browser returns after the payment or its cancellation: https, on a domain registered by the
   * merchant. With the simulator also http, at `localhost` or an IP address.
   */
  redirect_url?: string | undefined
}

/**
 * Returns the URL with which a browser outside WeChat starts a payment (H5 调起支付), valid for 5 minutes. Link or redirect
 * to it from a page on a domain registered by the merchant, because WeChat Pay checks the `Referer`.
 *
 * @param order the response to placing the order, with `redirect_url` if wanted
 * @throws {CallError} `PARAMETER_INVALID`: names the field
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
  const url = requireWebUrl(given, name)
  if (redirect_url === undefined) return given!
  requireWebUrl(redirect_url, 'redirect_url')
  if (url.searchParams.has('redirect_url')) throw new CallError('PARAMETER_INVALID', name, 'has a redirect_url already')
  // URLSearchParams would re-encode the whole query, and write a space as +.
  url.search += `${url.search ? '&' : ''}redirect_url=${percentEncode(redirect_url, 'redirect_url', 'PARAMETER_INVALID')}`
  return url.href
}

/** Accepts http only with `localhost` or an IP address as the host, as a simulator or a program under development has it. */
function requireWebUrl(value: unknown, field: string): URL {
  const url = requireUrl(value, field, ['https:', 'http:'])
  return isLocalHost(url.hostname) ? url : requireUrl(value, field, ['https:'])
}

/** Response to placing a Native order. */
export interface PrepaidByCode {
  code_url?: string | undefined
}

/**
 * Returns the text of the QR code that the shopper scans (Native 调起支付), valid for 2 hours. Use it unchanged, without
 * shortening or encoding. Nothing is signed.
 *
 * @param order the response to placing the order
 * @throws {CallError} `PARAMETER_INVALID`: `code_url` is missing or invalid
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
