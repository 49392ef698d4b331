import fc from 'fast-check'
import { expect, it } from 'vitest'
import { Rejection } from '../../../../src/simulator/accounts/rejection.ts'
import { HISTORIES } from '../../../fixtures/histories.ts'
import { createTestAccounts, draft } from '../account-records.ts'

// A model in a few variables says what the merchant sees of a complaint, whatever the parties do in whatever order.

type State = 'PENDING' | 'PROCESSING' | 'PROCESSED'
interface Model {
  state: State
  times: number
  decided: boolean
  approved: boolean
  refunded: number
}

const TOTAL = 100
type Act = { do: 'reply' | 'complete' | 'continue' | 'write' | 'APPROVE' | 'REJECT' } | { do: 'refund'; amount: number }
const act: fc.Arbitrary<Act> = fc.oneof(
  fc.constantFrom(
    { do: 'reply' } as const,
    { do: 'complete' } as const,
    { do: 'continue' } as const,
    { do: 'write' } as const,
    { do: 'APPROVE' } as const,
    { do: 'REJECT' } as const,
  ),
  fc.record({ do: fc.constant('refund' as const), amount: fc.constantFrom(10, 40, 100) }),
)

const doing = (...acts: ('reply' | 'complete' | 'continue' | 'APPROVE' | 'REJECT')[]) => acts.map(act => ({ do: act }))
const WHOLE = { do: 'refund', amount: TOTAL } as const
/** Histories that every run tries: they hold each act, accepted and refused. */
const EXAMPLES: [Act[], string][] = [
  [[...doing('reply', 'complete', 'complete', 'continue', 'APPROVE', 'APPROVE'), WHOLE, WHOLE], 'REFUND'],
  [doing('continue', 'REJECT', 'REJECT', 'continue'), 'REFUND'],
]

/** Returns whether the simulated WeChat Pay accepts. */
function isAccepted(run: () => unknown): boolean {
  try {
    run()
    return true
  } catch (error) {
    if (error instanceof Rejection) return false
    throw error
  }
}

it('a complaint is in the state that follows from what was done, and so is its restored copy', async () => {
  const seen = new Set<string>()
  const acts = fc.array(act, { maxLength: 12 })
  const problems = fc.constantFrom('REFUND', 'OTHERS')
  await fc.assert(
    fc.asyncProperty(acts, problems, async (acts, problem_type) => {
      const accounts = createTestAccounts()
      const { orders, refunds, complaints, scheduler, events } = accounts
      orders.place(draft('1', TOTAL))
      const { complaint_id } = complaints.file(orders.pay('1'), { problem_type: problem_type as 'REFUND' })
      const model: Model = { state: 'PENDING', times: 1, decided: false, approved: false, refunded: 0 }
      for (const [at, step] of acts.entries()) {
        const lines = complaints.require(complaint_id).history.length
        const told = events.length
        let isExpected = true
        if (step.do === 'reply') {
          complaints.act(complaint_id, 'MERCHANT_RESPONSE')
          if (model.state === 'PENDING') model.state = 'PROCESSING'
        } else if (step.do === 'complete') {
          isExpected = model.state !== 'PROCESSED'
          expect(isAccepted(() => complaints.act(complaint_id, 'MERCHANT_CONFIRM_COMPLETE'))).toBe(isExpected)
          model.state = 'PROCESSED'
        } else if (step.do === 'continue') {
          isExpected = model.state === 'PROCESSED'
          expect(isAccepted(() => complaints.act(complaint_id, 'CONTINUE_COMPLAINT'))).toBe(isExpected)
          if (isExpected)
            Object.assign(model, { state: 'PENDING', times: model.times + 1, decided: false, approved: false })
        } else if (step.do === 'write') {
          isExpected = model.state !== 'PROCESSED'
          expect(isAccepted(() => complaints.act(complaint_id, 'USER_RESPONSE'))).toBe(isExpected)
        } else if (step.do === 'refund') {
          isExpected = model.refunded + step.amount <= TOTAL
          const refund = {
            api: 'v3',
            source: 'UNSETTLED',
            total: TOTAL,
            refund: step.amount,
            out_trade_no: '1',
          } as const
          expect(isAccepted(() => refunds.apply({ ...refund, out_refund_no: `R${at}` }))).toBe(isExpected)
          await scheduler.advance(5_000)
          if (isExpected) {
            model.refunded += step.amount
            if (model.approved) model.state = 'PROCESSED'
          }
        } else {
          const { do: decision } = step
          const isOpen = model.state !== 'PROCESSED' && !model.decided && model.refunded < TOTAL
          isExpected = problem_type === 'REFUND' && isOpen
          expect(isAccepted(() => complaints.decideRefund(complaint_id, decision, {}))).toBe(isExpected)
          if (isExpected) {
            Object.assign(model, { decided: true, approved: decision === 'APPROVE' })
            if (decision === 'REJECT') model.state = 'PROCESSED'
            else if (model.state === 'PENDING') model.state = 'PROCESSING'
          }
        }
        seen.add(`${step.do} ${isExpected}`)
        const complaint = complaints.require(complaint_id)
        expect(complaint).toMatchObject({
          state: model.state,
          user_complaint_times: model.times,
          complaint_full_refunded: model.refunded === TOTAL,
        })
        // A refusal leaves no line and emits nothing.
        if (!isExpected) expect([complaint.history.length, events.length]).toEqual([lines, told])
        else expect(complaint.history.length).toBeGreaterThan(lines)
      }
      const { history } = complaints.require(complaint_id)
      expect(new Set(history.map(({ log_id }) => log_id)).size).toBe(history.length)
      const restored = createTestAccounts(accounts.state.snapshot())
      expect(restored.complaints.find(complaint_id)).toEqual(complaints.find(complaint_id))
    }),
    { numRuns: HISTORIES, examples: EXAMPLES },
  )
  for (const done of [
    'reply true',
    'complete false',
    'continue true',
    'refund true',
    'APPROVE true',
    'REJECT true',
    'APPROVE false',
  ])
    expect(seen).toContain(done)
})
