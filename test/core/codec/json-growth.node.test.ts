import { expect, test } from 'vitest'
import { stringifyJson } from '../../../src/core/codec/json.ts'
import { growth } from '../../growth.ts'

/** A value of a number of levels, around a bigint: each holds ten short texts beside the next one. */
function nested(levels: number): unknown {
  let value: unknown = 2n ** 64n
  for (let level = 0; level < levels; level++) value = { texts: Array.from({ length: 10 }, () => 'text'), value }
  return value
}

test('the time for a value of many levels around a bigint does not grow with their square', () => {
  expect(growth(stringifyJson, nested, 8, 56)).toBeLessThan(28)
})
