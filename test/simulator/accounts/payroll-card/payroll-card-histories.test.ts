import fc from 'fast-check'
import { expect, it } from 'vitest'
import { MINUTE } from '../../../../src/core/base/time.ts'
import {
  AUTHENTICATION_STATES,
  PAYROLL_RELATION_STATES,
} from '../../../../src/simulator/accounts/payroll-card/payroll-card.ts'
import { createPayrollCards, type PayrollCards } from '../../../../src/simulator/accounts/payroll-card/payroll-cards.ts'
import type { StateMachine } from '../../../../src/simulator/accounts/state-machine.ts'
import { createState } from '../../../../src/simulator/state/state.ts'
import { HISTORIES } from '../../../fixtures/histories.ts'
import { START } from '../account-records.ts'
import { isAccepted } from '../is-accepted.ts'

// In any history, authorizations and authentications change only as their tables say, and nothing depends on who has looked.

const NUMBERS = ['N1', 'N2'] as const
const USERS = ['o1', 'o2'] as const
const MERCHANT = { mchid: '1', appid: 'wx' }
const NAMES = ['authorize', 'deauthorize', 'order', 'orderWithAuth', 'succeed', 'fail'] as const
type Act = readonly [act: (typeof NAMES)[number] | 'wait' | 'look', number: string, user: string]
const act: fc.Arbitrary<Act> = fc.tuple(
  fc.constantFrom(...NAMES, 'wait', 'look'),
  fc.constantFrom(...NUMBERS),
  fc.constantFrom(...USERS),
)
/** Histories that every run tries: they hold each act, accepted and refused. */
const EXAMPLES: [Act[]][] = [
  [
    [
      ['deauthorize', 'N1', 'o1'],
      ['authorize', 'N1', 'o1'],
      ['authorize', 'N1', 'o1'],
      ['deauthorize', 'N1', 'o1'],
      ['succeed', 'N1', 'o1'],
      ['fail', 'N1', 'o1'],
      ['orderWithAuth', 'N1', 'o1'],
      ['order', 'N1', 'o2'],
      ['order', 'N1', 'o1'],
      ['orderWithAuth', 'N1', 'o1'],
      ['succeed', 'N1', 'o1'],
      ['orderWithAuth', 'N1', 'o1'],
      ['order', 'N2', 'o1'],
      ['fail', 'N2', 'o1'],
      ['wait', 'N2', 'o1'],
    ],
  ],
]

/** Does an act, and returns whether it was accepted. */
function doAct([name, authenticate_number, openid]: Act, payrollCards: PayrollCards): boolean {
  const relation = { openid, sub_mchid: '3' }
  switch (name) {
    case 'authorize':
    case 'deauthorize':
      return isAccepted(() => payrollCards[name](relation))
    case 'order':
    case 'orderWithAuth':
      return isAccepted(() =>
        payrollCards.order({
          ...MERCHANT,
          ...relation,
          authenticate_number,
          authenticate_source: 'wx',
          project_name: 'p',
          employer_name: 'e',
          withAuthorization: name === 'orderWithAuth',
        }),
      )
    case 'succeed':
    case 'fail':
      return isAccepted(() =>
        payrollCards.authenticate(authenticate_number, name === 'fail' ? '人脸不匹配' : undefined),
      )
    default:
      return true
  }
}

/** Plays a history. @param looks whether a `look` queries an authentication, and each act all of them */
function play(acts: readonly Act[], looks: boolean, seen = new Set<string>()) {
  let at = START
  const state = createState()
  const create = (saved = state): PayrollCards => createPayrollCards({ state: saved, now: () => at }, MERCHANT)
  const payrollCards = create()
  const observe = () => ({
    authentications: payrollCards.all(),
    relations: USERS.map(openid => payrollCards.relation({ openid, sub_mchid: '3' })),
  })
  for (const step of acts) {
    const before = looks ? observe() : undefined
    if (step[0] === 'wait') at += 2.5 * MINUTE
    else seen.add(`${step[0]} ${doAct(step, payrollCards)}`)
    if (!before) continue
    const after = observe()
    for (const [place, { authorize_state }] of after.relations.entries())
      expectStep(PAYROLL_RELATION_STATES, before.relations[place]!.authorize_state, authorize_state)
    for (const { authenticate_number, authenticate_state } of after.authentications) {
      const earlier = before.authentications.find(one => one.authenticate_number === authenticate_number)
      expectStep(AUTHENTICATION_STATES, earlier?.authenticate_state, authenticate_state)
    }
  }
  // Every token has expired.
  at += 6 * MINUTE
  const end = observe()
  expect(create(createState(state.snapshot())).all()).toEqual(end.authentications)
  return end
}

function expectStep(machine: StateMachine, from: string | undefined, to: string): void {
  if (from === undefined) expect(machine.initial).toContain(to)
  else if (from !== to) expect(machine.transitions.map(one => `${one.from} ${one.to}`)).toContain(`${from} ${to}`)
}

it('payroll cards change only as their tables say, and whether somebody queries them changes nothing', () => {
  const seen = new Set<string>()
  fc.assert(
    fc.property(fc.array(act, { maxLength: 20, size: 'max' }), acts => {
      const end = play(acts, true, seen)
      expect(play(acts, false)).toEqual(end)
      for (const { authenticate_state, authenticate_failed_reason } of end.authentications) {
        expect(authenticate_state).not.toBe('AUTHENTICATE_PROCESSING')
        expect(authenticate_failed_reason !== undefined).toBe(authenticate_state === 'AUTHENTICATE_FAILED')
      }
    }),
    { numRuns: HISTORIES, examples: EXAMPLES },
  )
  for (const name of NAMES) expect([...seen]).toEqual(expect.arrayContaining([`${name} true`, `${name} false`]))
})
