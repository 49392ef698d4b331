// A program of its own: a gateway behind a simulator, served by the HTTP server of the runtime. It prints its address, the merchant and
// the token of the operator, and has an order paid whenever POST /pay asks for it.

import { Wechatpay } from '../../src/core/index.ts'
import { hashOf } from '../../src/gateway/caller/token.ts'
import { listenHttp } from '../../src/server/http.ts'
import { openGateway } from '../../src/server/index.ts'
import { createSimulator } from '../../src/simulator/index.ts'

const TOKEN = 'wxe_the-token-of-the-operator'
const held: { fetch?: (request: Request) => Promise<Response> } = {}
const simulator = await createSimulator({ deliver: async (input, init) => held.fetch!(new Request(input, init)) })
const { merchant, fetch, mtlsFetch } = simulator
const { mchid } = merchant
const wxpay = new Wechatpay({ ...merchant, fetch, mtlsFetch })
const gateway = await openGateway({
  merchants: { [mchid]: wxpay },
  callers: [{ name: 'admin', credential: { tokens: [await hashOf(TOKEN)] }, allow: ['* /admin/**'] }],
  data: ':memory:',
})
held.fetch = request => gateway.fetch(request)

async function pay(out_trade_no: string): Promise<void> {
  const order = { mchid, appid: merchant.appid, out_trade_no, description: '茶', amount: { total: 1 } }
  await wxpay.v3.pay.transactions.native.post({ ...order, notify_url: `https://gateway.example/notify/${mchid}` })
  simulator.pay({ out_trade_no })
  await simulator.settled()
}

const handle = async (request: Request): Promise<Response> => {
  const { pathname, searchParams } = new URL(request.url)
  if (pathname !== '/pay') return gateway.fetch(request)
  await pay(searchParams.get('number')!)
  return new Response(null, { status: 204 })
}

interface ServingRuntime {
  Deno?: { serve(options: object, handle: (request: Request) => Promise<Response>): { addr: { port: number } } }
  Bun?: { serve(options: object): { port: number } }
}
const { Deno, Bun } = globalThis as ServingRuntime
const address = { port: 0, hostname: '127.0.0.1' }
async function serve(): Promise<number> {
  if (Deno) return Deno.serve({ ...address, onListen() {} }, handle).addr.port
  if (Bun) return Bun.serve({ ...address, fetch: handle }).port
  return (await listenHttp({ fetch: handle, ...address })).port
}
console.log(JSON.stringify({ port: await serve(), mchid, token: TOKEN }))
