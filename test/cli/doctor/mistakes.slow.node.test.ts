import { afterAll, beforeAll, expect, it } from 'vitest'
import { createRehearsals, doctor, named, type Rehearsals } from './rehearsals.ts'
import type { Mistake } from './shop.ts'

let rehearsals: Rehearsals
beforeAll(async () => {
  rehearsals = await createRehearsals()
})
afterAll(() => rehearsals[Symbol.asyncDispose]())

it.each<Mistake>([
  ...(['order', 'answers', 'redirect', 'page'] as const),
  ...(['probe', 'tampered-body', 'stale-timestamp', 'unknown-serial', 'unsigned'] as const),
  ...(['success-answer', 'recorded', 'duplicate-answer', 'duplicate-once'] as const),
  ...(['amount', 'currency', 'query', 'query-recorded', 'answer-time'] as const),
])('finds in a shop with that mistake exactly %s', async mistake => {
  const wait = mistake === 'query' ? 3 : undefined
  const report = await doctor(...rehearsals.rehearsal(await rehearsals.openShop({ mistake }), wait))
  expect([report.code, named(report, false)]).toEqual([1, [mistake]])
  expect(report.errors).toContain(mistake)
  for (const { ok, fix } of report.checks) if (ok === false) expect(fix).toMatch(/^[A-Z]/)
})

it('finds in a shop of APIv2 that refuses in JSON exactly refusal-form', async () => {
  const shop = await rehearsals.openShop({ api: 'v2', mistake: 'refusal-form' })
  const report = await doctor(...rehearsals.rehearsal(shop))
  expect([report.code, named(report, false)]).toEqual([1, ['refusal-form']])
})
