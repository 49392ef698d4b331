import { expect, onTestFinished, test, vi } from 'vitest'
import { Wechatpay } from '../../src/core/index.ts'
import type { Ledger } from '../../src/gateway/store/ledger.ts'
import { createSimulator, type Simulator } from '../../src/simulator/index.ts'
import { eventually } from '../eventually.ts'
import { losingFirst } from '../worker/lost.ts'
import { createTestGateway, payV2Order } from './test-gateway.ts'

// When Cloudflare cancels a request of a Worker, the promises that it has created never settle. No other request may wait for them.

/** Has no time pass for timers but what the test says. */
function holdTime(): void {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  onTestFinished(() => void vi.useRealTimers())
}

/** A notification as WeChat Pay writes it, which nobody is sent. */
async function written(simulator: Simulator, act: (notifier: Simulator) => Promise<unknown>): Promise<Request> {
  const requests: Request[] = []
  const notifier = await createSimulator({
    seed: 'gateway',
    state: simulator.snapshot(),
    deliver: async (input, init) => {
      requests.push(new Request(input, init))
      return new Response(null, { status: 204 })
    },
  })
  await act(notifier)
  return requests[0]!
}

test('a download of platform certificates that was lost delays other calls by two seconds', async () => {
  const { merchant, fetch } = await createSimulator({ seed: 'gateway', platform: 'certificate' })
  const lost = losingFirst(fetch, '/v3/certificates')
  const wxpay = new Wechatpay({ ...merchant, fetch: lost.fetch, retry: false })
  const call = () => wxpay.request('GET', 'v3/certificates', {})
  holdTime()
  // Cancelled: nobody is told what becomes of it.
  call().catch(() => {})
  await eventually(() => expect(lost.isLost()).toBe(true))
  const before = vi.getTimerCount()
  const calls = Promise.all(Array.from({ length: 20 }, call))
  // Each has a time limit, and waits for the download.
  await eventually(() => expect(vi.getTimerCount() - before).toBe(20 * 2))
  await vi.advanceTimersByTimeAsync(2_000)
  expect(await calls).toHaveLength(20)
})

test('a download of the bank key that was lost delays other calls by two seconds', async () => {
  const { merchant, fetch, mtlsFetch } = await createSimulator({ seed: 'gateway' })
  const lost = losingFirst(mtlsFetch, '/risk/getpublickey')
  const wxpay = new Wechatpay({ ...merchant, fetch, mtlsFetch: lost.fetch })
  const body = { partner_trade_no: 'A1', enc_bank_no: '6225760008219524', enc_true_name: '张三', bank_code: '1001' }
  const pay = () => wxpay.request('POST', 'v2/mmpaysptrans/pay_bank', { body: { ...body, amount: 100, desc: 'd' } })
  holdTime()
  pay().catch(() => {})
  await eventually(() => expect(lost.isLost()).toBe(true))
  const before = vi.getTimerCount()
  // Whatever WeChat Pay makes of it: it has been sent.
  const second = pay().catch(() => 'sent')
  await eventually(() => expect(vi.getTimerCount() - before).toBe(2))
  await vi.advanceTimersByTimeAsync(2_000)
  await second
})

test('a query that confirms an APIv2 payment, and was lost, keeps no copy of the notification from being confirmed', async () => {
  const plain = await createTestGateway()
  const { merchant, fetch, mtlsFetch, notify } = plain.simulator
  // One host: a second one is asked by a timer, and a request that is cancelled has none.
  const baseUrl = 'https://api.mch.weixin.qq.com'
  const lost = losingFirst(fetch, '/pay/orderquery')
  const client = new Wechatpay({ ...merchant, baseUrl, fetch: lost.fetch, mtlsFetch, retry: false })
  const one = await plain.restart({ merchants: { [merchant.mchid]: client } })
  notify.hold()
  await payV2Order(one, 'T100001')
  const sent = await written(plain.simulator, ({ notify }) => notify.repeat(plain.simulator.notifications[0]!.id))
  const cancelled = one.gateway.fetch(sent.clone())
  await expect.poll(lost.isLost).toBe(true)
  // WeChat Pay sends the very same again.
  expect(await (await one.gateway.fetch(sent)).text()).toContain('<return_code>SUCCESS')
  expect(await one.ledger.events(merchant.mchid, { limit: 9 })).toMatchObject([{ event: 'transaction-success' }])
  await cancelled
})

test('a notification whose sender disconnects, or whose outbox is slow, is still recorded and enqueued', async () => {
  const enqueued: unknown[] = []
  let accept = () => {}
  const isAccepting = new Promise<void>(resolve => {
    accept = resolve
  })
  const one = await createTestGateway({
    outbox: {
      async enqueue(jobs) {
        await isAccepting
        enqueued.push(...jobs)
      },
    },
  })
  const { merchant } = one.simulator
  const sent = await written(one.simulator, ({ notify }) =>
    notify.send({ url: one.notifyUrl, event: 'TRANSACTION.SUCCESS', resource: { out_trade_no: 'T100001' } }),
  )
  const background: Promise<unknown>[] = []
  let [hasResponded, isKeptAliveInTime] = [false, false]
  const context = {
    waitUntil(work: Promise<unknown>) {
      isKeptAliveInTime ||= !hasResponded
      background.push(work)
    },
    passThroughOnException() {},
  }
  const responding = one.gateway.fetch(sent, undefined, context).finally(() => {
    hasResponded = true
  })
  expect((await responding).status).toBeLessThan(300)
  // The invocation is kept alive before there is a response.
  expect(isKeptAliveInTime).toBe(true)
  expect(enqueued).toEqual([])
  accept()
  // Cloudflare ends the invocation when this is done.
  await Promise.all(background)
  expect(enqueued).toMatchObject([{ mchid: merchant.mchid }])
})

test('a flush of counts that was lost with its request holds nobody up, and what is counted later arrives', async () => {
  let adds = 0
  const plain = await createTestGateway()
  const ledger = new Proxy(plain.ledger, {
    get: (target, method: keyof Ledger) =>
      method === 'addCounts' && adds++ === 0 ? () => new Promise(() => {}) : target[method],
  })
  const one = await plain.restart({ ledgerOf: () => ledger })
  await one.call('/notify/1', { method: 'POST' })
  await expect.poll(() => adds).toBe(1)
  await one.call('/notify/1', { method: 'POST' })
  holdTime()
  await one.gateway.flushCounts()
  const refused = { name: 'wechatpay_edge_refused_total', labels: { code: 'MERCHANT_UNKNOWN' }, value: 1 }
  await eventually(async () => expect(await plain.ledger.counters()).toEqual([refused]))
})
