import type { RequestHandler } from '@sveltejs/kit'
import { wechatpay } from 'wechatpay-edge/node'
import { createNotificationHandler, type NotificationHandler } from 'wechatpay-edge/notification'

const orders = new Map([['order1', { total: 100, appid: process.env.WECHATPAY_APPID }]]) // your database; fen

const create = (): NotificationHandler =>
  createNotificationHandler(
    wechatpay(),
    { 'TRANSACTION.SUCCESS': ({ resource }) => console.log('paid:', resource.out_trade_no) },
    { expect: ({ resource }) => orders.get(String(resource.out_trade_no)) },
  )

// Created by the first request, because `vite build` imports this file where no keys are.
let handler: NotificationHandler | undefined
export const POST: RequestHandler = ({ request }) => {
  handler ??= create()
  return handler(request)
}
