import Koa from 'koa'
import { koaHandler } from 'wechatpay-edge/frameworks'
import { wechatpay } from 'wechatpay-edge/node'
import { createNotificationHandler } from 'wechatpay-edge/notification'

const orders = new Map([['order1', { total: 100, appid: process.env.WECHATPAY_APPID }]]) // your database; fen
const handler = createNotificationHandler(
  wechatpay(),
  { 'TRANSACTION.SUCCESS': ({ resource }) => console.log('paid:', resource.out_trade_no) },
  { expect: ({ resource }) => orders.get(String(resource.out_trade_no)) },
)
const notify = koaHandler(handler)

const app = new Koa()
app.use((ctx, next) => (ctx.path === '/notify' ? notify(ctx) : next())) // before any body parser

const port = Number(process.env.PORT ?? 3000)
app.listen(port, '127.0.0.1', () => console.log(`http://127.0.0.1:${port}/notify`))
