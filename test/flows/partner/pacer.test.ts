import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Wechatpay } from '../../../src/core/index.ts'
import { createPacer, DOCUMENTED_RATES } from '../../../src/flows/partner/index.ts'
import { refund } from '../../../src/flows/payment/index.ts'
import { crypto } from '../../webcrypto.ts'
import { createTestMerchant, NOTIFY_URL, unusedNumber } from '../payment/test-merchant.ts'

const REFUND = 'POST /v3/refund/domestic/refunds'

/** A clock that waiting moves: the wait that ends first ends first. */
function createClock() {
  let time = 1_000_000
  const waits: { until: number; resolve: () => void }[] = []
  return {
    now: () => time,
    wait: (ms: number, signal?: AbortSignal) =>
      new Promise<void>((resolve, reject) => {
        waits.push({ until: time + ms, resolve })
        signal?.addEventListener('abort', () => reject(signal.reason))
      }),
    /** Moves to the end of the next wait; returns whether there was one. */
    async step(): Promise<boolean> {
      await new Promise(resolve => setTimeout(resolve))
      waits.sort((a, b) => a.until - b.until)
      const next = waits.shift()
      if (!next) return false
      time = Math.max(time, next.until)
      next.resolve()
      return true
    },
  }
}

async function runAll(clock: ReturnType<typeof createClock>, work: Promise<unknown>): Promise<void> {
  let isDone = false
  const end = work.finally(() => {
    isDone = true
  })
  while (!isDone) await clock.step()
  await end
}

describe('calls at the rate of their endpoint', () => {
  it('keep their order, and no second has more of them than the rate and the burst', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 40 }), async (rate, count) => {
        const clock = createClock()
        const pacer = createPacer({ rates: { [REFUND]: rate }, now: clock.now, wait: clock.wait })
        const made: { at: number; number: number }[] = []
        const calls = Array.from({ length: count }, (_, number) =>
          pacer.run(REFUND, async () => void made.push({ at: clock.now(), number })),
        )
        await runAll(clock, Promise.all(calls))
        expect(made.map(({ number }) => number)).toEqual(calls.map((_, number) => number))
        for (const { at } of made) {
          const within = made.filter(other => other.at >= at && other.at < at + 1_000).length
          expect(within).toBeLessThanOrEqual(2 * rate)
        }
        // The burst, and then one after the other.
        const last = made.at(-1)!.at - made[0]!.at
        expect(last).toBeGreaterThanOrEqual(((count - rate) / rate) * 1000)
      }),
      { numRuns: 15 },
    )
  })

  it('do not wait for those of other endpoints', async () => {
    const clock = createClock()
    const OTHER = 'GET /v3/refund/domestic/refunds/{out_refund_no}'
    const pacer = createPacer({ rates: { [REFUND]: 1, [OTHER]: 1 }, now: clock.now, wait: clock.wait })
    const start = clock.now()
    const times: Record<string, number> = {}
    const call = (name: string) => async () => {
      times[name] = clock.now() - start
    }
    const calls = [pacer.run(REFUND, call('a')), pacer.run(REFUND, call('b')), pacer.run(OTHER, call('c'))]
    await runAll(clock, Promise.all(calls))
    expect(times).toEqual({ a: 0, b: 1_000, c: 0 })
  })

  it('that are aborted before their turn are not made, and let the next one pass', async () => {
    const clock = createClock()
    const pacer = createPacer({ rates: { [REFUND]: 1 }, now: clock.now, wait: clock.wait })
    const end = new AbortController()
    const made: string[] = []
    const first = pacer.run(REFUND, async () => void made.push('first'))
    const given = pacer.run(REFUND, async () => void made.push('given up'), { signal: end.signal })
    const last = pacer.run(REFUND, async () => void made.push('last'))
    await first
    end.abort()
    await expect(given).rejects.toMatchObject({ code: 'ABORTED', mayHaveTakenEffect: false })
    await runAll(clock, last)
    expect(made).toEqual(['first', 'last'])
  })

  it('that fail do not stop the others', async () => {
    const pacer = createPacer({ rates: { [REFUND]: 100 } })
    await expect(pacer.run(REFUND, () => Promise.reject(new Error('no')))).rejects.toThrow('no')
    expect(await pacer.run(REFUND, async () => 'yes')).toBe('yes')
  })
})

describe('with a client whose calls it observes', () => {
  async function openPaced(rate: number) {
    const shop = await createTestMerchant()
    const clock = createClock()
    const pacer = createPacer({ rates: { [REFUND]: rate }, now: clock.now, wait: clock.wait })
    const { merchant, fetch } = shop.simulator
    const options = { ...merchant, now: shop.now, crypto, retry: { delay: () => 0 } }
    const wxpay = new Wechatpay({ ...options, fetch: pacer.observe(fetch) })
    return { shop, clock, pacer, wxpay }
  }

  async function placed({ wxpay, simulator }: Awaited<ReturnType<typeof createTestMerchant>>): Promise<string> {
    const { appid, mchid } = simulator.merchant
    const out_trade_no = unusedNumber()
    const order = { appid, mchid, out_trade_no, description: 'd', notify_url: NOTIFY_URL, amount: { total: 100 } }
    await wxpay.v3.pay.transactions.native.post(order)
    simulator.pay({ out_trade_no })
    return out_trade_no
  }

  it('FREQUENCY_LIMITED halves the rate, refunds are made once each, and the rate recovers', async () => {
    const { shop, clock, pacer, wxpay } = await openPaced(2)
    const orders = [await placed(shop), await placed(shop), await placed(shop)]
    shop.fault({ kind: 'status', status: 429, method: 'POST', path: '/v3/refund/**', count: 2 })
    for (const out_trade_no of orders) {
      const request = { out_trade_no, out_refund_no: `${out_trade_no}R`, amount: { refund: 30 } }
      await runAll(
        clock,
        pacer.run(REFUND, () => refund(wxpay, request, { wait: shop.wait })),
      )
    }
    expect(pacer.rate(REFUND)).toBeLessThan(2)
    for (const number of orders) expect(shop.simulator.refund(`${number}R`)).toMatchObject({ refund: 30 })
    expect(shop.calls().filter(call => call === REFUND)).toHaveLength(5)
    void clock.wait(60_000)
    await clock.step()
    expect(pacer.rate(REFUND)).toBe(2)
  })

  it('repetitions by the client are counted, so that later calls wait for them', async () => {
    const { shop, clock, pacer, wxpay } = await openPaced(1)
    const [first, second] = [await placed(shop), await placed(shop)]
    shop.fault({ kind: 'status', status: 500, method: 'POST', path: '/v3/refund/**', count: 2 })
    const start = clock.now()
    const body = (out_trade_no: string) => ({
      out_trade_no,
      out_refund_no: `${out_trade_no}R`,
      amount: { refund: 30, total: 100, currency: 'CNY' },
    })
    // Three attempts in one call.
    await runAll(
      clock,
      pacer.run(REFUND, () => wxpay.v3.refund.domestic.refunds.post(body(first))),
    )
    await runAll(
      clock,
      pacer.run(REFUND, () => wxpay.v3.refund.domestic.refunds.post(body(second))),
    )
    expect(clock.now() - start).toBe(3_000)
  })

  it('counts other endpoints not at all, and those of a template', async () => {
    const QUERY = 'GET /v3/pay/transactions/out-trade-no/{out_trade_no}'
    const clock = createClock()
    const pacer = createPacer({ rates: { [QUERY]: 4 }, now: clock.now, wait: clock.wait })
    const observed = pacer.observe(async () => new Response(null, { status: 429 }))
    await observed('https://api.mch.weixin.qq.com/v3/pay/transactions/out-trade-no/1/close', { method: 'POST' })
    await observed('https://api.mch.weixin.qq.com/v3/pay/transactions/out-trade-no/1/2')
    expect(pacer.rate(QUERY)).toBe(4)
    await observed(new Request('https://api.mch.weixin.qq.com/v3/pay/transactions/out-trade-no/1?mchid=1'))
    expect(pacer.rate(QUERY)).toBe(2)
    for (let time = 0; time < 9; time++) await observed('https://x.example/v3/pay/transactions/out-trade-no/1')
    expect(pacer.rate(QUERY)).toBe(0.25)
  })
})

it('says which endpoints have a rate', () => {
  const pacer = createPacer({ rates: { [REFUND]: 1 } })
  expect(pacer.has(REFUND)).toBe(true)
  expect(pacer.has('toString')).toBe(false)
})

it('refuses rates and endpoints that are none', async () => {
  const invalid = expect.objectContaining({ code: 'OPTION_INVALID' })
  expect(() => createPacer({ rates: { [REFUND]: 0 } })).toThrow(invalid)
  expect(() => createPacer({ rates: { refunds: 1 } })).toThrow(invalid)
  expect(() => createPacer({ rates: {}, burst: -1 })).toThrow(invalid)
  await expect(createPacer({ rates: DOCUMENTED_RATES }).run('POST /v3/x', async () => {})).rejects.toEqual(invalid)
})
