// An order is waited for until it is settled: by its notification, or by a query where that goes astray. Against the simulator.
import { acknowledge, receiveNotification, refuse, Wechatpay } from 'wechatpay-edge'
import { settledOrder } from 'wechatpay-edge/payment'
import { createSimulator } from 'wechatpay-edge/simulator'

// The intake: the route that `notify_url` names. Each verified notification goes to whoever waits; one of APIv2 first through
// confirmNotification of wechatpay-edge/notification.
const notifications = new EventTarget()
async function intake(request: Request): Promise<Response> {
  try {
    const notification = await receiveNotification(wxpay, request)
    notifications.dispatchEvent(new CustomEvent('notification', { detail: notification }))
    return acknowledge(notification)
  } catch (error) {
    return refuse(error)
  }
}

const simulator = await createSimulator({ deliver: async (input, init) => intake(new Request(input, init)) })
const { appid, mchid } = simulator.merchant
const wxpay = new Wechatpay({ ...simulator.merchant, fetch: simulator.fetch })

async function place(out_trade_no: string) {
  const body = { appid, mchid, out_trade_no, description: 'Image形象店-深圳腾大-QQ公仔', amount: { total: 100 } } // fen
  await wxpay.v3.pay.transactions.native.post({ ...body, notify_url: 'https://example.com/notify' })
  return { out_trade_no }
}
// With WeChat Pay itself leave `wait` out: it is a timer. During the wait of that number the shopper pays.
const shopper = (out_trade_no: string, payAt: number) => {
  let waits = 0
  return async (ms: number) => {
    console.log(`  waiting ${ms / 1000} s`)
    if (++waits === payAt) simulator.pay({ out_trade_no })
    await simulator.advance(ms)
  }
}
const deadline = Date.now() + 5 * 60_000
// As the shop's records have it: a number alone proves nothing of the amount.
const waiting = { deadline, expect: { total: 100, appid } }

const one = await place('order1')
const notified = await settledOrder(wxpay, one, { ...waiting, notifications, wait: shopper('order1', 2) })
console.log('order1:', notified.state, notified.isFinal && `by ${notified.by}`)

const two = await place('order2')
const queried = await settledOrder(wxpay, two, { ...waiting, wait: shopper('order2', 2) }) // nobody tells it
console.log('order2:', queried.state, queried.isFinal && `by ${queried.by}`)

const three = await place('order3')
const unpaid = await settledOrder(wxpay, three, { ...waiting, notifications, wait: shopper('order3', 0) })
console.log('order3:', unpaid.isFinal ? 'settled' : `still ${unpaid.state} at the deadline`)

const four = await place('order4')
const dearer = { deadline, expect: { total: 9_900, appid } }
const cheap = await settledOrder(wxpay, four, { ...dearer, wait: shopper('order4', 1) })
console.log('order4:', cheap.state, 'differences' in cheap && cheap.differences)
