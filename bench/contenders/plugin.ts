import { Wechatpay } from 'wechatpay-axios-plugin'
import type { Setting } from '../setting.ts'

export function plugin({ baseUrl, mchid, serial, merchant, platform, platformId, order }: Setting) {
  const wxpay = new Wechatpay({
    baseURL: baseUrl,
    mchid,
    serial,
    privateKey: merchant.privateKey,
    certs: { [platformId]: platform.publicKey },
  })
  // Its types know of no chain.
  const native = wxpay.v3!.pay!.transactions!.native!
  return async () => (await native.post<unknown, { data: { code_url: string } }>(order)).data.code_url
}
