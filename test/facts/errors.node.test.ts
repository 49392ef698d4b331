import { expect, it } from 'vitest'
import { codeKind, leavesDoubt } from '../../src/core/service-codes.ts'
import { REJECTIONS } from '../../src/simulator/v3/refusal.ts'
import { errorStatements } from './statements.ts'

/** The HTTP statuses that official sources give for a code, on whatever endpoint. */
const statuses = new Map<string, Set<number>>()
for (const { code, status } of errorStatements) statuses.set(code, (statuses.get(code) ?? new Set()).add(status))

it('the simulator refuses with the status that official sources give for the code', () => {
  const known = Object.values(REJECTIONS).filter(([, code]) => statuses.has(code))
  expect(known.length).toBeGreaterThan(20)
  expect(known.filter(([status, code]) => !statuses.get(code)!.has(status))).toEqual([])
})

/** The kinds that a status by itself allows. */
const KINDS: Readonly<Record<number, readonly string[]>> = { 429: ['limited'], 500: ['again', 'query'] }

it.each([...statuses])('what %s says of a call agrees with its status', (code, of) => {
  for (const status of of) {
    if (KINDS[status]) expect(KINDS[status]).toContain(codeKind(code))
    // A signed refusal had no effect.
    expect(leavesDoubt(code, status, true)).toBe(status === 500)
  }
})
