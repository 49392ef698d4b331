// The gateway in a process of its own, as `wechatpay-edge serve` runs it; but it waits less before it tries again.
import { Wechatpay } from '../../src/core/index.ts'
import { LedgerError } from '../../src/gateway/store/ledger-error.ts'
import { listenHttp } from '../../src/server/http.ts'
import { openGateway } from '../../src/server/index.ts'
import { type GatewaySetting, UNAVAILABLE } from './fork-gateway.ts'

const { merchant, data, shop } = JSON.parse(process.env.SETTING!) as GatewaySetting
const { mchid, publicKeyId, publicKey, ...keys } = merchant
const endpoint = shop && { name: 'shop', url: shop.url, events: ['*'], secrets: [shop.secret], allowPrivate: true }
const server = await openGateway({
  merchants: { [mchid]: new Wechatpay({ mchid, ...keys, platformKeys: { [publicKeyId]: publicKey } }) },
  callers: [],
  endpoints: endpoint ? [endpoint] : [],
  data,
  retryDelayOf: attempt => Math.min(20 * 2 ** (attempt - 1), 200),
}).catch(error => {
  if (error instanceof LedgerError && error.code === 'LEDGER_UNAVAILABLE') process.exit(UNAVAILABLE)
  throw error
})
const listening = await listenHttp({ fetch: request => server.fetch(request), hostname: '127.0.0.1', port: 0 })
process.send!(`http://127.0.0.1:${listening.port}`)
process.on('message', () => process.send!(process.cpuUsage()))
process.once('disconnect', async () => {
  await listening.close()
  await server.close()
  process.exit()
})
