import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MAX_RESULT } from '../../../src/cli/mcp/result.ts'
import { TOOLS } from '../../../src/cli/mcp/tools.ts'
import { createTestTools } from './test-context.ts'

describe('the schema of every tool', () => {
  const anything = fc.oneof(
    fc.anything({ withBigInt: false, maxDepth: 3 }).map(value => JSON.parse(JSON.stringify(value) ?? 'null')),
    fc.record(
      {
        query: fc.oneof(fc.string(), fc.dictionary(fc.string(), fc.string())),
        method: fc.constantFrom('GET', 'POST', 'DELETE', 'TRACE'),
        path: fc.oneof(
          fc.string({ maxLength: 60 }).map(text => `v3/${text}`),
          fc.constantFrom(
            'v3/../../admin',
            'v2/%2e%2e/x',
            'v3//evil.example',
            'v3/pay/transactions/native',
            'v3/__proto__',
          ),
        ),
        body: fc.oneof(fc.string(), fc.json(), fc.dictionary(fc.string(), fc.anything({ maxDepth: 2 }))),
        message: fc.string(),
        at: fc.string({ maxLength: 20 }),
        authorization: fc.string(),
        action: fc.constantFrom('pay', 'advance', 'snapshot'),
        input: fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.double())),
        within: fc.string({ maxLength: 5 }),
      },
      { requiredKeys: [] },
    ),
  )

  it.each(
    TOOLS.filter(({ name }) => name !== 'doctor').map(
      ({ name, properties }) => [name, Object.keys(properties)] as const,
    ),
  )('%s answers any input with a result or a typed error, within bounds', async (name, members) => {
    const fresh = await createTestTools()
    await fc.assert(
      fc.asyncProperty(anything, async given => {
        const known =
          typeof given === 'object' && given !== null && !Array.isArray(given)
            ? Object.fromEntries(Object.entries(given).filter(([member]) => members.includes(member)))
            : given
        const input = JSON.parse(JSON.stringify(known) ?? 'null')
        const { isError, value, text } = await fresh.run(name, input)
        expect(text.length).toBeLessThanOrEqual(MAX_RESULT)
        if (!isError) return
        expect(value.error).toMatchObject({ code: expect.stringMatching(/^[A-Z_\d]+$/), cure: expect.any(String) })
        expect(value.error.code).not.toBe('INTERNAL')
      }),
      { numRuns: 300 },
    )
  })
})

it('takes no notification for genuine whose body differs in one character', async () => {
  const tools = await createTestTools()
  const paid = await tools.run('run_payment')
  const [{ headers, body }] = paid.value.steps.flatMap(({ notifications = [] }) => notifications)
  await fc.assert(
    fc.asyncProperty(fc.nat(body.length - 1), fc.string({ minLength: 1, maxLength: 1 }), async (at, character) => {
      fc.pre(body[at] !== character)
      const changed = body.slice(0, at) + character + body.slice(at + 1)
      const { value } = await tools.run('check_message', { message: JSON.stringify({ headers, body: changed }) })
      expect(value.genuine).toBe(false)
      expect(value).not.toHaveProperty('content')
    }),
    { numRuns: 200 },
  )
})
