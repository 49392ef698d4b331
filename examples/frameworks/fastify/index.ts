import fastify from 'fastify'
import { fastifyPlugin } from 'wechatpay-edge/frameworks'
import { wechatpay } from 'wechatpay-edge/node'
import { createNotificationHandler } from 'wechatpay-edge/notification'

const orders = new Map([['order1', { total: 100, appid: process.env.WECHATPAY_APPID }]]) // your database; fen
const handler = createNotificationHandler(
  wechatpay(),
  { 'TRANSACTION.SUCCESS': ({ resource }) => console.log('paid:', resource.out_trade_no) },
  { expect: ({ resource }) => orders.get(String(resource.out_trade_no)) },
)

const app = fastify()
app.register(fastifyPlugin(handler), { url: '/notify' }) // only this route keeps its body unparsed
app.post('/orders', async request => request.body)

console.log(`${await app.listen({ host: '127.0.0.1', port: Number(process.env.PORT ?? 3000) })}/notify`)
