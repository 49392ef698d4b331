import fc from 'fast-check'
import { expect, it } from 'vitest'
import { SECOND } from '../../../../src/core/base/time.ts'
import { CARD_STATES, FAPIAO_STATES, type Fapiao } from '../../../../src/simulator/accounts/fapiao/fapiao.ts'
import { HISTORIES } from '../../../fixtures/histories.ts'
import { createTestAccounts, draft, type TestAccounts } from '../account-records.ts'
import { isAccepted } from '../is-accepted.ts'

const ACTS = ['reverse 1', 'reverse 2', 'reverse both', 'fail 1', 'fail 2', 'wait'] as const
type Act = (typeof ACTS)[number]
const history = fc.array(fc.constantFrom(...ACTS, 'wait', 'wait'), { maxLength: 16, size: 'max' })
/** Histories that every run tries: they hold each act, accepted and refused. */
const EXAMPLES: [Act[]][] = [
  [
    [
      'reverse 1',
      'fail 1',
      'wait',
      'fail 1',
      'reverse both',
      'reverse 2',
      'fail 2',
      'reverse 2',
      'wait',
      'wait',
      'wait',
      'wait',
    ],
  ],
  [['wait', 'reverse both', 'fail 1', 'wait', 'wait', 'reverse 1', 'reverse 2', 'wait', 'wait']],
  [['fail 2', 'fail 2', 'wait', 'reverse 2', 'reverse 1', 'wait', 'wait', 'wait']],
]
const EVENTS = {
  'fapiao-issued': (one: Fapiao) => one.blue !== undefined,
  'fapiao-reversed': (one: Fapiao) => one.red !== undefined,
  'fapiao-card-inserted': (one: Fapiao) => one.card !== undefined && one.card.card_status !== 'INSERT_ACCEPTED',
  'fapiao-card-discarded': (one: Fapiao) => one.card?.card_status === 'DISCARDED',
}

function act(step: Exclude<Act, 'wait'>, { fapiaos }: TestAccounts, name: { fapiao_apply_id: string }): boolean {
  const [verb, which] = step.split(' ')
  const ids = which === 'both' ? ['F1', 'F2'] : [`F${which}`]
  if (verb === 'fail') return isAccepted(() => fapiaos.fail({ ...name, fapiao_id: ids[0]! }, 'm'))
  const numberOf = (id: string) => fapiaos.require(name).fapiaos.find(one => one.fapiao_id === id)?.blue?.fapiao_number
  return isAccepted(() =>
    fapiaos.reverse(
      name,
      ids.map(fapiao_id => ({ fapiao_id, fapiao_number: numberOf(fapiao_id) ?? 'none' })),
    ),
  )
}

const isTransition = (table: readonly { from: string; to: string }[], from: string, to: string): boolean =>
  from === to || table.some(one => one.from === from && one.to === to)

it('in any history, invoices and cards change as their tables say, and each result is told', async () => {
  const seen = new Set<string>()
  await fc.assert(
    fc.asyncProperty(history, async steps => {
      const of = createTestAccounts()
      const { fapiaos, orders, scheduler, events } = of
      fapiaos.settings.createTemplate('wx')
      orders.place(draft('O', 226))
      const fapiao_apply_id = orders.pay('O').transaction_id!
      const name = { fapiao_apply_id }
      const item = { tax_code: 'T', total_amount: 113, tax_rate: 1300, discount: false }
      let last = fapiaos.apply(
        { ...name, mchid: '1', scene: 'WITH_WECHATPAY', buyer: { type: 'INDIVIDUAL', name: 'n' }, fingerprint: '1' },
        ['F1', 'F2'].map(fapiao_id => ({ fapiao_id, total_amount: 113, items: [item] })),
      ).fapiaos
      for (const step of steps) {
        if (step === 'wait') await scheduler.advance(2 * SECOND)
        else {
          const before = fapiaos.require(name)
          const isDone = act(step, of, name)
          seen.add(`${step} ${isDone}`)
          // All of them, or none.
          if (!isDone) expect(fapiaos.require(name)).toEqual(before)
        }
        const now = fapiaos.require(name).fapiaos
        now.forEach((fapiao, at) => {
          const earlier = last[at]!
          expect(isTransition(FAPIAO_STATES.transitions, earlier.status, fapiao.status)).toBe(true)
          if (earlier.card)
            expect(isTransition(CARD_STATES.transitions, earlier.card.card_status, fapiao.card!.card_status)).toBe(true)
          expect(fapiao.blue !== undefined).toBe(!['ISSUE_ACCEPTED', 'ISSUE_FAILED'].includes(fapiao.status))
          expect(fapiao.red !== undefined).toBe(fapiao.status === 'REVERSED')
        })
        last = now
      }
      await scheduler.advance(20 * SECOND)
      const settled = fapiaos.require(name).fapiaos
      for (const { status, card } of settled) expect(`${status} ${card?.card_status}`).not.toMatch(/ACCEPTED/)
      for (const [type, happened] of Object.entries(EVENTS))
        expect([type, events.some(event => event.type === type)]).toEqual([type, settled.some(happened)])
      const restored = createTestAccounts(of.state.snapshot())
      expect(restored.fapiaos.require(name)).toEqual(fapiaos.require(name))
    }),
    { numRuns: HISTORIES, examples: EXAMPLES },
  )
  for (const step of ACTS.filter(one => one !== 'wait'))
    expect([...seen]).toEqual(expect.arrayContaining([`${step} true`, `${step} false`]))
})

const line = fc.record({ total_amount: fc.integer({ min: -300, max: 300 }), discount: fc.boolean() })
const invoices = fc.array(
  fc.record({ lines: fc.array(line, { minLength: 1, maxLength: 3 }), error: fc.integer({ min: -2, max: 2 }) }),
  {
    minLength: 1,
    maxLength: 3,
  },
)

it('of any application, the invoices are the sums of their lines, and within what the order has paid', () => {
  const seen = new Set<string>()
  fc.assert(
    fc.property(invoices, drafts => {
      const { fapiaos, orders } = createTestAccounts()
      orders.place(draft('O', 226))
      const fapiao_apply_id = orders.pay('O').transaction_id!
      const sumOf = (lines: readonly { total_amount: number; discount: boolean }[]) =>
        lines.reduce((sum, one) => (one.discount ? sum - Math.abs(one.total_amount) : sum + one.total_amount), 0)
      const name = { fapiao_apply_id, mchid: '1', scene: 'WITH_WECHATPAY', fingerprint: '1' } as const
      const asked = drafts.map(({ lines, error }, at) => ({
        fapiao_id: `F${at}`,
        total_amount: sumOf(lines) + error,
        items: lines.map(one => ({ tax_code: 'T', ...one })),
      }))
      const isSound =
        drafts.every(({ lines, error }) => error === 0 && lines.every(one => one.discount || one.total_amount >= 0)) &&
        asked.reduce((sum, one) => sum + one.total_amount, 0) <= 226
      const buyer = { type: 'INDIVIDUAL', name: 'n' }
      seen.add(`${isSound}`)
      expect(isAccepted(() => fapiaos.apply({ ...name, buyer }, asked))).toBe(isSound)
      expect(fapiaos.find(name) !== undefined).toBe(isSound)
    }),
    { numRuns: HISTORIES, examples: [[[{ lines: [{ total_amount: 226, discount: false }], error: 0 }]]] },
  )
  expect([...seen].sort()).toEqual(['false', 'true'])
})
