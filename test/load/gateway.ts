// The gateway in a process of its own, its ledger in a file, as `wechatpay-edge serve` runs it; but it waits less before it tries again.
import { Wechatpay } from '../../src/core/index.ts'
import { listenHttp } from '../../src/server/http.ts'
import { openGateway } from '../../src/server/index.ts'
import type { Merchant } from './wechatpay.ts'

export interface GatewaySetting {
  readonly merchant: Merchant
  readonly data: string
  /** Where notifications go; nowhere without. */
  readonly shop?: { readonly url: string; readonly secret: string }
}

const { merchant, data, shop } = JSON.parse(process.env.SETTING!) as GatewaySetting
const { mchid, publicKeyId, publicKey, ...keys } = merchant
const server = await openGateway({
  merchants: { [mchid]: new Wechatpay({ mchid, ...keys, platformKeys: { [publicKeyId]: publicKey } }) },
  callers: [],
  endpoints: shop ? [{ name: 'shop', url: shop.url, events: ['*'], secrets: [shop.secret], allowPrivate: true }] : [],
  data,
  retryDelayOf: attempt => Math.min(20 * 2 ** (attempt - 1), 200),
})
const listening = await listenHttp({ fetch: request => server.fetch(request), hostname: '127.0.0.1', port: 0 })
process.send!(`http://127.0.0.1:${listening.port}`)
process.on('message', () => process.send!(process.cpuUsage()))
process.once('disconnect', async () => {
  await listening.close()
  await server.close()
  process.exit()
})
