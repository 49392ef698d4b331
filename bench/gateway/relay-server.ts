// Runs the gateway in front of the delayed simulator, in its own process.
import { optionsFrom } from '../../src/adapters/node.ts'
import { Wechatpay, type WechatpayOptions } from '../../src/core/index.ts'
import { listenHttp } from '../../src/server/http.ts'
import { openGateway } from '../../src/server/index.ts'

/** Options passed by `relay.ts`. */
export interface RelaySetting {
  readonly client: WechatpayOptions
  readonly data: string
  /** `sha256:…` */
  readonly token: string
}

const { client, data, token } = JSON.parse(process.env.SETTING!) as RelaySetting
const server = await openGateway({
  merchants: { [client.mchid]: new Wechatpay({ ...optionsFrom({}), ...client }) },
  callers: [{ name: 'bench', credential: { tokens: [token] }, allow: ['* /v3/**'] }],
  data,
})
const listening = await listenHttp({ fetch: request => server.fetch(request), hostname: '127.0.0.1', port: 0 })
process.send!({ url: `http://127.0.0.1:${listening.port}` })
process.on('message', () => process.send!(process.cpuUsage()))
process.once('disconnect', async () => {
  await listening.close()
  await server.close()
  process.exit()
})
