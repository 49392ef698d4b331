import fc from 'fast-check'
import { expect, it } from 'vitest'
import { stageOf } from '../../../../src/flows/onboarding/index.ts'
import {
  type AnyApplymentState,
  APPLYMENT_STAGES,
  REJECTING_STATES,
  reviewsOf,
  type SettlementAccount,
  type SubApplymentKind,
} from '../../../../src/simulator/accounts/applyments/sub-applyment.ts'
import { HISTORIES } from '../../../fixtures/histories.ts'
import { createTestAccounts } from '../account-records.ts'
import { isAccepted } from '../is-accepted.ts'

const STATES = Object.keys(APPLYMENT_STAGES) as AnyApplymentState[]
const account: SettlementAccount = {
  account_type: 'ACCOUNT_TYPE_BUSINESS',
  account_bank: '工商银行',
  account_number: '622202*********0078',
  account_name: '某*',
}

it.each(['applyment4sub', 'ecommerce'] as const)(
  'an applyment of %s goes only where the documented process goes, keeps its number, and gets one merchant',
  async kind => {
    const seen = new Set<string>()
    // Mostly steps that are possible, so that histories get far.
    const step = fc.record({
      do: fc.constantFrom('review' as const, 'review', 'review', 'submit', 'revoke'),
      pick: fc.nat(STATES.length - 1),
      isPossible: fc.boolean(),
    })
    await fc.assert(
      fc.property(fc.array(step, { maxLength: 15 }), steps => {
        const accounts = createTestAccounts()
        const of = accounts.subApplyments
        const { applyment_id } = of.submit(kind, 'A1', account)
        of.submit(kind === 'ecommerce' ? 'applyment4sub' : 'ecommerce', 'A1', account)
        let merchant: string | undefined
        for (const { do: action, pick, isPossible } of steps) {
          const before = of.require(kind, 'A1')
          const next = reviewsOf(before)
          const target = isPossible && next.length > 0 ? next[pick % next.length]! : STATES[pick]!
          const rejected = REJECTING_STATES.has(target) ? [{ field: 'id_card_copy', reject_reason: '不清晰' }] : []
          const isDone = isAccepted(() => {
            if (action === 'review') of.review(before, target, rejected)
            else if (action === 'submit') of.submit(kind, 'A1', account)
            else of.revoke(before)
          })
          const after = of.require(kind, 'A1')
          seen.add(`${action} ${isDone}`)
          if (!isDone) expect(after).toBe(before)
          // The table of the flows is another reading of the documents.
          else if (action === 'review' && after.state !== 'FROZEN' && !/CANCELED|EDITTING/.test(after.state))
            expect([...stageOf(kind as SubApplymentKind, before.state).next, 'APPLYMENT_STATE_REJECTED']).toContain(
              after.state,
            )
          else if (action === 'submit') expect(before.state).toMatch(/REJECTED|EDITTING/)
          expect(after.applyment_id).toBe(applyment_id)
          expect(after.rejected.length > 0).toBe(REJECTING_STATES.has(after.state))
          if (APPLYMENT_STAGES[after.state].hasMerchant) expect(after.sub_mchid).toMatch(/^\d{10}$/)
          if (merchant !== undefined && after.sub_mchid !== undefined) expect(after.sub_mchid).toBe(merchant)
          merchant = after.sub_mchid ?? merchant
        }
        const restored = createTestAccounts(accounts.state.snapshot())
        expect(restored.subApplyments.require(kind, 'A1')).toEqual(of.require(kind, 'A1'))
      }),
      { numRuns: HISTORIES },
    )
    expect([...seen]).toEqual(
      expect.arrayContaining([
        'review true',
        'review false',
        'submit false',
        ...(kind === 'ecommerce' ? ['revoke true'] : []),
      ]),
    )
  },
)
