import fc from 'fast-check'
import { expect, it } from 'vitest'
import { DAY, HOUR } from '../../../../src/core/base/time.ts'
import type { CouponStockDraft } from '../../../../src/simulator/accounts/coupons/coupon-stock.ts'
import { HISTORIES } from '../../../fixtures/histories.ts'
import { createTestAccounts, draft, START } from '../account-records.ts'
import { isAccepted } from '../is-accepted.ts'
import { expectBalancesToBeMovements } from '../movements.ts'

// Whatever the merchant and the shoppers do in whatever order: no budget is exceeded, no coupon is used twice, and all money adds up.

const AMOUNT = 30
const MAX = 4
const PER_USER = 2

const stockOf = (no_cash: boolean): CouponStockDraft => ({
  mchid: '1',
  appid: 'wx',
  out_request_no: 'S',
  stock_name: '券',
  description: '',
  beginsAt: START,
  endsAt: START + 2 * DAY,
  no_cash,
  sendRule: {
    max_coupons: MAX,
    max_amount: MAX * AMOUNT,
    max_coupons_per_user: PER_USER,
    natural_person_limit: false,
    prevent_api_abuse: false,
  },
  useRule: {
    fixed_normal_coupon: { coupon_amount: AMOUNT, transaction_minimum: 50 },
    available_merchants: ['1'],
    coupon_available_time: { available_time_after_receive: 1440 },
  },
  fingerprint: '1',
})

type Act =
  | { do: 'start' | 'pause' | 'restart' | 'stop' | 'wait' | 'reverse' }
  | { do: 'send'; user: string }
  | { do: 'pay'; coupon: number; total: number }
  | { do: 'refund'; amount: number; result: 'SUCCESS' | 'CLOSED' }

const act: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.constantFrom(...(['start', 'pause', 'restart', 'stop', 'reverse'] as const)).map(d => ({ do: d })),
  },
  { weight: 1, arbitrary: fc.constant({ do: 'wait' as const }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('send' as const), user: fc.constantFrom('a', 'b', 'c') }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('pay' as const),
      coupon: fc.nat(5),
      total: fc.constantFrom(40, 50, 77, 1000),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('refund' as const),
      amount: fc.constantFrom(1, 7, 25, 1000),
      result: fc.constantFrom('SUCCESS' as const, 'CLOSED' as const),
    }),
  },
)

const send = (user: string): Act => ({ do: 'send', user })
const refund = (amount: number, result: 'SUCCESS' | 'CLOSED' = 'SUCCESS'): Act => ({ do: 'refund', amount, result })
/** Histories that every run tries: they hold each act, accepted and refused. */
const EXAMPLES: [Act[], boolean][] = [false, true].map(no_cash => [
  [
    send('a'),
    { do: 'pause' },
    { do: 'start' },
    send('a'),
    send('a'),
    send('a'),
    { do: 'pause' },
    { do: 'start' },
    send('b'),
    { do: 'restart' },
    send('b'),
    send('c'),
    send('c'),
    { do: 'pay', coupon: 0, total: 77 },
    { do: 'pay', coupon: 0, total: 77 },
    { do: 'pay', coupon: 1, total: 40 },
    refund(7),
    refund(25, 'CLOSED'),
    refund(25),
    refund(45),
    refund(1),
    { do: 'pay', coupon: 1, total: 1000 },
    { do: 'reverse' },
    { do: 'stop' },
    { do: 'wait' },
    { do: 'pay', coupon: 2, total: 77 },
  ],
  no_cash,
])

it('coupons never exceed their budget, are used once, and all money adds up', async () => {
  const seen = new Set<string>()
  await fc.assert(
    fc.asyncProperty(fc.array(act, { maxLength: 25 }), fc.boolean(), async (acts, no_cash) => {
      const accounts = createTestAccounts()
      const { coupons, orders, refunds, funds, scheduler } = accounts
      funds.deposit('1', 'OPERATION', 1000)
      funds.deposit('1', 'BASIC', 10_000)
      const { stock_id } = coupons.stocks.create(stockOf(no_cash))
      const used = new Set<string>()
      let paid = ''
      for (const [at, step] of acts.entries()) {
        const before = accounts.state.snapshot()
        let isDone = true
        if (step.do === 'wait') await scheduler.advance(13 * HOUR)
        else if (step.do === 'send')
          isDone = isAccepted(() =>
            coupons.send({ stock_id, openid: step.user, sender: '1', out_request_no: `C${at}`, fingerprint: '1' }),
          )
        else if (step.do === 'pay') {
          const coupon = [...coupons.all()][step.coupon]
          orders.place(draft(`T${at}`, step.total))
          isDone = coupon !== undefined && isAccepted(() => coupons.payOrder(orders.find(`T${at}`)!, coupon.coupon_id))
          if (isDone) {
            expect(used).not.toContain(coupon!.coupon_id)
            expect(step.total).toBeGreaterThanOrEqual(50)
            used.add(coupon!.coupon_id)
            paid = `T${at}`
          } else expect(orders.find(`T${at}`)!.paidAt).toBeUndefined()
        } else if (step.do === 'reverse') isDone = paid !== '' && isAccepted(() => orders.reverse(paid))
        else if (step.do === 'refund') {
          const total = orders.find(paid)?.amount.total ?? 1
          const of = { api: 'v3', source: 'UNSETTLED', total, refund: step.amount, out_trade_no: paid } as const
          isDone = isAccepted(() => refunds.apply({ ...of, out_refund_no: `R${at}` }))
          if (isDone) refunds.settle(`R${at}`, step.result)
        } else {
          isDone = isAccepted(() => coupons.stocks[step.do as 'start'](stock_id))
          if (!isDone) expect(accounts.state.snapshot()).toBe(before)
        }
        seen.add(`${step.do} ${isDone}`)
        expectBalancesToBeMovements(accounts, ['1'])
        const stock = coupons.stocks.require(stock_id)
        const all = [...coupons.all()]
        expect(all.length).toBe(stock.sent)
        expect(stock.sent).toBeLessThanOrEqual(MAX)
        for (const user of ['a', 'b', 'c'])
          expect(all.filter(({ openid }) => openid === user).length).toBeLessThanOrEqual(PER_USER)
        // The frozen money is the most that the coupons can cost which may still be used, or sent.
        const open = all.filter(({ status }) => status === 'SENDED').length
        const unsent = stock.status === 'running' || stock.status === 'paused' ? MAX - stock.sent : 0
        const isActive = stock.startedAt !== undefined && !no_cash
        expect(stock.frozen).toBe(isActive ? (open + unsent) * AMOUNT : 0)
        expect(funds.poolBalance('1', 'OPERATION', 'frozen')).toBe(stock.frozen)
      }
      for (const order of orders.all()) {
        const of = [...refunds.all()].filter(
          ({ out_trade_no, status }) => out_trade_no === order.out_trade_no && status === 'SUCCESS',
        )
        const sum = (pick: 'refund' | 'discount') => of.reduce((total, one) => total + one[pick], 0)
        expect(sum('refund')).toBeLessThanOrEqual(order.amount.total)
        if (sum('refund') === order.amount.total) expect(sum('discount')).toBe(order.coupon?.amount ?? 0)
      }
      const restored = createTestAccounts(accounts.state.snapshot())
      expect([...restored.coupons.all()]).toEqual([...coupons.all()])
      expectBalancesToBeMovements(restored, ['1'])
    }),
    { numRuns: HISTORIES, examples: EXAMPLES },
  )
  for (const name of ['start', 'pause', 'send', 'pay', 'refund'])
    expect([...seen]).toEqual(expect.arrayContaining([`${name} true`, `${name} false`]))
  expect(seen).toContain('reverse true')
})
