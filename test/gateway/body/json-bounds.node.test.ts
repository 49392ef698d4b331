import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isTooDeep, MAX_DEPTH } from '../../../src/gateway/body/json-depth.ts'
import { growth } from '../../growth.ts'

/** Levels of what JSON.parse makes of a text. */
const levelsOf = (value: unknown): number =>
  typeof value === 'object' && value !== null ? 1 + Math.max(0, ...Object.values(value).map(levelsOf)) : 0

test('the depth of a text is that of the value which JSON.parse makes of it', () => {
  const value = fc.jsonValue({ maxDepth: 5 })
  const depth = fc.integer({ min: MAX_DEPTH - 6, max: MAX_DEPTH + 1 })
  fc.assert(
    fc.property(value, depth, (inner, levels) => {
      const text = '[{"a\\"]":'.repeat(levels / 2) + JSON.stringify(inner) + '}]'.repeat(levels / 2)
      expect(isTooDeep(text)).toBe(levelsOf(JSON.parse(text)) > MAX_DEPTH)
    }),
  )
})

test.each(['[', '{"a":', '"', '\\"', '"\\', ']', '[]'])('a text of %s takes linear time', piece => {
  const times = growth(isTooDeep, length => piece.repeat(length / piece.length), 1024, 512)
  expect(times).toBeLessThan(10)
})
