import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { wechatpay } from 'wechatpay-edge/node'
import { createNotificationHandler } from 'wechatpay-edge/notification'

const orders = new Map([['order1', { total: 100, appid: process.env.WECHATPAY_APPID }]]) // your database; fen
const handler = createNotificationHandler(
  wechatpay(),
  { 'TRANSACTION.SUCCESS': ({ resource }) => console.log('paid:', resource.out_trade_no) },
  { expect: ({ resource }) => orders.get(String(resource.out_trade_no)) },
)

const app = new Hono()
app.post('/notify', c => handler(c.req.raw)) // Hono has a Request; nothing to wrap

const port = Number(process.env.PORT ?? 3000)
serve({ fetch: app.fetch, hostname: '127.0.0.1', port }, () => console.log(`http://127.0.0.1:${port}/notify`))
