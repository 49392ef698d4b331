// A server that takes WeChat Pay's notifications: an order is paid and refunded, the database is away for a moment, and
// WeChat Pay, simulated, repeats, forges and asks.
import { Wechatpay } from 'wechatpay-edge'
import { createNotificationHandler, type NotificationHandler, type PaidNotification } from 'wechatpay-edge/notification'
import { createSimulator } from 'wechatpay-edge/simulator'

const simulator = await createSimulator({ deliver: (input, init) => handler(new Request(input, init)) })
const wxpay = new Wechatpay({ ...simulator.merchant, fetch: simulator.fetch })
const url = 'https://example.com/notify'

/** In a shop: a table with the id as its key, written in the same transaction as what the handler does. */
const handled = new Set<string>()
/** In a shop: what each order was placed with. */
const placed = new Map([['order1', { total: 100, appid: simulator.merchant.appid }]])
/** A payment of another amount, or of an order that is not the shop's, reaches no handler. */
const records = {
  expect: ({ resource }: PaidNotification) => placed.get(String(resource.out_trade_no)),
}
let isAway = true

const handler: NotificationHandler = createNotificationHandler(
  wxpay,
  {
    'TRANSACTION.SUCCESS': ({ resource }) => {
      if (isAway) throw new Error('the database is away')
      console.log('paid:', resource.out_trade_no, '-', resource.amount?.total, 'fen')
    },
    'REFUND.*': ({ resource }) => console.log('refund:', resource.out_refund_no, '-', resource.refund_status),
    // A question: what is returned is the answer.
    'PARKING_FEE.QUERY_TRANS_INFO': () => ({ state: 'NO_PARKING_FEE' }),
  },
  {
    ...records,
    seen: id => handled.has(id),
    remember: id => handled.add(id),
    onError: (error, { event }) => console.log('refused:', event ?? '-', '-', (error as Error).message),
  },
)
// app.post('/notify', c => handler(c.req.raw))                                      Hono
// export default { fetch: (request, _, context) => handler(request, context) }     Cloudflare Workers

const { appid, mchid } = simulator.merchant
await wxpay.v3.pay.transactions.native.post({
  appid,
  mchid,
  out_trade_no: 'order1',
  description: 'Image形象店-深圳腾大-QQ公仔',
  notify_url: url,
  amount: { total: 100 }, // fen
})
simulator.pay({ out_trade_no: 'order1' })
await simulator.settled()
isAway = false
console.log('15 seconds later')
await simulator.advance(15_000)

const { id } = simulator.notifications[0]!
console.log('repeated: answered', (await simulator.notify.repeat(id)).status, 'and not handled again')
console.log('tampered with: answered', (await simulator.notify.tampered(id)).status)

await wxpay.v3.refund.domestic.refunds.post({
  out_trade_no: 'order1',
  out_refund_no: 'order1-1',
  notify_url: url,
  amount: { refund: 30, total: 100, currency: 'CNY' },
})
simulator.refundResult('order1-1', 'SUCCESS')
await simulator.settled()

const { responseBody } = await simulator.notify.send({ event: 'PARKING_FEE.QUERY_TRANS_INFO', url })
console.log('asked, and answered:', responseBody)
const { state } = await simulator.notify.send({ event: 'COUPON.USE', url })
console.log('nobody handles COUPON.USE:', state, '- it comes again')
