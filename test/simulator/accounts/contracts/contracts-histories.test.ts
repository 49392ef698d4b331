import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { Contract, SignedContract } from '../../../../src/simulator/accounts/contracts/contract.ts'
import { Rejection } from '../../../../src/simulator/accounts/rejection.ts'
import { HISTORIES } from '../../../fixtures/histories.ts'
import { createTestAccounts } from '../account-records.ts'

// Whatever the parties do in whatever order: money moves only while a contract is signed, and once for each number.

const NUMBERS = ['T1', 'T2', 'T3']
const step = fc.oneof(
  fc.constantFrom('begin', 'sign', 'terminate', 'wait', 'fail').map(action => ({ action, number: NUMBERS[0]! })),
  fc.constantFrom(...NUMBERS).map(number => ({ action: 'deduct', number })),
)

/** A history that every run tries: it holds each act, accepted and refused. */
const EXAMPLE = ['begin', 'sign', 'begin', 'sign', 'deduct', 'wait', 'deduct', 'terminate', 'deduct', 'terminate'].map(
  action => ({ action, number: 'T1' }),
)

/** Returns the reason of a refusal; undefined if the simulated WeChat Pay accepts. */
function reasonOf(run: () => unknown): string | undefined {
  try {
    run()
    return undefined
  } catch (error) {
    if (error instanceof Rejection) return error.reason
    throw error
  }
}

it('a contract is deducted from only while it is signed, and so is its restored copy', async () => {
  const seen = new Set<string>()
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 14 }), async steps => {
      const accounts = createTestAccounts()
      const { contracts, orders, scheduler, funds, events } = accounts
      const key = { plan_id: '1', contract_code: 'C1' }
      let state: 'NONE' | Contract['state'] = 'NONE'
      const waiting = new Set<string>()
      const paid = new Set<string>()
      const failed = new Set<string>()
      for (const { action, number } of steps) {
        const contract = contracts.findByNumber(key) as SignedContract
        let reason: string | undefined
        if (action === 'begin') {
          const draft = {
            ...key,
            api: 'v3',
            mchid: '1',
            appid: 'wx',
            contract_display_account: 'a',
            notify_url: 'u',
          } as const
          reason = reasonOf(() => contracts.begin(draft))
          expect(reason).toBe(state === 'NONE' || state === 'SIGNING' ? undefined : 'CONTRACT_CODE_USED')
          if (!reason) state = 'SIGNING'
        } else if (action === 'sign') {
          reason = reasonOf(() => contracts.sign(key))
          const expected = { NONE: 'CONTRACT_UNKNOWN', SIGNING: undefined, SIGNED: 'CONTRACT_STATE' }
          expect(reason).toBe(state === 'TERMINATED' ? 'CONTRACT_STATE' : expected[state])
          if (!reason) state = 'SIGNED'
        } else if (action === 'terminate' && state !== 'NONE') {
          reason = reasonOf(() => contracts.terminate(contract, 'USER', ''))
          expect(reason).toBe(state === 'SIGNED' ? undefined : 'CONTRACT_STATE')
          if (!reason) state = 'TERMINATED'
        } else if (action === 'deduct' && state !== 'NONE') {
          const order = {
            api: 'v3',
            out_trade_no: number,
            description: 'd',
            notify_url: 'u',
            fingerprint: number,
          } as const
          reason = reasonOf(() => contracts.deduct(contract, { ...order, amount: { total: 100, currency: 'CNY' } }))
          const expected =
            state !== 'SIGNED'
              ? 'CONTRACT_STATE'
              : paid.has(number)
                ? 'ORDER_PAID'
                : failed.has(number)
                  ? 'ORDER_FAILED'
                  : undefined
          expect(reason).toBe(expected)
          if (!reason) waiting.add(number)
        } else if (action === 'fail' && waiting.has(number)) {
          orders.fail(number)
          waiting.delete(number)
          failed.add(number)
        } else if (action === 'wait') {
          await scheduler.advance(2_000)
          for (const due of waiting) (state === 'SIGNED' ? paid : failed).add(due)
          waiting.clear()
        }
        seen.add(`${action} ${reason}`)
        expect(NUMBERS.filter(one => orders.find(one)?.trade_state === 'SUCCESS')).toEqual(
          NUMBERS.filter(one => paid.has(one)),
        )
        // Less the fee of a fen.
        expect(funds.balance('1', 'BASIC').pending).toBe(paid.size * 99)
      }
      expect(events.filter(({ type }) => type === 'order-paid')).toHaveLength(paid.size)
      const restored = createTestAccounts(accounts.state.snapshot())
      await Promise.all([scheduler.advance(2_000), restored.scheduler.advance(2_000)])
      expect(restored.contracts.findByNumber(key)).toEqual(contracts.findByNumber(key))
      for (const number of NUMBERS)
        expect(restored.orders.find(number)?.trade_state).toBe(orders.find(number)?.trade_state)
    }),
    { numRuns: HISTORIES, examples: [[EXAMPLE]] },
  )
  for (const done of [
    'sign undefined',
    'deduct undefined',
    'terminate undefined',
    'deduct CONTRACT_STATE',
    'begin CONTRACT_CODE_USED',
  ])
    expect(seen).toContain(done)
})
