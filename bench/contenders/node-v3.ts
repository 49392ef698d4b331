import Pay from 'wechatpay-node-v3'
import { PayRequest } from 'wechatpay-node-v3/dist/lib/pay-request.js'
import type { Setting } from '../setting.ts'

const HOST = 'https://api.mch.weixin.qq.com/'

/** Signs, sends, parses. It verifies no answer: what its HTTP returns has no headers to do so with. */
export function nodeV3({ baseUrl, ...setting }: Setting) {
  const pay = nodeV3Client(setting)
  // Its host is built in; `createHttp` is the door that it leaves open. Its own HTTP goes through.
  const inner = new PayRequest()
  const there = (url: string) => url.replace(HOST, baseUrl)
  pay.createHttp({
    get: (url: string, headers: Record<string, string>) => inner.get(there(url), headers),
    post: (url: string, params: Record<string, unknown>, headers: Record<string, string>) =>
      inner.post(there(url), params, headers),
    upload: inner.upload,
  })
  return async () =>
    ((await pay.transactions_native(setting.order)) as unknown as { data: { code_url: string } }).data.code_url
}

export function nodeV3Client(setting: Omit<Setting, 'baseUrl'>): Pay {
  const { mchid, serial, merchant, platform, platformId, apiv3Key, order } = setting
  // It would fetch WeChat Pay's keys as certificates; this is where it keeps them.
  const kept = Pay as unknown as { certificates: Record<string, string> }
  kept.certificates[platformId] = platform.publicKey
  const [publicKey, privateKey] = [platform.publicKey, merchant.privateKey].map(pem => Buffer.from(pem))
  return new Pay({
    appid: order.appid,
    mchid,
    serial_no: serial,
    key: apiv3Key,
    publicKey: publicKey!,
    privateKey: privateKey!,
  })
}
