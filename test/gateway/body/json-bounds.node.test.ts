import fc from 'fast-check'
import { expect, test } from 'vitest'
import { exceededBound, MAX_DEPTH, MAX_VALUES } from '../../../src/gateway/body/json-bounds.ts'
import { growth } from '../../growth.ts'

/** Levels of what JSON.parse makes of a text. */
const levelsOf = (value: unknown): number =>
  typeof value === 'object' && value !== null ? 1 + Math.max(0, ...Object.values(value).map(levelsOf)) : 0

/** Values of what JSON.parse makes of a text. An empty object or list counts twice. */
const valuesOf = (value: unknown): number =>
  typeof value === 'object' && value !== null
    ? 1 +
      Math.max(
        1,
        Object.values(value).reduce<number>((sum, inner) => sum + valuesOf(inner), 0),
      )
    : 1

test('the depth of a text is that of the value which JSON.parse makes of it', () => {
  const value = fc.jsonValue({ maxDepth: 5 })
  const depth = fc.integer({ min: MAX_DEPTH - 6, max: MAX_DEPTH + 1 })
  fc.assert(
    fc.property(value, depth, (inner, levels) => {
      const text = '[{"a\\"]":'.repeat(levels / 2) + JSON.stringify(inner) + '}]'.repeat(levels / 2)
      expect(exceededBound(text)?.includes('levels') ?? false).toBe(levelsOf(JSON.parse(text)) > MAX_DEPTH)
    }),
  )
})

test('the values of a text are those which JSON.parse makes of it; commas and brackets in strings are none', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 5 }), fc.integer({ min: -30, max: 2 }), (value, more) => {
      const others = Array.from({ length: MAX_VALUES + more }, () => '",[{\\","')
      const text = `[${JSON.stringify(value)},${others.join(',')}]`
      expect(exceededBound(text)?.includes('values') ?? false).toBe(valuesOf(JSON.parse(text)) > MAX_VALUES)
    }),
    { numRuns: 50 },
  )
})

test.each(['[', '{"a":', '"', '\\"', '"\\', ']', '[]', ','])('a text of %s takes linear time', piece => {
  const times = growth(exceededBound, length => piece.repeat(length / piece.length), 1024, 512)
  expect(times).toBeLessThan(10)
})
