// Refunds that cannot double: the answer to one is lost, one is asked for twice, one is too much. Against the simulator.
import { CallError, Wechatpay } from 'wechatpay-edge'
import { refund, refundNumber, settledRefund } from 'wechatpay-edge/payment'
import { createSimulator } from 'wechatpay-edge/simulator'

const simulator = await createSimulator({ deliver: async () => new Response(null, { status: 204 }) })
const { appid, mchid } = simulator.merchant
const wxpay = new Wechatpay({ ...simulator.merchant, fetch: simulator.fetch })
const wait = (ms: number) => simulator.advance(ms) // with WeChat Pay itself leave it out: it is a timer

const out_trade_no = 'order1'
const notify_url = 'https://example.com/notify'
const order = { appid, mchid, out_trade_no, description: 'Image形象店-深圳腾大-QQ公仔', notify_url }
await wxpay.v3.pay.transactions.native.post({ ...order, amount: { total: 100 } }) // fen
simulator.pay({ out_trade_no })

// The number is made of what the refund is for: the same item, the same number, however often and from wherever.
const tea = { out_trade_no, out_refund_no: refundNumber(out_trade_no, 'tea'), amount: { refund: 30 } }
simulator.faults.add({ kind: 'lost-response', method: 'POST', path: '/v3/refund/**', count: 1 })
const first = await refund(wxpay, tea, { wait })
console.log(`the answer was lost: ${first.amount} fen refunded, found by a ${first.by}`)

const again = await refund(wxpay, tea, { wait })
console.log('asked for again:', again.refund_id === first.refund_id ? 'the same refund' : 'another refund')

const cup = { out_trade_no, out_refund_no: refundNumber(out_trade_no, 'cup'), amount: { refund: 80 } }
try {
  await refund(wxpay, cup, { wait, earlier: [tea.out_refund_no] })
} catch (error) {
  if (!(error instanceof CallError)) throw error
  console.log('too much, not sent:', error.message)
}

const rest = { ...cup, amount: { refund: 70 } }
const { state } = await refund(wxpay, rest, { wait, earlier: [tea.out_refund_no] })
const settled = await settledRefund(wxpay, rest, { deadline: Date.now() + 60_000, wait })
console.log(`the rest: ${state}, then ${settled.state}`)
console.log('left of the order:', simulator.balance().pending, 'fen')
