import type { Order } from './orders.ts'

/** Native: what the QR code holds. */
export const codeUrl = ({ prepay_id }: Order): string => `weixin://wxpay/bizpayurl?pr=${prepay_id.slice(-9)}`

/** H5: where the shopper's browser is sent. */
export const mwebUrl = ({ prepay_id }: Order): string =>
  `https://wx.tenpay.com/cgi-bin/mmpayweb-bin/checkmweb?prepay_id=${prepay_id}&package=${parseInt(prepay_id.slice(-7), 16)}`
