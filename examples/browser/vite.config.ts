import { buffer } from 'node:stream/consumers'
import { type Connect, defineConfig, type Plugin } from 'vite'
import { Wechatpay } from 'wechatpay-edge'
import { openGateway } from 'wechatpay-edge/server'
import { createSimulator } from 'wechatpay-edge/simulator'

/** The shop's server: the gateway holds the keys. Here it stands before a simulated WeChat Pay, and asks nobody for a token. */
async function shop(middlewares: Connect.Server): Promise<void> {
  const { merchant, fetch } = await createSimulator()
  const client = new Wechatpay({ ...merchant, fetch })
  const page = {
    name: 'page',
    credential: { tokens: [] },
    allow: ['POST /v3/pay/transactions/native'],
    maxAmount: 10_000,
  }
  const gateway = await openGateway({
    merchants: { [merchant.mchid]: client },
    callers: [page],
    authenticate: async () => page, // a shop looks at its session
    data: ':memory:',
  })
  middlewares.use('/merchant', (_, outgoing) => {
    outgoing.end(JSON.stringify({ appid: merchant.appid, mchid: merchant.mchid }))
  })
  middlewares.use('/gateway', async (incoming, outgoing) => {
    const body = new Uint8Array(await buffer(incoming))
    const request = new Request(new URL(incoming.url ?? '/', 'http://localhost'), {
      method: incoming.method ?? 'GET',
      headers: incoming.headers as Record<string, string>,
      body: body.length ? body : null,
    })
    const response = await gateway.fetch(request)
    outgoing.writeHead(response.status, Object.fromEntries(response.headers))
    outgoing.end(new Uint8Array(await response.arrayBuffer()))
  })
}

const plugin: Plugin = {
  name: 'shop',
  configureServer: ({ middlewares }) => shop(middlewares),
  configurePreviewServer: ({ middlewares }) => shop(middlewares),
}

export default defineConfig({ plugins: [plugin], build: { target: 'es2022' } })
