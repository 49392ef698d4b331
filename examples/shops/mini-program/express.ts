import { randomUUID } from 'node:crypto'
import express from 'express'
import { WechatpayError } from 'wechatpay-edge'
import { nodeHandler } from 'wechatpay-edge/frameworks'
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

const app = express()

// Before express.json(): the signature covers the bytes.
app.post(
  '/notify',
  nodeHandler(
    createNotificationHandler(
      wxpay,
      {
        'TRANSACTION.SUCCESS': ({ resource }) => markPaid(resource.out_trade_no!),
        'REFUND.*': ({ resource }) => console.log('refund:', resource.out_refund_no, resource.refund_status),
      },
      { expect: ({ resource }) => expectedOrder(resource.out_trade_no) },
    ),
  ),
)

app.use(express.json())

// The page has the shopper's openid from your login (wx.login, code2Session).
app.post('/orders', async (req, res) => {
  const { sku, openid } = req.body ?? {}
  const total = Object.hasOwn(PRICES, sku) ? PRICES[sku] : undefined
  if (total === undefined) return res.status(400).json({ message: 'no such goods' })
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
  res.json({ out_trade_no, payment: await startMiniProgram(wxpay, { appid, prepay_id: data.prepay_id }) })
})

app.get('/orders/:out_trade_no', (req, res) => {
  const order = orders.get(req.params.out_trade_no)
  res.status(order ? 200 : 404).json(order ?? { message: 'no such order' })
})

// For your staff only. The number follows from the order, so that asking twice refunds once.
app.post('/orders/:out_trade_no/refund', async (req, res) => {
  if (!process.env.STAFF_TOKEN || req.get('authorization') !== `Bearer ${process.env.STAFF_TOKEN}`)
    return res.status(401).json({ message: 'staff only' })
  const { out_trade_no } = req.params
  const order = orders.get(out_trade_no)
  if (order?.state !== 'paid') return res.status(409).json({ message: 'not paid' })
  const out_refund_no = refundNumber(out_trade_no, 'all')
  const { amount, state } = await refund(wxpay, {
    out_trade_no,
    out_refund_no,
    notify_url,
    amount: { refund: order.total },
  })
  order.refunded = amount
  res.json({ out_refund_no, amount, state })
})

// The status of a WeChat Pay error is not for the page: 401 is about your keys, not about the shopper.
const answerError: express.ErrorRequestHandler = (error, _req, res, next) => {
  console.error(error)
  if (res.headersSent) return next(error)
  res.status(error instanceof WechatpayError ? 502 : (error.status ?? 500)).json({ message: 'request failed' })
}
app.use(answerError)

app.listen(port, '127.0.0.1', () => console.log(`http://127.0.0.1:${port}`))
