/**
 * How long platform certificates (平台证书) are kept before they are fetched again, milliseconds: WeChat Pay wants less than
 * 12 hours to lie between.
 *
 * @see https://pay.weixin.qq.com/wiki/doc/api/wxpay/ch/fusion_wallet_ch/MiniProgramPay/chapter8_7.shtml
 */
export const MOST_AGE = 11 * 60 * 60 * 1000
