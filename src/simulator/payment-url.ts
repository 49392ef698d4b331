/** An order, or several as one, that the shopper has yet to pay. */
interface Prepaid {
  readonly prepay_id: string
}

/** Native: what the QR code holds. */
export const codeUrl = ({ prepay_id }: Prepaid): string => `weixin://wxpay/bizpayurl?pr=${prepay_id.slice(-9)}`

/** H5: where the shopper's browser is sent. */
export const mwebUrl = ({ prepay_id }: Prepaid): string =>
  `https://wx.tenpay.com/cgi-bin/mmpayweb-bin/checkmweb?prepay_id=${prepay_id}&package=${parseInt(prepay_id.slice(-7), 16)}`
