import { Wechatpay } from 'wechatpay-axios-plugin'
import type { Setting } from '../setting.ts'

interface Placed {
  data: { code_url: string }
}

export function plugin(setting: Setting) {
  // Its types do not declare the chain.
  const native = pluginClient(setting).v3!.pay!.transactions!.native!
  return async () => (await native.post<unknown, Placed>(setting.order)).data.code_url
}

export function pluginV2(setting: Setting) {
  const unifiedorder = pluginClient(setting).v2!.pay!.unifiedorder!
  return async () => (await unifiedorder.post<unknown, Placed>(setting.orderV2)).data.code_url
}

const pluginClient = ({ baseUrl, mchid, serial, merchant, platform, platformId, apiv2Key }: Setting) =>
  new Wechatpay({
    baseURL: baseUrl,
    mchid,
    serial,
    secret: apiv2Key,
    privateKey: merchant.privateKey,
    certs: { [platformId]: platform.publicKey },
  })
