/** Of https://pay.weixin.qq.com/doc/global/v2/zh/4013634993: `paySign=MD5(appId=…&key=…) = 22D9…` */
export const KNOWN_V2 = {
  apiv2Key: 'qazwsxedcrfvtgbyhnujmikolp111111',
  appid: 'wxd678efh567hg6787',
  nonceStr: '5K8264ILTKCH16CQ2502SI8ZNMTM67VS',
  prepay_id: 'wx2017033010242291fcfe0db70013231072',
  /** Seconds. */
  timeStamp: 1490840662,
  paySign: '22D9B4E54AB1950F51E0649E8810ACD6',
}
