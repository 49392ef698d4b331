import fc from 'fast-check'
import { expect, it } from 'vitest'
import { DAY, HOUR } from '../../../../src/core/base/time.ts'
import type { CodeMode } from '../../../../src/simulator/accounts/business-coupons/business-coupon.ts'
import { rfc3339 } from '../../../../src/simulator/clock/time.ts'
import { HISTORIES } from '../../../fixtures/histories.ts'
import { createTestAccounts, START } from '../account-records.ts'
import { isAccepted } from '../is-accepted.ts'

// A model in a few variables says which state each coupon has, whatever merchant and shoppers do in whatever order.

const MAX = 4
const PER_USER = 2
const MODES: readonly CodeMode[] = ['WECHATPAY_MODE', 'MERCHANT_API', 'MERCHANT_UPLOAD']

type Act =
  | { do: 'send'; user: string }
  | { do: 'use' | 'return' | 'deactivate' | 'associate' | 'disassociate'; coupon: number; request: string }
  | { do: 'budget'; target: number }
  | { do: 'wait' | 'pause' | 'continue' | 'upload' }

const coupon = fc.nat(4)
const request = fc.constantFrom('r1', 'r2')
const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('send' as const), user: fc.constantFrom('a', 'b', 'c') }) },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constantFrom('use' as const, 'return', 'deactivate', 'associate', 'disassociate'),
      coupon,
      request,
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('budget' as const), target: fc.integer({ min: 1, max: 6 }) }) },
  { weight: 3, arbitrary: fc.constantFrom('wait', 'pause', 'continue', 'upload').map(d => ({ do: d }) as Act) },
)

const on = (name: 'use' | 'return' | 'deactivate' | 'associate' | 'disassociate', at: number, request = 'r1'): Act => ({
  do: name,
  coupon: at,
  request,
})
const sends: Act[] = ['a', 'a', 'a', 'b', 'b', 'c'].map(user => ({ do: 'send', user }))
const EXAMPLES: [Act[], CodeMode][] = MODES.map(mode => [
  [
    { do: 'upload' },
    ...sends,
    on('associate', 0),
    on('associate', 0, 'r2'),
    on('disassociate', 0),
    on('return', 0),
    on('use', 0),
    on('use', 0),
    on('use', 0, 'r2'),
    on('deactivate', 0),
    on('return', 0),
    on('use', 0, 'r2'),
    on('return', 0, 'r2'),
    on('use', 0, 'r2'),
    on('return', 0),
    on('deactivate', 1),
    on('deactivate', 1, 'r2'),
    on('use', 1),
    { do: 'pause' },
    { do: 'budget', target: 1 },
    { do: 'budget', target: 6 },
    { do: 'send', user: 'c' },
    { do: 'continue' },
    { do: 'send', user: 'c' },
    { do: 'wait' },
    { do: 'wait' },
    { do: 'wait' },
    on('use', 2),
    on('return', 0, 'r2'),
  ],
  mode,
])

it('business coupons are in the state that follows from what was done, within all limits', async () => {
  const seen = new Set<string>()
  await fc.assert(
    fc.asyncProperty(fc.array(act, { maxLength: 30 }), fc.constantFrom(...MODES), async (acts, coupon_code_mode) => {
      const accounts = createTestAccounts()
      const { scheduler, businessCoupons: of } = accounts
      const { stock_id } = of.stocks.create({
        mchid: '1',
        out_request_no: 'S',
        fingerprint: '1',
        text: {
          stock_name: '券',
          belong_merchant: '1',
          goods_name: '货',
          stock_type: 'NORMAL',
          coupon_code_mode,
          coupon_use_rule: {
            coupon_available_time: {
              available_begin_time: rfc3339(START),
              available_end_time: rfc3339(START + 3 * DAY),
              available_day_after_receive: 1,
            },
            fixed_normal_coupon: { discount_amount: 100, transaction_minimum: 100 },
          },
          stock_send_rule: { max_coupons: MAX, max_coupons_per_user: PER_USER },
        },
      })
      const states = new Map<string, string>()
      // A request that is repeated has its first result and changes nothing, however much has happened since.
      const accepted = new Set<string>()
      let uploads = 0
      for (const [at, step] of acts.entries()) {
        const before = accounts.state.snapshot()
        let isDone = true
        if (step.do === 'wait') await scheduler.advance(9 * HOUR)
        else if (step.do === 'upload') of.codes.upload(stock_id, [`U${uploads++}`, `U${uploads++}`])
        else if (step.do === 'pause' || step.do === 'continue')
          isDone = isAccepted(() => of.stocks.pause(stock_id, step.do === 'pause'))
        else if (step.do === 'budget')
          isDone = isAccepted(() =>
            of.stocks.changeBudget(stock_id, { limit: 'max_coupons', target: step.target, current: undefined }),
          )
        else if (step.do === 'send') {
          const given = coupon_code_mode === 'MERCHANT_API' ? { coupon_code: `M${at}` } : {}
          const draft = { stock_id, openid: step.user, sender: '1', send_request_no: `R${at}`, channel: 'C', ...given }
          isDone = isAccepted(() => {
            const { coupon_code } = of.send({ ...draft, fingerprint: '1' })
            expect(states.has(coupon_code)).toBe(false)
            states.set(coupon_code, 'SENDED')
          })
        } else if ('coupon' in step) {
          const sent = [...of.all()][step.coupon]
          if (!sent) continue
          const name = { stock_id, coupon_code: sent.coupon_code }
          const { coupon_code, state, expiresAt, out_trade_no } = sent
          const isOver = scheduler.now() >= expiresAt
          const request = `${step.do} ${coupon_code} ${step.request}`
          const isRepeated = accepted.has(request)
          if (step.do === 'use') {
            isDone = isAccepted(() => expect(of.use(name, step.request, undefined).state).toBe('USED'))
            expect(isDone).toBe(isRepeated || (state === 'SENDED' && !isOver))
            if (isDone && !isRepeated) states.set(coupon_code, 'USED')
          } else if (step.do === 'return') {
            isDone = isAccepted(() => expect(of.takeBack(name, step.request).state).toBe('SENDED'))
            expect(isDone).toBe(isRepeated || (state === 'USED' && !isOver))
            if (isDone && !isRepeated) states.set(coupon_code, 'SENDED')
          } else if (step.do === 'deactivate') {
            isDone = isAccepted(() => of.deactivate(name, step.request, undefined))
            expect(isDone).toBe(isRepeated || state === 'SENDED')
            if (isDone && !isRepeated) states.set(coupon_code, 'DEACTIVATED')
          } else {
            const isSame = out_trade_no === step.request
            isDone = isAccepted(() => of[step.do as 'associate'](name, step.request))
            expect(isDone).toBe(isSame || (step.do === 'associate' && state === 'SENDED' && out_trade_no === undefined))
          }
          if (isDone && step.do !== 'associate' && step.do !== 'disassociate') {
            if (isRepeated) expect(accounts.state.snapshot()).toBe(before)
            accepted.add(request)
          }
        }
        seen.add(`${step.do} ${isDone}`)
        // A refusal changes nothing.
        if (!isDone) expect(accounts.state.snapshot()).toBe(before)
        const all = [...of.all()]
        for (const { coupon_code, state, expiresAt } of all) {
          const isExpired = states.get(coupon_code) === 'SENDED' && scheduler.now() >= expiresAt
          expect([coupon_code, state]).toEqual([coupon_code, isExpired ? 'EXPIRED' : states.get(coupon_code)])
        }
        const stock = of.stocks.require(stock_id)
        expect(all.length).toBe(stock.sent)
        expect(stock.sent).toBeLessThanOrEqual(stock.text.stock_send_rule.max_coupons)
        for (const user of ['a', 'b', 'c'])
          expect(all.filter(({ openid }) => openid === user).length).toBeLessThanOrEqual(PER_USER)
        if (coupon_code_mode === 'MERCHANT_UPLOAD')
          expect(of.codes.ofStock(stock_id).filter(({ dispatched }) => dispatched).length).toBe(stock.sent)
      }
      const restored = createTestAccounts(accounts.state.snapshot()).businessCoupons
      expect([...restored.all()]).toEqual([...of.all()])
    }),
    { numRuns: HISTORIES, examples: EXAMPLES },
  )
  for (const name of ['send', 'use', 'return', 'deactivate', 'associate', 'budget'])
    expect([...seen]).toEqual(expect.arrayContaining([`${name} true`, `${name} false`]))
})
