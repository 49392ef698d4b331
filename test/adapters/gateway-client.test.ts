import { expect, inject, test } from 'vitest'
import { wechatpay } from '../../src/adapters/browser.ts'
import type { Arrival } from '../runtimes/breaking-process.ts'

// In Chromium, which sends a POST again when a connection that it used before breaks; in Node and workerd, which do not.
const { url, controlUrl } = inject('breaking')
const isBrowser = 'document' in globalThis
const ORDER = {
  appid: 'wx1',
  mchid: '1900000109',
  out_trade_no: 'T1000001',
  description: '茶',
  notify_url: 'https://example.com/',
  amount: { total: 1 },
}
let calls = 0

/** Has the connection used, and then breaks it when the next call has arrived. */
async function broken(work: (wxpay: ReturnType<typeof wechatpay>) => Promise<unknown>): Promise<readonly Arrival[]> {
  const id = `page-${Date.now()}-${calls++}`
  await (await fetch(`${url}/answered/${id}-before`)).text()
  const gateway = `${url}/closed/${id}`
  await expect(work(wechatpay({ gateway }))).rejects.toMatchObject({ code: 'NETWORK_ERROR', mayHaveTakenEffect: true })
  await new Promise(resolve => setTimeout(resolve, 80))
  return (await fetch(`${controlUrl}/arrivals/${id}`)).json()
}

test('a call that the browser sends twice has one Idempotency-Key, and each call has another', async () => {
  const keys = new Set<string | null>()
  for (let time = 0; time < 2; time++) {
    const arrivals = await broken(wxpay => wxpay.v3.pay.transactions.native.post(ORDER))
    expect(arrivals).toHaveLength(isBrowser ? 2 : 1)
    const [key, ...more] = new Set(arrivals.map(({ idempotencyKey }) => idempotencyKey))
    expect([key, more]).toEqual([expect.stringMatching(/^[0-9a-f]{32}$/), []])
    keys.add(key!)
  }
  expect(keys.size).toBe(2)
})

test("the caller's own Idempotency-Key goes out as it is, also with a call without a body", async () => {
  const headers = { 'Idempotency-Key': 'mine' }
  for (const body of [{ mchid: '1900000109' }, undefined]) {
    const arrivals = await broken(wxpay => {
      const { close } = wxpay.v3.pay.transactions.outTradeNo._out_trade_no_
      return close.post(body as { mchid: string }, { out_trade_no: 'T1', headers })
    })
    expect(new Set(arrivals.map(({ idempotencyKey }) => idempotencyKey))).toEqual(new Set(['mine']))
  }
})

test('a query has no Idempotency-Key', async () => {
  const id = `page-${Date.now()}-${calls++}`
  const order = wechatpay({ gateway: `${url}/answered/${id}` }).v3.pay.transactions.outTradeNo._out_trade_no_
  await expect(order.get({ out_trade_no: '1', params: { mchid: '1900000109' } })).rejects.toMatchObject({ status: 404 })
  const arrivals: readonly Arrival[] = await (await fetch(`${controlUrl}/arrivals/${id}`)).json()
  expect(arrivals).toMatchObject([{ method: 'GET', idempotencyKey: null }])
})

test.each([true, false])(
  'a page that gives up while the gateway makes the call has a doubt, aborted early: %s',
  async early => {
    const stop = new AbortController()
    const underWay = new Response('{}', {
      status: 409,
      headers: { 'wechatpay-edge-error': 'IDEMPOTENCY_KEY_IN_USE', 'retry-after': '5' },
    })
    const wxpay = wechatpay({
      gateway: 'https://gateway.example/wechatpay',
      async fetch() {
        if (early) stop.abort()
        else setTimeout(() => stop.abort(), 5)
        return underWay
      },
    })
    const error = await wxpay.v3.pay.transactions.native.post(ORDER, { signal: stop.signal }).catch(error => error)
    expect(error).toMatchObject({ code: 'ABORTED', mayHaveTakenEffect: true })
    expect(error.message).not.toContain('before it was sent.')
  },
)
