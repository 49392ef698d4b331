import { randomUUID } from 'node:crypto'
import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { WechatpayError } from 'wechatpay-edge'
import { wechatpay } from 'wechatpay-edge/node'
import { createNotificationHandler } from 'wechatpay-edge/notification'
import { closeOrder, refund, refundNumber, settledOrder, startMiniProgram } from 'wechatpay-edge/payment'

const wxpay = wechatpay() // WECHATPAY_… of the environment
const appid = String(process.env.WECHATPAY_APPID)
const mchid = String(process.env.WECHATPAY_MCHID)
const port = Number(process.env.PORT ?? 3000)
const notify_url = process.env.NOTIFY_URL ?? `http://127.0.0.1:${port}/notify`

// Prices are the server's, never the page's; fen.
const PRICES: Readonly<Record<string, number>> = { tea: 1800, cake: 2600 }

// Your database: an order's state changes once, whoever reports the payment.
type Order = { sku: string; total: number; state: 'unpaid' | 'paid' | 'closed'; refunded: number }
const orders = new Map<string, Order>()

function expectedOrder(out_trade_no = '') {
  const order = orders.get(out_trade_no)
  return order && { total: order.total, appid }
}

function markPaid(out_trade_no: string) {
  const order = orders.get(out_trade_no)
  if (!order || order.state === 'paid') return
  order.state = 'paid'
  console.log('paid:', out_trade_no) // hand over what was bought
}

/** Queries an order until it is settled, because a notification may not come, and closes it after half an hour. */
async function followOrder(out_trade_no: string) {
  const deadline = Date.now() + 30 * 60_000
  const expect = expectedOrder(out_trade_no)
  const { state } = await settledOrder(wxpay, { out_trade_no }, { deadline, expect })
  if (orders.get(out_trade_no)!.state === 'paid') return // the notification came first; REFUND may have followed
  if (state === 'SUCCESS') return markPaid(out_trade_no)
  if (state !== 'NOTPAY') return console.error('look at order', out_trade_no, state)
  const closed = await closeOrder(wxpay, { out_trade_no })
  if (closed.state === 'paid') return followOrder(out_trade_no) // the shopper was faster
  orders.get(out_trade_no)!.state = 'closed'
}

const handleNotification = createNotificationHandler(
  wxpay,
  {
    'TRANSACTION.SUCCESS': ({ resource }) => markPaid(resource.out_trade_no!),
    'REFUND.*': ({ resource }) => console.log('refund:', resource.out_refund_no, resource.refund_status),
  },
  { expect: ({ resource }) => expectedOrder(resource.out_trade_no) },
)

const app = new Hono()

app.post('/notify', c => handleNotification(c.req.raw))

// The page has the shopper's openid from your login (wx.login, code2Session).
app.post('/orders', async c => {
  const { sku, openid } = await c.req.json().catch(() => ({}))
  const total = Object.hasOwn(PRICES, sku) ? PRICES[sku] : undefined
  if (total === undefined) return c.json({ message: 'no such goods' }, 400)
  const out_trade_no = randomUUID().replaceAll('-', '')
  orders.set(out_trade_no, { sku, total, state: 'unpaid', refunded: 0 })
  const { data } = await wxpay.v3.pay.transactions.jsapi.post({
    appid,
    mchid,
    out_trade_no,
    notify_url,
    description: sku,
    amount: { total },
    payer: { openid },
  })
  followOrder(out_trade_no).catch(console.error)
  return c.json({ out_trade_no, payment: await startMiniProgram(wxpay, { appid, prepay_id: data.prepay_id }) })
})

app.get('/orders/:out_trade_no', c => {
  const order = orders.get(c.req.param('out_trade_no'))
  return order ? c.json(order) : c.json({ message: 'no such order' }, 404)
})

// For your staff only. The number follows from the order, so that asking twice refunds once.
app.post('/orders/:out_trade_no/refund', async c => {
  if (!process.env.STAFF_TOKEN || c.req.header('authorization') !== `Bearer ${process.env.STAFF_TOKEN}`)
    return c.json({ message: 'staff only' }, 401)
  const out_trade_no = c.req.param('out_trade_no')
  const order = orders.get(out_trade_no)
  if (order?.state !== 'paid') return c.json({ message: 'not paid' }, 409)
  const out_refund_no = refundNumber(out_trade_no, 'all')
  const { amount, state } = await refund(wxpay, {
    out_trade_no,
    out_refund_no,
    notify_url,
    amount: { refund: order.total },
  })
  order.refunded = amount
  return c.json({ out_refund_no, amount, state })
})

// The status of a WeChat Pay error is not for the page: 401 is about your keys, not about the shopper.
app.onError((error, c) => {
  console.error(error)
  return c.json({ message: 'request failed' }, error instanceof WechatpayError ? 502 : 500)
})

serve({ fetch: app.fetch, hostname: '127.0.0.1', port }, () => console.log(`http://127.0.0.1:${port}`))
