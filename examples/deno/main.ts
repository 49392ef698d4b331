// A shop's server: GET /pay/{out_trade_no} places a Native order of 1 yuan and gives the text of its QR code.
import { ServiceError, Wechatpay } from 'wechatpay-edge'
import { wechatpay } from 'wechatpay-edge/deno'
import { createSimulator } from 'wechatpay-edge/simulator'

// Without a merchant in the environment WeChat Pay is simulated.
const mchid = Deno.env.get('WECHATPAY_MCHID')
const simulator = mchid ? undefined : await createSimulator()
const wxpay = simulator ? new Wechatpay({ ...simulator.merchant, fetch: simulator.fetch }) : wechatpay()
const merchant = simulator?.merchant ?? { appid: String(Deno.env.get('WECHATPAY_APPID')), mchid: String(mchid) }

export default {
  async fetch(request) {
    const out_trade_no = /^\/pay\/(\w+)$/.exec(new URL(request.url).pathname)?.[1]
    if (!out_trade_no) return new Response('GET /pay/{out_trade_no}\n', { status: 404 })
    try {
      const { data } = await wxpay.v3.pay.transactions.native.post({
        appid: merchant.appid,
        mchid: merchant.mchid,
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
} satisfies Deno.ServeDefaultExport
