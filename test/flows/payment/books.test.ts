import fc from 'fast-check'
import { expect, it } from 'vitest'
import { micropayOutcome, type RefundRequest, refund } from '../../../src/flows/payment/index.ts'
import type { FaultRule } from '../../../src/simulator/index.ts'
import { authCode, createTestMerchant, type TestMerchant, unusedNumber } from './test-merchant.ts'

// Whatever goes wrong on the way, what the caller is told and what WeChat Pay's books say never disagree.

/** Generates faults on the way to some paths: a few times each, after a few requests without a fault. */
const faultsOn = (paths: readonly (readonly [path: string, method?: string])[]): fc.Arbitrary<FaultRule[]> => {
  const effect = fc.oneof(
    fc.constantFrom('lost-response', 'cut-connection', 'cut-body', 'wrong-signature').map(kind => ({ kind })),
    fc.constantFrom(429, 500, 502).map(status => ({ kind: 'status', status })),
  )
  const scope = fc.record({ at: fc.constantFrom(...paths), after: fc.nat(3), count: fc.integer({ min: 1, max: 25 }) })
  const rule = fc.tuple(effect, scope).map(
    ([
      effect,
      {
        at: [path, method],
        ...scope
      },
    ]) => ({ ...effect, ...scope, path, ...(method && { method }) }),
  )
  return fc.array(rule as fc.Arbitrary<FaultRule>, { maxLength: 5 })
}

type Api = 'v2' | 'v3' | 'overseas'
const APIS = fc.constantFrom<Api>('v2', 'v3', 'overseas')
const currencyOf = (api: Api) => (api === 'overseas' ? 'JPY' : 'CNY')

const codeOrder = ({ simulator: { merchant } }: TestMerchant, api: Api, total: number) => {
  const out_trade_no = unusedNumber()
  if (api === 'overseas')
    return {
      appid: merchant.appid,
      mchid: merchant.mchid,
      description: 'd',
      out_trade_no,
      trade_type: 'MICROPAY',
      merchant_category_code: '5411',
      amount: { total, currency: 'JPY' },
      payer: { auth_code: authCode() },
    }
  return api === 'v3'
    ? {
        appid: merchant.appid,
        mchid: merchant.mchid,
        description: 'd',
        out_trade_no,
        amount: { total },
        payer: { auth_code: authCode() },
        scene_info: { store_info: { id: '1' } },
      }
    : {
        appid: merchant.appid,
        mch_id: merchant.mchid,
        body: 'b',
        out_trade_no,
        total_fee: total,
        spbill_create_ip: '127.0.0.1',
        auth_code: authCode(),
      }
}

const CODE_PATHS = [
  ...([['/v3/pay/transactions/codepay'], ['/pay/micropay'], ['/v3/**/reverse'], ['/secapi/pay/reverse']] as const),
  ...([['/v3/global/micropay/transactions/pay'], ['/v3/global/transactions/out-trade-no/*']] as const),
  ...([['/v3/pay/transactions/out-trade-no/*'], ['/pay/orderquery'], ['/**']] as const),
]

it('a payment by code is paid once or not at all, and told so', async () => {
  const shopper = fc.record({ acts: fc.constantFrom('pay', 'cancel', 'sleep'), at: fc.integer({ min: 1, max: 12 }) })
  const history = {
    api: APIS,
    faults: faultsOn(CODE_PATHS),
    shopper,
    total: fc.constantFrom(100, 100_001),
    recalls: fc.nat(3),
    limit: fc.constantFrom(10_000, 45_000),
    abortedAt: fc.option(fc.integer({ min: 1, max: 10 }), { nil: undefined }),
  }
  await fc.assert(
    fc.asyncProperty(fc.record(history), async ({ api, faults, shopper, total, recalls, limit, abortedAt }) => {
      const shop = await createTestMerchant()
      const { simulator } = shop
      const order = codeOrder(shop, api, total)
      const { out_trade_no } = order
      const controller = new AbortController()
      const act = () => {
        if (simulator.order(out_trade_no)?.trade_state !== 'USERPAYING') return
        if (shopper.acts === 'pay') simulator.pay({ out_trade_no })
        if (shopper.acts === 'cancel') simulator.cancel({ out_trade_no })
      }
      const wait = async (ms: number) => {
        if (shop.waits.length + 1 === shopper.at) act()
        if (shop.waits.length + 1 === abortedAt) controller.abort()
        await shop.wait(ms)
      }
      if (recalls > 0) simulator.nextReverse(recalls)
      for (const fault of faults) shop.fault(fault)
      const { signal } = controller
      const outcome = await micropayOutcome(shop.wxpay, order, { wait, limit, signal, reversals: 6 })
      const sent = shop.calls().filter(call => /codepay|pay\/micropay|transactions\/pay$/.test(call))
      expect(sent).toHaveLength(1)
      const { trade_state, paidAt, revokedAt } = simulator.order(out_trade_no) ?? {}
      const isPaid = paidAt !== undefined && revokedAt === undefined
      if (outcome.state === 'paid') expect({ isPaid, trade_state }).toEqual({ isPaid: true, trade_state: 'SUCCESS' })
      // An ended order stays ended: nobody can pay it any more.
      if (outcome.state === 'refused' || outcome.state === 'reversed') {
        expect(isPaid).toBe(false)
        expect(['CLOSED', 'REVOKED', 'PAYERROR', undefined]).toContain(trade_state)
      }
      const { available, pending } = simulator.balance('BASIC', currencyOf(api))
      expect(available + pending > 0).toBe(isPaid)
    }),
    { numRuns: 80 },
  )
})

const REFUND_PATHS = [
  ...([
    ['/v3/global/refunds/**', 'GET'],
    ['/v3/global/refunds', 'POST'],
  ] as const),
  ...([['/v3/refund/**', 'POST'], ['/v3/refund/**', 'GET'], ['/secapi/pay/refund'], ['/pay/refundquery']] as const),
  ...([['/pay/orderquery'], ['/v3/pay/**'], ['/**']] as const),
]

it('refunds are made once each, or not at all, and told so', async () => {
  const history = {
    api: APIS,
    faults: faultsOn(REFUND_PATHS),
    // Which of three refunds is asked for, one call after the other; together they may be more than the order.
    calls: fc.array(fc.nat(2), { minLength: 1, maxLength: 6 }),
    amounts: fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 3, maxLength: 3 }),
  }
  await fc.assert(
    fc.asyncProperty(fc.record(history), async ({ api, faults, calls, amounts }) => {
      const shop = await createTestMerchant()
      const { simulator, wait, wxpay } = shop
      const order = codeOrder(shop, api === 'overseas' ? api : 'v3', 100)
      expect((await micropayOutcome(wxpay, order as never)).state).toBe('paid')
      const { out_trade_no } = order
      const { appid, mchid } = simulator.merchant
      const requests = amounts.map((fen, at): RefundRequest => {
        const own = { out_trade_no, out_refund_no: `${out_trade_no}-${at}` }
        const amount = { refund: fen }
        if (api === 'overseas') return { ...own, amount, merchant_category_code: '5411' }
        return api === 'v3' ? { ...own, amount } : { ...own, appid, mch_id: mchid, refund_fee: fen }
      })
      const earlier = requests.map(({ out_refund_no }) => out_refund_no)
      for (const fault of faults) shop.fault(fault)
      const isMade = (at: number) => simulator.refund(earlier[at]!) !== undefined
      for (const at of calls) {
        const before = isMade(at)
        const told = await refund(wxpay, requests[at]!, { wait, earlier }).catch(error => error)
        if (told instanceof Error) {
          // Nothing was made by a call that says so.
          if (!('mayHaveTakenEffect' in told && told.mayHaveTakenEffect)) expect(isMade(at)).toBe(before)
        } else
          expect(simulator.refund(told.out_refund_no)).toMatchObject({ refund: amounts[at], refund_id: told.refund_id })
      }
      const made = requests.flatMap((_, at) => (isMade(at) ? [amounts[at]!] : []))
      const sum = made.reduce((sum, fen) => sum + fen, 0)
      expect(sum).toBeLessThanOrEqual(100)
      // The fee of 60 fen in 10,000 is none for 100.
      const { pending, available } = simulator.balance('BASIC', currencyOf(api))
      expect(pending + available).toBeGreaterThanOrEqual(100 - sum - 1)
      expect(pending + available).toBeLessThanOrEqual(100 - sum)
    }),
    { numRuns: 60 },
  )
})
