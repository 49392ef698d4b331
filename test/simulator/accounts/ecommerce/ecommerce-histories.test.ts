import fc from 'fast-check'
import { expect, it } from 'vitest'
import { HOUR } from '../../../../src/core/base/time.ts'
import { orderKey } from '../../../../src/simulator/accounts/orders/order.ts'
import { HISTORIES } from '../../../fixtures/histories.ts'
import { createTestAccounts, draft, type TestAccounts } from '../account-records.ts'
import { isAccepted } from '../is-accepted.ts'
import { expectBalancesToBeMovements } from '../movements.ts'

// A platform, two sub-merchants and a receiver move money in whatever order; all of it adds up, and no account is below zero.

const PLATFORM = '1'
const SUBS = ['21', '22']
const RECEIVER = '31'

type Act =
  | { do: 'pay'; sub: number; total: number }
  | {
      do: 'share' | 'subsidize' | 'refund' | 'return-share' | 'return-subsidy'
      order: number
      amount: number
      more: boolean
    }
  | { do: 'withdraw'; owner: number; amount: number }
  | { do: 'settle'; at: number; status: 'SUCCESS' | 'FAIL' | 'CLOSE' | 'REFUND' }
  | { do: 'cancel' | 'finish' | 'reverse'; order: number }
  | { do: 'wait' }

const order = fc.nat(3)
const amount = fc.constantFrom(1, 30, 70, 100, 200)
const act: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('pay' as const), sub: fc.nat(1), total: fc.constantFrom(100, 333) }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constantFrom('share' as const, 'subsidize', 'refund', 'return-share', 'return-subsidy'),
      order,
      amount,
      more: fc.boolean(),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('withdraw' as const), owner: fc.nat(3), amount }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('settle' as const),
      at: fc.nat(2),
      status: fc.constantFrom('SUCCESS' as const, 'FAIL', 'CLOSE', 'REFUND'),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('cancel' as const, 'finish', 'reverse'), order }) },
  { weight: 2, arbitrary: fc.constant({ do: 'wait' as const }) },
)

const on = (
  name: 'share' | 'subsidize' | 'refund' | 'return-share' | 'return-subsidy',
  amount: number,
  at = 0,
): Act => ({
  do: name,
  order: at,
  amount,
  more: true,
})
/** A history that every run tries: it holds each act, accepted and refused. */
const EXAMPLES: [Act[]][] = [
  [
    [
      { do: 'pay', sub: 0, total: 333 },
      { do: 'pay', sub: 1, total: 100 },
      { do: 'cancel', order: 1 },
      { do: 'pay', sub: 1, total: 100 },
      { do: 'reverse', order: 2 },
      on('subsidize', 200),
      { do: 'reverse', order: 0 },
      on('subsidize', 200),
      on('share', 70),
      on('share', 200, 1),
      on('subsidize', 1),
      on('return-share', 30),
      on('return-share', 100),
      on('return-subsidy', 30),
      on('refund', 30),
      on('return-subsidy', 30),
      on('return-subsidy', 200),
      on('refund', 30, 1),
      { do: 'cancel', order: 1 },
      on('subsidize', 30, 1),
      { do: 'finish', order: 0 },
      { do: 'finish', order: 0 },
      { do: 'wait' },
      { do: 'wait' },
      { do: 'withdraw', owner: 0, amount: 100 },
      { do: 'withdraw', owner: 3, amount: 200 },
      { do: 'settle', at: 0, status: 'REFUND' },
      { do: 'settle', at: 0, status: 'SUCCESS' },
      { do: 'settle', at: 0, status: 'REFUND' },
      { do: 'withdraw', owner: 2, amount: 30 },
      { do: 'settle', at: 1, status: 'FAIL' },
    ],
  ],
]

/** Expects that what is frozen in the accounts of the sub-merchants is what their orders can still share. */
function expectFrozenToBeOfOrders({ funds, orders }: TestAccounts): void {
  const frozen = new Map(SUBS.map(mchid => [mchid, 0]))
  for (const { sub_mchid = '', sharing, revokedAt } of orders.all())
    if (sharing && revokedAt === undefined) frozen.set(sub_mchid, frozen.get(sub_mchid)! + sharing.frozen)
  for (const [mchid, amount] of frozen)
    expect([mchid, funds.poolBalance(mchid, 'BASIC', 'frozen')]).toEqual([mchid, amount])
}

it('the money of a platform and its sub-merchants adds up, whatever they do', async () => {
  const seen = new Set<string>()
  await fc.assert(
    fc.asyncProperty(fc.array(act, { maxLength: 25 }), async acts => {
      const accounts = createTestAccounts()
      const { funds, orders, refunds, profitSharing, subsidies, withdrawals, scheduler } = accounts
      funds.deposit(PLATFORM, 'OPERATION', 500)
      funds.deposit(RECEIVER, 'BASIC', 50)
      profitSharing.receivers.add(PLATFORM, { type: 'MERCHANT_ID', account: RECEIVER })
      const owners = [PLATFORM, ...SUBS, RECEIVER]
      for (const [at, step] of acts.entries()) {
        const before = accounts.state.snapshot()
        const isDone = await doStep(step, at)
        if (isDone === undefined) continue
        seen.add(`${step.do} ${isDone}`)
        // A refusal moves nothing.
        if (!isDone && step.do !== 'return-share') expect(accounts.state.snapshot()).toBe(before)
        expectBalancesToBeMovements(accounts, owners)
        expectFrozenToBeOfOrders(accounts)
      }
      async function doStep(step: Act, at: number): Promise<boolean | undefined> {
        if (step.do === 'wait') return scheduler.advance(13 * HOUR).then(() => true)
        if (step.do === 'pay') {
          const placed = orders.place(
            draft(`T${at}`, step.total, { mchid: PLATFORM, sub_mchid: SUBS[step.sub]!, profit_sharing: true }),
          )
          orders.pay(orderKey(placed))
          return true
        }
        if (step.do === 'withdraw') {
          const mchid = owners[step.owner]!
          const account_type = mchid === PLATFORM ? 'OPERATION' : 'BASIC'
          const given = {
            out_request_no: `W${at}`,
            mchid,
            sp_mchid: PLATFORM,
            account_type,
            amount: step.amount,
          } as const
          return isAccepted(() => withdrawals.apply({ ...given, fingerprint: '1' }))
        }
        if (step.do === 'settle') {
          const withdrawal = [...withdrawals.all()][step.at]
          // A return of money that has been spent is the bank's affair.
          return withdrawal && isAccepted(() => withdrawals.settle(withdrawal, step.status))
        }
        const paid = [...orders.all()][step.order]
        if (!paid) return undefined
        const { sub_mchid = '', transaction_id = '', out_trade_no } = paid
        if (step.do === 'cancel') return isAccepted(() => subsidies.cancel(sub_mchid, transaction_id))
        const request = { sub_mchid, transaction_id, out_order_no: `S${at}`, description: 'd' }
        if (step.do === 'reverse') return isAccepted(() => orders.reverse(orderKey(paid)))
        if (!('amount' in step)) return isAccepted(() => profitSharing.orders.unfreeze(request))
        const { amount } = step
        if (step.do === 'share') {
          const receivers = [{ type: 'MERCHANT_ID', account: RECEIVER, amount, description: 'd' } as const]
          const sharing = { ...request, receivers, unfreeze_unsplit: !step.more, platform: PLATFORM }
          return isAccepted(() => profitSharing.orders.share(sharing))
        }
        if (step.do === 'subsidize') {
          const subsidy = { sp_mchid: PLATFORM, sub_mchid, transaction_id, amount, description: 'd' }
          return isAccepted(() => subsidies.create({ ...subsidy, ...(step.more && { out_subsidy_no: `U${at}` }) }))
        }
        if (step.do === 'refund') {
          const refund = { api: 'v3', source: 'UNSETTLED', total: paid.amount.total, refund: amount } as const
          return isAccepted(() => refunds.apply({ ...refund, sub_mchid, out_trade_no, out_refund_no: `R${at}` }))
        }
        if (step.do === 'return-share') {
          const sharing = [...profitSharing.orders.all()].find(one => one.transaction_id === transaction_id)
          if (!sharing) return undefined
          const { out_order_no } = sharing
          const back = { sub_mchid, out_order_no, out_return_no: `B${at}`, return_mchid: RECEIVER, amount }
          return isAccepted(() => profitSharing.returns.apply({ ...back, description: 'd' }))
        }
        const refund_id = refunds.ofOrder(orderKey(paid))[0]?.refund_id ?? ''
        return isAccepted(() => subsidies.giveBack({ ...request, refund_id, amount }))
      }
      for (const { transaction_id, amount } of orders.all()) {
        const paidIn = [...subsidies.all()].filter(one => one.transaction_id === transaction_id)
        expect(paidIn.reduce((sum, one) => sum + one.amount, 0)).toBeLessThanOrEqual(amount.total)
      }
      const restored = createTestAccounts(accounts.state.snapshot())
      expectBalancesToBeMovements(restored, owners)
      expect([...restored.withdrawals.all()]).toEqual([...withdrawals.all()])
    }),
    { numRuns: HISTORIES, examples: EXAMPLES },
  )
  for (const name of ['share', 'subsidize', 'return-subsidy', 'withdraw', 'settle', 'cancel', 'finish', 'reverse'])
    expect([...seen]).toEqual(expect.arrayContaining([`${name} true`, `${name} false`]))
})
