import { describe, expect, it } from 'vitest'
import { type ApplymentKind, stageOf } from '../../../src/flows/onboarding/index.ts'
import { defined, resolve } from '../../simulator/definition.node.ts'

/** The definitions of `applyment_state`, of both kinds. */
const query = defined.find(({ path }) => path === '/v3/applyment4sub/applyment/business_code/{business_code}')!
const responses = query.operation.responses as unknown as Record<number, { content: object }>
const [content] = Object.values(responses[200]!.content)
const { enum: subject } = resolve(content.schema).properties!.applyment_state as { enum: string[] }
/** As the official page has them: the definition has no enum. */
const ecommerce = [
  'CHECKING',
  'ACCOUNT_NEED_VERIFY',
  'AUDITING',
  'REJECTED',
  'NEED_SIGN',
  'FINISH',
  'FROZEN',
  'CANCELED',
]
const STATES: Readonly<Record<ApplymentKind, readonly string[]>> = {
  applyment4sub: subject,
  ecommerce,
  'account-hosting': ecommerce,
  apply4subject: subject,
}
const kinds = Object.keys(STATES) as ApplymentKind[]

describe.each(kinds)('the states of %s', kind => {
  it('have each a stage: somebody acts and something follows, or it is the end', () => {
    for (const state of STATES[kind]) {
      const { by, final, next, outcome, action } = stageOf(kind, state)
      expect([state, final, outcome !== undefined, by === undefined, next.length === 0]).toEqual(
        final ? [state, true, true, true, true] : [state, false, false, false, false],
      )
      expect([state, by === 'wechatpay' || final]).toEqual([state, action === undefined])
      for (const following of next) expect(STATES[kind]).toContain(following)
    }
  })

  it('lead from any to the end', () => {
    const reached = new Set(STATES[kind].filter(state => stageOf(kind, state).final))
    for (const _ of STATES[kind])
      for (const state of STATES[kind])
        if (stageOf(kind, state).next.some(following => reached.has(following))) reached.add(state)
    expect([...reached].sort()).toEqual([...STATES[kind]].sort())
  })

  it('that is not known is not final, and nobody is known to act', () => {
    for (const state of ['NEW', '', 'toString', '__proto__'])
      expect(stageOf(kind, state)).toEqual({ final: false, next: [] })
  })
})

it('what was fixed and submitted again is audited, each kind by its own name', () => {
  const next = (kind: ApplymentKind, state: string) => stageOf(kind, state).next
  expect(subject).toHaveLength(13)
  expect(next('applyment4sub', 'APPLYMENT_STATE_REJECTED')).toEqual(['APPLYMENT_STATE_AUDITING'])
  expect(next('apply4subject', 'APPLYMENT_STATE_EDITTING')).toEqual(['APPLYMENT_STATE_WAITTING_FOR_AUDIT'])
  expect(next('ecommerce', 'REJECTED')).toEqual(['CHECKING'])
})

it('a rejected 商户开户意愿确认 is canceled and replaced, never submitted again under its number', () => {
  const { action, next } = stageOf('apply4subject', 'APPLYMENT_STATE_REJECTED')
  expect([action, next]).toEqual(['replace', ['APPLYMENT_STATE_CANCELED']])
})
