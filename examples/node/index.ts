// An order is placed, paid, and partly refunded: against a simulated WeChat Pay, no merchant account needed.
import { ServiceError, Wechatpay } from 'wechatpay-edge'
import { createSimulator } from 'wechatpay-edge/simulator'

const simulator = await createSimulator()
const { appid, mchid } = simulator.merchant
// With a merchant account: the same options from your own files, and no `fetch`.
const wxpay = new Wechatpay({ ...simulator.merchant, fetch: simulator.fetch, mtlsFetch: simulator.mtlsFetch })

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

simulator.pay({ out_trade_no }) // the shopper
const order = wxpay.v3.pay.transactions.outTradeNo._out_trade_no_
const { data: paid, verifiedBy } = await order.get({ out_trade_no, params: { mchid } })
console.log('paid:', paid.trade_state, paid.transaction_id, '- verified by', verifiedBy)

const { data: refund } = await wxpay.v3.refund.domestic.refunds.post({
  out_trade_no,
  out_refund_no: `${out_trade_no}-1`,
  amount: { refund: 30, total: 100, currency: 'CNY' },
})
console.log('refunded:', refund.amount.refund, 'fen of', refund.amount.total)

try {
  await order.get({ out_trade_no: 'none', params: { mchid } })
} catch (error) {
  if (!(error instanceof ServiceError)) throw error
  console.log('refused:', error.serviceCode, error.serviceMessage)
}
