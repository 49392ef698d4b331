import { expect, test } from 'vitest'
import { listEndpoints } from '../../../src/cli/mcp/catalogue/endpoints.ts'
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

test.each([
  ['abcdefghxyz', undefined],
  ['abcdefghiyz', 'abcdefghijk'],
  ['abcdefghixyz', 'abcdefghijk'],
])('a quarter of the letters may differ, and at least two: %s', (name, expected) => {
  expect(nearestName(name, ['abcdefghijk'])).toBe(expected)
})

test('every path of the API is found by itself without its sixth letter', () => {
  const paths = [...new Set(listEndpoints().map(({ path }) => path as string))]
  for (const path of paths.filter(({ length }) => length > 80))
    expect(nearestName(path.slice(0, 5) + path.slice(6), paths)).toBe(path)
})

test('a long name costs no more than its beginning, because it may come from anybody', () => {
  const compare = (name: string) => nearestName(name, [`${name}x`])
  expect(growth(compare, length => 'a'.repeat(length), 256, 64)).toBeLessThan(8)
})
