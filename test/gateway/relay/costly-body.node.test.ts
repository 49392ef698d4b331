import { beforeEach, expect, test } from 'vitest'
import { CALLER, type Harness, harness, json } from '../harness.ts'

// A caller sends the most expensive body that a megabyte holds.

const CAPPED = { ...CALLER, maxAmount: 100 }
let one: Harness
beforeEach(async () => {
  one = await harness({ callers: [CAPPED], authenticate: async () => CAPPED })
})

const MEGABYTE = 1024 * 1024
const deep = (levels: number, inside: string) => `${'['.repeat(levels)}${inside}${']'.repeat(levels)}`

test.each<[string, string]>([
  ['a list in 100,000 others', `{"amount":{"total":${deep(100_000, '1')}}}`],
  ['a long list in 1,000 others', `{"amount":{"total":${deep(1_000, `1${',1'.repeat(400_000)}`)}}}`],
  ['nothing but brackets', '['.repeat(MEGABYTE - 10)],
  ['objects in objects', `${'{"amount":'.repeat(90_000)}1${'}'.repeat(90_000)}`],
])('%s is refused as a body, quickly', async (_, body) => {
  for (const path of ['/v3/pay/transactions/native', '/v2/pay/unifiedorder', '/checkout/native']) {
    const start = performance.now()
    const response = await one.call(path, { ...json({}), body })
    expect([response.status, await response.json()]).toEqual([
      400,
      expect.objectContaining({ code: 'BODY_INVALID', detail: expect.stringContaining('64 levels') }),
    ])
    expect(performance.now() - start).toBeLessThan(1_000)
  }
  expect(one.simulator.journal).toHaveLength(0)
})

test('a long list of amounts in 50 others costs no more than it is long', async () => {
  const body = `{"amount":{"total":${deep(50, `1${',1'.repeat(400_000)}`)}}}`
  const start = performance.now()
  const response = await one.call('/v3/pay/transactions/native', { ...json({}), body })
  expect([response.status, await response.json()]).toEqual([403, expect.objectContaining({ code: 'AMOUNT_OVER_CAP' })])
  expect(performance.now() - start).toBeLessThan(2_000)
})
