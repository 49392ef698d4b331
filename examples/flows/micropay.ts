// The shopper shows a payment code (付款码), and the till scans it: one who enters the password in time, one who never does, and
// one whose payment is cancelled at the till. Against the simulator, where waiting takes no time.
import { Wechatpay } from 'wechatpay-edge'
import { type MicropayState, micropay, micropayOutcome } from 'wechatpay-edge/payment'
import { createSimulator } from 'wechatpay-edge/simulator'

const simulator = await createSimulator()
const { appid, mchid } = simulator.merchant
const wxpay = new Wechatpay({ ...simulator.merchant, fetch: simulator.fetch })

const orderOf = (out_trade_no: string, auth_code: string) => ({
  appid,
  mchid,
  out_trade_no,
  description: 'Image形象店-深圳腾大-QQ公仔',
  amount: { total: 120_000 }, // fen; more than 1,000 yuan takes the shopper's password
  payer: { auth_code }, // 18 digits, from the scanner
  scene_info: { store_info: { id: '0001' } },
})
const tell = (state: MicropayState<{ transaction_id?: string }>) => {
  if (state.state === 'waiting') return `waiting: ${state.reason}, ${Math.round(state.elapsed / 1000)} s`
  if (state.state === 'paid') return `paid: ${state.transaction.transaction_id}`
  if (state.state === 'reversing') return `reversing: ${state.reason}, attempt ${state.attempt}`
  return 'reason' in state ? `${state.state}: ${state.reason}` : state.state
}
// With WeChat Pay itself leave `wait` out: it is a timer.
const wait = (ms: number) => simulator.advance(ms)

console.log('— a shopper who enters the password')
let seconds = 0
for await (const state of micropay(wxpay, orderOf('till1-0001', '134567890123456789'), {
  async wait(ms) {
    seconds += ms / 1000
    if (seconds === 10) simulator.pay({ out_trade_no: 'till1-0001' })
    await wait(ms)
  },
}))
  console.log(tell(state))

console.log('— a shopper who does not')
for await (const state of micropay(wxpay, orderOf('till1-0002', '134567890123456790'), { wait }))
  console.log(tell(state))

console.log('— a payment that is cancelled at the till')
const button = new AbortController()
const outcome = await micropayOutcome(wxpay, orderOf('till1-0003', '134567890123456791'), {
  signal: button.signal,
  async wait(ms) {
    button.abort()
    await wait(ms)
  },
})
console.log(outcome.state, '- in the books:', simulator.order('till1-0003')?.trade_state)
