import { optionsFrom } from '../../src/adapters/node.ts'
import { Wechatpay } from '../../src/core/index.ts'
import type { Setting } from '../setting.ts'

export function edge(setting: Setting) {
  const wxpay = edgeClient(setting)
  return async () => (await wxpay.v3.pay.transactions.native.post(setting.order)).data.code_url
}

export function edgeV2(setting: Setting) {
  const wxpay = edgeClient(setting)
  return async () =>
    (await wxpay.v2.pay.unifiedorder.post({ ...setting.orderV2, total_fee: Number(setting.orderV2.total_fee) })).data
      .code_url
}

export const edgeClient = ({ mchid, serial, merchant, platform, platformId, apiv3Key, apiv2Key, ...more }: Setting) =>
  new Wechatpay({
    ...optionsFrom({}),
    baseUrl: more.baseUrl,
    mchid,
    serial,
    apiv3Key,
    apiv2Key,
    privateKey: merchant.privateKey,
    platformKeys: { [platformId]: platform.publicKey },
  })
