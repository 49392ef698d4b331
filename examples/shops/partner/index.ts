import { randomUUID } from 'node:crypto'
import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { wechatpay } from 'wechatpay-edge/node'
import { createNotificationHandler } from 'wechatpay-edge/notification'
import { refund, refundNumber, settledOrder, startJsapi } from 'wechatpay-edge/payment'

const wxpay = wechatpay() // the service provider's keys
const sp_appid = String(process.env.WECHATPAY_APPID)
const sp_mchid = String(process.env.WECHATPAY_MCHID)
const port = Number(process.env.PORT ?? 3000)
const notify_url = process.env.NOTIFY_URL ?? `http://127.0.0.1:${port}/notify`

// Your database. Order numbers are unique for each sub-merchant only, so that both name a row.
type Order = { total: number; state: 'unpaid' | 'paid'; refunded: number }
const orders = new Map<string, Order>()
const keyOf = (sub_mchid = '', out_trade_no = '') => `${sub_mchid}/${out_trade_no}`

function expectedOrder(sub_mchid?: string, out_trade_no?: string) {
  const order = orders.get(keyOf(sub_mchid, out_trade_no))
  return order && { total: order.total, appid: sp_appid }
}

function markPaid(sub_mchid: string, out_trade_no: string) {
  const order = orders.get(keyOf(sub_mchid, out_trade_no))
  if (!order || order.state === 'paid') return
  order.state = 'paid'
  console.log('paid:', sub_mchid, out_trade_no)
}

async function followOrder(sub_mchid: string, out_trade_no: string) {
  const deadline = Date.now() + 30 * 60_000
  const expect = expectedOrder(sub_mchid, out_trade_no)
  const { state } = await settledOrder(wxpay, { sp_mchid, sub_mchid, out_trade_no }, { deadline, expect })
  if (state === 'SUCCESS') markPaid(sub_mchid, out_trade_no)
}

const handleNotification = createNotificationHandler(
  wxpay,
  {
    'TRANSACTION.SUCCESS': ({ resource }) => {
      if ('sub_mchid' in resource) markPaid(String(resource.sub_mchid), resource.out_trade_no!)
    },
    'REFUND.*': ({ resource }) => console.log('refund:', resource.out_refund_no, resource.refund_status),
  },
  { expect: ({ resource }) => expectedOrder(resource.sub_mchid, resource.out_trade_no) },
)

const app = new Hono()

app.post('/notify', c => handleNotification(c.req.raw))

app.post('/merchants/:sub_mchid/orders', async c => {
  const sub_mchid = c.req.param('sub_mchid')
  const { sp_openid } = await c.req.json()
  const out_trade_no = randomUUID().replaceAll('-', '')
  const total = 1800 // fen
  orders.set(keyOf(sub_mchid, out_trade_no), { total, state: 'unpaid', refunded: 0 })
  const { data } = await wxpay.v3.pay.partner.transactions.jsapi.post({
    sp_appid,
    sp_mchid,
    sub_mchid,
    out_trade_no,
    notify_url,
    description: 'tea',
    amount: { total },
    payer: { sp_openid },
  })
  followOrder(sub_mchid, out_trade_no).catch(console.error)
  return c.json({ out_trade_no, payment: await startJsapi(wxpay, { appid: sp_appid, prepay_id: data.prepay_id }) })
})

app.get('/merchants/:sub_mchid/orders/:out_trade_no', c => {
  const order = orders.get(keyOf(c.req.param('sub_mchid'), c.req.param('out_trade_no')))
  return order ? c.json(order) : c.json({ message: 'no such order' }, 404)
})

app.post('/merchants/:sub_mchid/orders/:out_trade_no/refund', async c => {
  if (!process.env.STAFF_TOKEN || c.req.header('authorization') !== `Bearer ${process.env.STAFF_TOKEN}`)
    return c.json({ message: 'staff only' }, 401)
  const { sub_mchid, out_trade_no } = c.req.param()
  const order = orders.get(keyOf(sub_mchid, out_trade_no))
  if (order?.state !== 'paid') return c.json({ message: 'not paid' }, 409)
  const out_refund_no = refundNumber(out_trade_no, 'all')
  const { amount } = await refund(wxpay, {
    sub_mchid,
    out_trade_no,
    out_refund_no,
    notify_url,
    amount: { refund: order.total },
  })
  order.refunded = amount
  return c.json({ out_refund_no, amount })
})

serve({ fetch: app.fetch, hostname: '127.0.0.1', port }, () => console.log(`http://127.0.0.1:${port}`))
