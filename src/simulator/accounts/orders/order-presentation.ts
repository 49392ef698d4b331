import { isLocalHost } from '../../../core/base/local-host.ts'
import type { TradeState } from './order.ts'

/** Descriptions of trade states (`trade_state_desc`) in both API versions. */
export const TRADE_STATE_DESC: Readonly<Record<TradeState, string>> = {
  SUCCESS: '支付成功',
  REFUND: '订单发生过退款，退款详情请查询退款单',
  NOTPAY: '订单未支付',
  CLOSED: '订单已关闭',
  REVOKED: '订单已撤销',
  USERPAYING: '需要用户输入支付密码',
  PAYERROR: '支付失败',
  ACCEPT: '已接收，等待扣款',
}

/** An order, or a combined order, that has not been paid. */
interface PrepaidOrder {
  readonly prepay_id: string
}

/** Returns the content of the QR code of a Native payment. */
export const codeUrl = ({ prepay_id }: PrepaidOrder): string => `weixin://wxpay/bizpayurl?pr=${prepay_id.slice(-9)}`

/** Path of the page to which an H5 payment sends the shopper's browser. */
export const CASHIER_PATH = '/cgi-bin/mmpayweb-bin/checkmweb'

/**
 * Returns the URL to which an H5 payment sends the shopper's browser: WeChat Pay's, or that of the simulator's own cashier if the merchant
 * reaches the simulator at an address of this machine or of its network.
 *
 * @param origin scheme and host that the request was sent to
 */
export function mwebUrl({ prepay_id }: PrepaidOrder, origin: string): string {
  const cashier = isLocalHost(new URL(origin).hostname) ? origin : 'https://wx.tenpay.com'
  return `${cashier}${CASHIER_PATH}?prepay_id=${prepay_id}&package=${parseInt(prepay_id.slice(-7), 16)}`
}
