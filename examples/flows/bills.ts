// Yesterday's bill is downloaded, verified, read and laid beside the shop's own books. WeChat Pay is simulated: no merchant
// account needed.
import { Wechatpay } from 'wechatpay-edge'
import { downloadTradeBill, PAYMENTS, parseBill, REFUNDS, reconcile, type TradeRow } from 'wechatpay-edge/bill'
import { createSimulator } from 'wechatpay-edge/simulator'

const DAY = 24 * 3_600_000
let now = Date.now() - DAY
const clock = () => now
const simulator = await createSimulator({ now: clock, deliver: async () => new Response(null, { status: 204 }) })
const { merchant, fetch, mtlsFetch } = simulator
const wxpay = new Wechatpay({ ...merchant, fetch, mtlsFetch, now: clock })

// Yesterday: three orders are paid, one is partly refunded.
const { appid, mchid } = merchant
for (const [out_trade_no, total] of [
  ['tea00001', 2500],
  ['tea00002', 1800],
  ['tea00003', 990],
] as const) {
  const description = 'Oolong tea'
  const notify_url = 'https://example.com/notify'
  await wxpay.v3.pay.transactions.native.post({
    appid,
    mchid,
    description,
    out_trade_no,
    notify_url,
    amount: { total }, // fen
  })
  simulator.pay({ out_trade_no })
}
await wxpay.v3.refund.domestic.refunds.post({
  out_trade_no: 'tea00001',
  out_refund_no: 'tea00001-1',
  amount: { refund: 500, total: 2500, currency: 'CNY' },
})
await simulator.settled()
const bill_date = new Date(now + DAY / 3).toISOString().slice(0, 10) // in UTC+8
now += DAY

// Today: row by row, while it arrives.
const bill = await downloadTradeBill(wxpay, { bill_date, tar_type: 'GZIP' })
for await (const row of bill.rows)
  console.log(row.交易状态, row.商户订单号, row.交易状态 === 'REFUND' ? -row.申请退款金额 : row.订单金额, 'fen')
console.log('verified, and the summary agrees:', bill.summary?.总交易单数, 'rows')

// The books: one amount is wrong, one order was never written down, one was never paid.
const orders = [
  { out_trade_no: 'tea00001', amount: 2500 },
  { out_trade_no: 'tea00002', amount: 1080 },
  { out_trade_no: 'tea00004', amount: 300 },
]
const payments = reconcile({ by: PAYMENTS, records: orders, bill: await downloadTradeBill(wxpay, { bill_date }) })
for await (const finding of payments) console.log(finding.kind, finding.number)
console.log('payments matched:', payments.counts.matched)

// A bill that was saved is read again without WeChat Pay.
const { file } = await downloadTradeBill(wxpay, { bill_date })
const saved = await new Response(file).blob()
const refunds = reconcile({
  by: REFUNDS,
  records: [{ out_refund_no: 'tea00001-1', amount: 500 }],
  bill: parseBill<TradeRow>(saved.stream()),
})
for await (const finding of refunds) console.log(finding.kind, finding.number)
console.log('refunds matched:', refunds.counts.matched)
