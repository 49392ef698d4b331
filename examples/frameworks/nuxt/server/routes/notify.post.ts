import { defineEventHandler, toWebRequest } from 'h3'
import { wechatpay } from 'wechatpay-edge/node'
import { createNotificationHandler } from 'wechatpay-edge/notification'

const orders = new Map([['order1', { total: 100, appid: process.env.WECHATPAY_APPID }]]) // your database; fen
const handler = createNotificationHandler(
  wechatpay(),
  { 'TRANSACTION.SUCCESS': ({ resource }) => console.log('paid:', resource.out_trade_no) },
  { expect: ({ resource }) => orders.get(String(resource.out_trade_no)) },
)

// h3 has a Request; do not call readBody() before.
export default defineEventHandler(event => handler(toWebRequest(event)))
