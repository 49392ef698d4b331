// A shop's Worker: GET /pay/{out_trade_no} places a Native order of 1 yuan and gives the text of its QR code.
import { ServiceError, Wechatpay } from 'wechatpay-edge'
import { type CloudflareEnvironment, wechatpay } from 'wechatpay-edge/cloudflare'
import { createSimulator, type Simulator } from 'wechatpay-edge/simulator'

interface Env extends CloudflareEnvironment {
  WECHATPAY_APPID?: string
}

export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const out_trade_no = /^\/pay\/(\w+)$/.exec(new URL(request.url).pathname)?.[1]
    if (!out_trade_no) return new Response('GET /pay/{out_trade_no}\n', { status: 404 })
    const { wxpay, appid, mchid } = await shop(env)
    try {
      const { data } = await wxpay.v3.pay.transactions.native.post({
        appid,
        mchid,
        out_trade_no,
        description: 'Tea',
        notify_url: 'https://example.com/notify',
        amount: { total: 100 }, // fen
      })
      return Response.json(data)
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error
      return Response.json({ error: error.serviceMessage }, { status: 502 })
    }
  },
}

let simulator: Promise<Simulator> | undefined

/** The merchant of the secrets; without any, a simulated one. */
async function shop(env: Env): Promise<{ wxpay: Wechatpay; appid: string; mchid: string }> {
  if (env.WECHATPAY_MCHID) return { wxpay: wechatpay(env), appid: env.WECHATPAY_APPID!, mchid: env.WECHATPAY_MCHID }
  simulator ??= createSimulator()
  const { merchant, fetch } = await simulator
  return { wxpay: new Wechatpay({ ...merchant, fetch }), appid: merchant.appid, mchid: merchant.mchid }
}
