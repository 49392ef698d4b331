import { Wechatpay } from '../../src/core/index.ts'
import type { Setting } from '../setting.ts'

export function edge({ baseUrl, mchid, serial, merchant, platform, platformId, order }: Setting) {
  const wxpay = new Wechatpay({
    baseUrl,
    mchid,
    serial,
    privateKey: merchant.privateKey,
    platformKeys: { [platformId]: platform.publicKey },
  })
  return async () => (await wxpay.v3.pay.transactions.native.post(order)).data.code_url
}
