import fc from 'fast-check'
import { expect, it } from 'vitest'
import { matchesPath } from '../../../src/simulator/fault/path-pattern.ts'

it.each([
  ['/v3/pay/**', '/v3/pay/transactions/native', true],
  ['/v3/pay/**', '/v3/payscore', false],
  ['/v3/*/native', '/v3/pay/native', true],
  ['/v3/*/native', '/v3/pay/transactions/native', false],
  ['/v3/certificates', '/v3/certificates/', true],
  ['/v3/certificates/', '/v3/certificates', true],
  ['/v3/cert', '/v3/certificates', false],
  ['/v3/a.c', '/v3/abc', false],
])('%s and %s: %s', (pattern, path, expected) => {
  expect(matchesPath(pattern, path)).toBe(expected)
})

/** The same as a regular expression, which is the judge for short patterns. */
function expressionOf(pattern: string): RegExp {
  const parts = pattern.replace(/\/$/, '').split(/(\*\*?)/)
  const sources = parts.map(part =>
    part === '**' ? '.*' : part === '*' ? '[^/]*' : part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'),
  )
  return new RegExp(`^${sources.join('')}/?$`, 's')
}

it('agrees with a regular expression', () => {
  const text = (parts: string[]) =>
    fc.array(fc.constantFrom(...parts), { maxLength: 8 }).map(each => `/${each.join('')}`)
  fc.assert(
    fc.property(text(['*', '**', '/', 'a', 'b', '.', '\n']), text(['/', 'a', 'b', '.', '\n']), (pattern, path) => {
      expect(matchesPath(pattern, path)).toBe(expressionOf(pattern).test(path))
    }),
    { numRuns: 2_000 },
  )
})

it('decides about many wildcards and a long path, which a regular expression does not within an hour', () => {
  expect(matchesPath(`${'/**'.repeat(30)}/x`, `/v3${'/a'.repeat(2_000)}`)).toBe(false)
})
