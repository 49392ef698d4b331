// A service order of WeChat Pay Score (微信支付分): created, confirmed, completed, lowered, paid. Against the simulator.
import { Wechatpay } from 'wechatpay-edge'
import {
  completeServiceOrder,
  confirmedServiceOrder,
  createServiceOrder,
  modifyServiceOrder,
  settledServiceOrder,
  startScoreConfirmation,
} from 'wechatpay-edge/payscore'
import { createSimulator } from 'wechatpay-edge/simulator'

const simulator = await createSimulator({ deliver: async () => new Response(null, { status: 204 }) })
const { appid } = simulator.merchant
const wxpay = new Wechatpay({ ...simulator.merchant, fetch: simulator.fetch })
const wait = (ms: number) => simulator.advance(ms) // with WeChat Pay itself leave it out: it is a timer

const name = { out_order_no: 'rental1', service_id: '2002000000000558128851361561536', appid }
const order = await createServiceOrder(wxpay, {
  ...name,
  service_introduction: '充电宝租借',
  time_range: { start_time: 'OnAccept' },
  risk_fund: { name: 'DEPOSIT', amount: 9_900 }, // fen
  notify_url: 'https://example.com/notify',
})
const { miniProgram } = await startScoreConfirmation(wxpay, { package: order.package })
console.log(`${order.state}; for wx.openBusinessView: ${miniProgram.businessType}`)

simulator.confirmServiceOrder('rental1') // the user
const confirmed = await confirmedServiceOrder(wxpay, name, { deadline: Date.now() + 60_000, wait })
console.log('confirmed:', confirmed.state)

// The answer is lost; the amount is set once all the same.
simulator.faults.add({ kind: 'lost-response', method: 'POST', path: '/v3/payscore/**', count: 1 })
const fee = { total_amount: 300, post_payments: [{ name: '租借费', amount: 300 }] }
const completed = await completeServiceOrder(wxpay, { ...name, ...fee }, { wait })
console.log('due:', completed.total_amount, 'fen')

const less = { total_amount: 200, post_payments: [{ name: '租借费', amount: 200 }], reason: '归还时间有误' }
const lowered = await modifyServiceOrder(wxpay, { ...name, ...less }, { wait })
console.log('lowered to:', lowered.total_amount, 'fen')

simulator.payServiceOrder('rental1') // WeChat Pay deducts it
const settled = await settledServiceOrder(wxpay, name, { deadline: Date.now() + 60_000, wait })
console.log('then', settled.state)
