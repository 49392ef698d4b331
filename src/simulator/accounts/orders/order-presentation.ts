import type { TradeState } from './orders.ts'

/** Descriptions of trade states (`trade_state_desc`) in both API versions. */
export const TRADE_STATE_DESC: Readonly<Record<TradeState, string>> = {
  SUCCESS: '支付成功',
  REFUND: '订单发生过退款，退款详情请查询退款单',
  NOTPAY: '订单未支付',
  CLOSED: '订单已关闭',
  REVOKED: '订单已撤销',
  USERPAYING: '需要用户输入支付密码',
  PAYERROR: '支付失败',
}

/** An order, or a combined order, that has not been paid. */
interface PrepaidOrder {
  readonly prepay_id: string
}

/** Returns the content of the QR code of a Native payment. */
export const codeUrl = ({ prepay_id }: PrepaidOrder): string => `weixin://wxpay/bizpayurl?pr=${prepay_id.slice(-9)}`

/** Returns the URL that an H5 payment sends the shopper's browser to. */
export const mwebUrl = ({ prepay_id }: PrepaidOrder): string =>
  `https://wx.tenpay.com/cgi-bin/mmpayweb-bin/checkmweb?prepay_id=${prepay_id}&package=${parseInt(prepay_id.slice(-7), 16)}`
