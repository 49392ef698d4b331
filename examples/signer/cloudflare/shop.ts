// A shop's Worker, which has no private key: POST /pay/{item}/{out_trade_no} places a Native order.
import { WechatpayError } from 'wechatpay-edge'
import { type CloudflareEnvironment, wechatpay } from 'wechatpay-edge/cloudflare'

interface Env extends CloudflareEnvironment {
  readonly WECHATPAY_APPID: string
}

/** In fen (分). The holder of the key does not sign the order of a car. */
const PRICES: Readonly<Record<string, number>> = { tea: 100, car: 10_000_000 }

export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const [, item = '', out_trade_no] = /^\/pay\/(tea|car)\/(\w+)$/.exec(new URL(request.url).pathname) ?? []
    if (!out_trade_no || request.method !== 'POST')
      return new Response('POST /pay/{item}/{out_trade_no}\n', { status: 404 })
    try {
      const { data } = await wechatpay(env).v3.pay.transactions.native.post({
        appid: env.WECHATPAY_APPID,
        mchid: env.WECHATPAY_MCHID!,
        out_trade_no,
        description: item,
        notify_url: 'https://example.com/notify',
        amount: { total: PRICES[item]! },
      })
      return Response.json(data)
    } catch (error) {
      if (!(error instanceof WechatpayError)) throw error
      return Response.json({ code: error.code, message: error.message }, { status: 502 })
    }
  },
}
