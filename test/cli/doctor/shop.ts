import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import express from 'express'
import { Hono } from 'hono'
import { nodeHandler } from '../../../src/adapters/frameworks/index.ts'
import { NotificationError, Wechatpay, type WechatpayOptions } from '../../../src/core/index.ts'
import { createNotificationHandler } from '../../../src/flows/notification/index.ts'
import { requireExpected } from '../../../src/flows/payment/index.ts'

/** A mistake of a shop, named after the check that finds it. */
export type Mistake =
  | 'order'
  | 'answers'
  | 'redirect'
  | 'page'
  | 'probe'
  | 'tampered-body'
  | 'stale-timestamp'
  | 'unknown-serial'
  | 'unsigned'
  | 'success-answer'
  | 'recorded'
  | 'duplicate-answer'
  | 'duplicate-once'
  | 'amount'
  | 'currency'
  | 'query'
  | 'query-recorded'
  | 'answer-time'
  | 'refusal-form'

const ACCEPTED_ERRORS: Readonly<Partial<Record<Mistake, NotificationError['code']>>> = {
  probe: 'SIGNATURE_PROBE',
  'tampered-body': 'SIGNATURE_INVALID',
  'stale-timestamp': 'SIGNATURE_STALE',
  'unknown-serial': 'SIGNATURE_UNKNOWN_SERIAL',
  unsigned: 'SIGNATURE_MISSING',
}

export interface Shop extends AsyncDisposable {
  readonly url: string
}

export interface ShopOptions {
  /** The merchant's options, with the simulator as `baseUrl`. */
  readonly merchant: WechatpayOptions & { appid: string }
  readonly framework?: 'express' | 'hono' | 'node'
  readonly api?: 'v3' | 'v2'
  readonly mistake?: Mistake | undefined
}

/** Milliseconds after which the slow shop answers: more than WeChat Pay waits. */
const SLOW = 5500

/** Starts a shop of this library: it places orders, receives notifications, and queries orders that none comes for. */
export async function startShop({ merchant, framework = 'node', api = 'v3', mistake }: ShopOptions): Promise<Shop> {
  const { appid, ...options } = merchant
  const { mchid } = options
  const wxpay = new Wechatpay(options)
  const placed: string[] = []
  const payments = new Map<string, number>()
  const seen = new Set<string>()
  let url = ''

  const place = async (): Promise<object> => {
    const out_trade_no = `T${Date.now()}${placed.length}`
    const notify_url = mistake === 'order' ? `${url}/other` : `${url}/notify`
    payments.set(out_trade_no, 0)
    if (api === 'v3') {
      const order = { appid, mchid, out_trade_no, notify_url, description: 'd', amount: { total: 100 } }
      await wxpay.v3.pay.transactions.native.post(order)
    } else {
      const order = { appid, mch_id: mchid, out_trade_no, notify_url, body: 'd', total_fee: 100 }
      await wxpay.v2.pay.unifiedorder.post({ ...order, spbill_create_ip: '127.0.0.1', trade_type: 'NATIVE' })
    }
    placed.push(out_trade_no)
    return { out_trade_no }
  }
  const record = (out_trade_no: string): void => {
    payments.set(out_trade_no, payments.get(out_trade_no)! + 1)
  }
  const expected = (resource: object & { amount?: unknown }): void => {
    const currency = mistake === 'currency' ? Object(resource.amount).currency : 'CNY'
    const total = mistake === 'amount' ? Object(resource.amount).total : 100
    requireExpected(resource, { total, currency, appid })
  }
  const handle = createNotificationHandler(
    wxpay,
    {
      async 'TRANSACTION.SUCCESS'({ resource }) {
        expected(resource)
        if (mistake !== 'recorded') record(resource.out_trade_no!)
      },
      'transaction-success'({ resource }) {
        expected(resource)
        record(resource.out_trade_no!)
      },
    },
    {
      seen(id) {
        if (mistake === 'duplicate-once') return false
        if (mistake === 'duplicate-answer' && seen.has(id)) throw new Error('handled before')
        return seen.has(id)
      },
      remember: id => seen.add(id),
      expect: false,
      onError: error => {
        lastError = error
      },
    },
  )
  let lastError: unknown
  const notified = async (request: Request): Promise<Response> => {
    if (mistake === 'answers') return new Response(null, { status: 404 })
    if (mistake === 'redirect') return new Response(null, { status: 302, headers: { location: '/login' } })
    if (mistake === 'page') return new Response('<!DOCTYPE html><title>Login</title>', { status: 200 })
    lastError = undefined
    const response = await handle(request)
    if (mistake === 'answer-time' && response.ok) await new Promise(resolve => setTimeout(resolve, SLOW))
    if (lastError instanceof NotificationError && lastError.code === ACCEPTED_ERRORS[mistake!])
      return new Response(null, { status: 204 })
    if (mistake === 'refusal-form' && lastError !== undefined) return Response.json({ code: 'FAIL' }, { status: 500 })
    return mistake === 'success-answer' && response.ok ? new Response('ok') : response
  }

  /** Queries the fourth order and later ones, so that the checks of the first three see what the notification does. */
  const query = async (): Promise<void> => {
    for (const out_trade_no of placed.slice(3).filter(number => payments.get(number) === 0)) {
      if (api === 'v2') {
        const { data } = await wxpay.v2.pay.orderquery.post({ appid, mch_id: mchid, out_trade_no })
        if (data.trade_state === 'SUCCESS') record(out_trade_no)
      } else {
        const number = wxpay.v3.pay.transactions.outTradeNo._out_trade_no_
        const { data } = await number.get({ out_trade_no, params: { mchid } })
        if (data.trade_state === 'SUCCESS' && mistake !== 'query-recorded') record(out_trade_no)
      }
    }
  }
  let querying: Promise<void> | undefined
  const timer = setInterval(() => {
    if (mistake !== 'query')
      querying ??= query()
        .catch(() => {})
        .finally(() => {
          querying = undefined
        })
  }, 100)

  const app = new Hono()
  app.post('/orders', async c => c.json(await place(), 201))
  app.get('/orders/:number', c => c.json({ payments: payments.get(c.req.param('number')) ?? 0 }))
  app.post('/notify', c => notified(c.req.raw))
  const server = createServer(listenerOf(framework, app, notified)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url,
    async [Symbol.asyncDispose]() {
      clearInterval(timer)
      await querying
      server.closeAllConnections()
      server.close()
    },
  }
}

type Listener = (request: IncomingMessage, response: ServerResponse) => unknown

function listenerOf(
  framework: ShopOptions['framework'],
  app: Hono,
  notified: (request: Request) => Promise<Response>,
): Listener {
  const listener = getRequestListener(app.fetch)
  if (framework !== 'express') return listener
  const shop = express()
  shop.post('/notify', nodeHandler(notified))
  shop.use((request, response) => listener(request, response))
  return shop
}
