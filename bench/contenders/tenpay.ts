import Payment from 'tenpay'
import type { Setting } from '../setting.ts'

const HOST = 'https://api.mch.weixin.qq.com/'

export function tenpayV2({ baseUrl, ...setting }: Setting) {
  const tenpay = tenpayClient(setting)
  for (const [name, url] of Object.entries<string>(tenpay.urls)) tenpay.urls[name] = url.replace(HOST, baseUrl)
  // tenpay adds the merchant.
  const { appid, mch_id, ...order } = setting.orderV2
  return async (): Promise<string> => (await tenpay.unifiedOrder(order)).code_url
}

export const tenpayClient = ({ mchid, apiv2Key, orderV2: { appid, notify_url } }: Omit<Setting, 'baseUrl'>) =>
  new Payment({ appid, mchid, partnerKey: apiv2Key, notify_url })
