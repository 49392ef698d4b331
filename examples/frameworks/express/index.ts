import express from 'express'
import { nodeHandler } from 'wechatpay-edge/frameworks'
import { wechatpay } from 'wechatpay-edge/node'
import { createNotificationHandler } from 'wechatpay-edge/notification'

const orders = new Map([['order1', { total: 100, appid: process.env.WECHATPAY_APPID }]]) // your database; fen
const handler = createNotificationHandler(
  wechatpay(),
  { 'TRANSACTION.SUCCESS': ({ resource }) => console.log('paid:', resource.out_trade_no) },
  { expect: ({ resource }) => orders.get(String(resource.out_trade_no)) },
)

const app = express()
app.post('/notify', nodeHandler(handler)) // before any body parser: the signature covers the bytes
app.use(express.json())
app.post('/orders', (req, res) => res.json(req.body))

const port = Number(process.env.PORT ?? 3000)
app.listen(port, '127.0.0.1', () => console.log(`http://127.0.0.1:${port}/notify`))
