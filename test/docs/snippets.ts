// The snippets of README that are easily wrong, under the compiler's eye. What stands between the marks stands in both READMEs.
import express from 'express'
import createFastify from 'fastify'
import Koa from 'koa'
import {
  type FetchHandler,
  type FrameworkRequest,
  fastifyPlugin,
  koaHandler,
  nodeHandler,
  toRequest,
} from '../../src/adapters/frameworks/index.ts'
import { receiveNotification, type Wechatpay } from '../../src/core/index.ts'
import type { V3PayTransactionsCodepayPostRequest } from '../../src/definitions/generated/types.ts'
import { createNotificationHandler, type ExpectedOrder } from '../../src/flows/notification/index.ts'
import { micropay } from '../../src/flows/payment/index.ts'

declare const ship: (out_trade_no: string) => Promise<void>
declare const note: (out_refund_no: string, status: string) => Promise<void>
declare const handOver: (out_trade_no: string) => Promise<void>
declare const db: {
  expected(out_trade_no: string | undefined): Promise<ExpectedOrder | undefined>
  has(id: string): Promise<boolean>
  add(id: string): Promise<void>
}

export const handlerOf = (wxpay: Wechatpay) =>
  // <handler>
  createNotificationHandler(
    wxpay,
    {
      'TRANSACTION.SUCCESS': ({ resource }) => ship(resource.out_trade_no!),
      'REFUND.*': ({ resource }) => note(resource.out_refund_no, resource.refund_status),
    },
    {
      expect: ({ resource }) => db.expected(resource.out_trade_no),
      seen: id => db.has(id),
      remember: id => db.add(id),
      onError: console.error,
    },
  )
// </handler>

export async function pay(
  wxpay: Wechatpay,
  order: Omit<V3PayTransactionsCodepayPostRequest, 'payer'>,
  auth_code: string,
) {
  // <micropay>
  for await (const state of micropay(wxpay, { ...order, payer: { auth_code } }))
    if (state.state === 'paid') await handOver(state.out_trade_no)
  // </micropay>
}

export async function frameworks(handler: FetchHandler, wxpay: Wechatpay, req: FrameworkRequest) {
  const [koa, fastify] = [new Koa(), createFastify()]
  // <frameworks>
  express().post('/notify', nodeHandler(handler))
  koa.use((ctx, next) => (ctx.path === '/notify' ? koaHandler(handler)(ctx) : next()))
  fastify.register(fastifyPlugin(handler), { url: '/notify' })
  const notification = await receiveNotification(wxpay, toRequest(req))
  // </frameworks>
  return notification
}
