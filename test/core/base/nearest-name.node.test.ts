import { expect, test } from 'vitest'
import { nearestName } from '../../../src/core/base/nearest-name.ts'
import { growth } from '../../growth.ts'

const KNOWN = ['port', 'folder', 'platform']

test.each([
  ['prot', 'port'],
  ['Folders', 'folder'],
  ['platfrom', 'platform'],
  ['po', 'port'],
  ['quiet', undefined],
  [`port${'t'.repeat(1000)}`, undefined],
])('%s is nearest to %s', (name, expected) => {
  expect(nearestName(name, KNOWN)).toBe(expected)
})

test('of names that are equally near the first counts', () => {
  expect(nearestName('cat', ['hat', 'bat'])).toBe('hat')
})

test('a long name costs no more than its beginning, because it may come from anybody', () => {
  const compare = (name: string) => nearestName(name, [`${name}x`])
  expect(growth(compare, length => 'a'.repeat(length), 128, 64)).toBeLessThan(8)
})
