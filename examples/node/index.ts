// An order is placed, paid, notified and partly refunded. Without WECHATPAY_MCHID in the environment WeChat Pay is simulated:
// no merchant account needed.
import { ServiceError, Wechatpay } from 'wechatpay-edge'
import { wechatpay } from 'wechatpay-edge/node'
import { createSimulator } from 'wechatpay-edge/simulator'

const simulator = process.env.WECHATPAY_MCHID
  ? undefined
  : await createSimulator({
      async deliver() {
        console.log('notified: a server of yours would verify this now')
        return new Response(null, { status: 204 })
      },
    })
const wxpay = simulator
  ? new Wechatpay({ ...simulator.merchant, fetch: simulator.fetch, mtlsFetch: simulator.mtlsFetch })
  : wechatpay()
const { appid, mchid } = simulator?.merchant ?? {
  appid: String(process.env.WECHATPAY_APPID),
  mchid: String(process.env.WECHATPAY_MCHID),
}

const out_trade_no = `order${Date.now()}`
const { data: placed } = await wxpay.v3.pay.transactions.native.post({
  appid,
  mchid,
  out_trade_no,
  description: 'Image形象店-深圳腾大-QQ公仔',
  notify_url: 'https://example.com/notify',
  amount: { total: 100 }, // fen
})
console.log('show as a QR code:', placed.code_url)

simulator?.pay({ out_trade_no }) // the shopper
await simulator?.settled()
const order = wxpay.v3.pay.transactions.outTradeNo._out_trade_no_
const { data: paid, verifiedBy } = await order.get({ out_trade_no, params: { mchid } })
console.log('state:', paid.trade_state, '- verified by', verifiedBy)

// Paid, and as this shop has placed it: a number alone proves nothing of the amount.
if (paid.trade_state === 'SUCCESS' && paid.amount.total === 100 && paid.appid === appid) {
  const { data: refund } = await wxpay.v3.refund.domestic.refunds.post({
    out_trade_no,
    out_refund_no: `${out_trade_no}-1`,
    amount: { refund: 30, total: 100, currency: 'CNY' },
  })
  console.log('refunded:', refund.amount.refund, 'fen of', refund.amount.total)
}

try {
  await order.get({ out_trade_no: 'none', params: { mchid } })
} catch (error) {
  if (!(error instanceof ServiceError)) throw error
  console.log('refused:', error.serviceCode, error.serviceMessage)
}
