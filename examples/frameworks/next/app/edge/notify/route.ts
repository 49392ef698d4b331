import { wechatpay } from 'wechatpay-edge/cloudflare'
import { createNotificationHandler, type NotificationHandler } from 'wechatpay-edge/notification'

export const runtime = 'edge'

const orders = new Map([['order1', { total: 100, appid: process.env.WECHATPAY_APPID }]]) // your database; fen

// One by one: the edge runtime has no process.env to hand over whole.
const environment = {
  WECHATPAY_MCHID: process.env.WECHATPAY_MCHID,
  WECHATPAY_SERIAL: process.env.WECHATPAY_SERIAL,
  WECHATPAY_PRIVATE_KEY: process.env.WECHATPAY_PRIVATE_KEY,
  WECHATPAY_APIV3_KEY: process.env.WECHATPAY_APIV3_KEY,
  WECHATPAY_PUBLIC_KEY_ID: process.env.WECHATPAY_PUBLIC_KEY_ID,
  WECHATPAY_PUBLIC_KEY: process.env.WECHATPAY_PUBLIC_KEY,
}

const create = (): NotificationHandler =>
  createNotificationHandler(
    wechatpay(environment),
    { 'TRANSACTION.SUCCESS': ({ resource }) => console.log('paid:', resource.out_trade_no) },
    { expect: ({ resource }) => orders.get(String(resource.out_trade_no)) },
  )

// Created by the first request, because `next build` imports this file where no keys are.
let handler: NotificationHandler | undefined
export const POST = (request: Request): Promise<Response> => {
  handler ??= create()
  return handler(request)
}
