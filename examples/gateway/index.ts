// The gateway on Deno, Bun and Node, before a simulated WeChat Pay: what it is notified of it delivers to this very program.
import { Wechatpay } from 'wechatpay-edge'
import { openGateway } from 'wechatpay-edge/server'
import { createSimulator } from 'wechatpay-edge/simulator'

const simulator = await createSimulator({ deliver: (input, init) => gateway.fetch(new Request(input, init)) })
const { merchant } = simulator

// A shop of your own looks at tokens: `callers` with their hashes, or createServer(), which reads them from the environment.
const shop = {
  name: 'shop',
  credential: { tokens: [] },
  allow: ['POST /checkout/*', 'GET /admin/**'],
  maxAmount: 10_000,
}

const gateway = await openGateway({
  merchants: { [merchant.mchid]: new Wechatpay({ ...merchant, fetch: simulator.fetch }) },
  callers: [shop],
  authenticate: async () => shop,
  endpoints: [
    {
      name: 'shop',
      url: 'https://shop.example.com/',
      events: ['*'],
      secrets: [`whsec_${btoa('a secret of 24 characters')}`],
    },
  ],
  // Your own service, at the other end of the wire: here it only says what came.
  fetchOf: () => async (_, init) => {
    console.log('delivered:', String(init?.body))
    return new Response(null, { status: 204 })
  },
  publicUrl: 'https://pay.example.com',
  data: ':memory:', // a file, so that nothing is lost
})

export default {
  /** `GET /pay/{out_trade_no}` places a Native order of 1 yuan, and has the shopper pay it; all else is the gateway's. */
  async fetch(request: Request): Promise<Response> {
    const out_trade_no = /^\/pay\/(\w+)$/.exec(new URL(request.url).pathname)?.[1]
    if (!out_trade_no) return gateway.fetch(request)
    const { appid } = merchant
    const order = { appid, out_trade_no, description: 'Tea', amount: { total: 100 } } // fen
    const response = await gateway.fetch(
      new Request(new URL('/checkout/native', request.url), {
        method: 'POST',
        body: JSON.stringify(order),
        headers: { 'content-type': 'application/json' },
      }),
    )
    const { code_url } = (await response.json()) as { code_url: string }
    simulator.pay({ out_trade_no })
    await simulator.settled()
    return Response.json({ code_url })
  },
}
