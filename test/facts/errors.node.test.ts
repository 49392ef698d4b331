import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { endpointsOf } from '../../scripts/generate/endpoint.ts'
import { codeKind, leavesDoubt } from '../../src/core/base/service-codes.ts'
import { REJECTIONS } from '../../src/simulator/v3/refusal.ts'
import { document } from '../simulator/definition.node.ts'
import { errorStatements } from './statements.ts'

/** The HTTP statuses that official sources give for a code, on whatever endpoint. */
const statuses = new Map<string, Set<number>>()
for (const { code, status } of errorStatements) statuses.set(code, (statuses.get(code) ?? new Set()).add(status))

it('the simulator refuses with the status that official sources give for the code', () => {
  const known = Object.values(REJECTIONS).filter(([, code]) => statuses.has(code))
  expect(known.length).toBeGreaterThan(20)
  expect(known.filter(([status, code]) => !statuses.get(code)!.has(status))).toEqual([])
})

const codes = readFileSync(join(import.meta.dirname, 'codes.jsonl'), 'utf8')
  .trim()
  .split('\n')
  .map(line => JSON.parse(line) as { of: string; codes: string[] })

it.each(codes)('the definition of $of has the documented error codes', ({ of, codes }) => {
  const endpoint = endpointsOf(document).find(({ api, method, path }) => `${api} ${method} ${path}` === of)
  const defined = endpoint?.operation['x-errors']?.map(({ code }) => code) ?? []
  expect(codes.filter(code => !defined.includes(code))).toEqual([])
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
