import Pay from 'wechatpay-node-v3'
import { PayRequest } from 'wechatpay-node-v3/dist/lib/pay-request.js'
import type { Setting } from '../setting.ts'

const HOST = 'https://api.mch.weixin.qq.com/'

/** Signs, sends and parses, without verifying the response, because its HTTP layer discards the headers. */
export function nodeV3({ baseUrl, ...setting }: Setting) {
  const pay = nodeV3Client(setting)
  // The host is fixed; `createHttp` is the only way to replace it, here by a wrapper of its own HTTP layer.
  const inner = new PayRequest()
  const toLocal = (url: string) => url.replace(HOST, baseUrl)
  pay.createHttp({
    get: (url: string, headers: Record<string, string>) => inner.get(toLocal(url), headers),
    post: (url: string, params: Record<string, unknown>, headers: Record<string, string>) =>
      inner.post(toLocal(url), params, headers),
    upload: inner.upload,
  })
  return async () =>
    ((await pay.transactions_native(setting.order)) as unknown as { data: { code_url: string } }).data.code_url
}

export function nodeV3Client(setting: Omit<Setting, 'baseUrl'>): Pay {
  const { mchid, serial, merchant, platform, platformId, apiv3Key, order } = setting
  // Fills its cache of platform keys, which it would otherwise download as certificates.
  const cache = Pay as unknown as { certificates: Record<string, string> }
  cache.certificates[platformId] = platform.publicKey
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
