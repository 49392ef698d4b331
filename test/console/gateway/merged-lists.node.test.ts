import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { PAGE } from '../page-location.ts'

let mergeLists: typeof import('../../../src/console/gateway/use-list.ts').mergeLists
beforeAll(async () => {
  vi.stubGlobal('location', PAGE)
  ;({ mergeLists } = await import('../../../src/console/gateway/use-list.ts'))
})
afterAll(() => {
  vi.unstubAllGlobals()
})

const listOf = (rows: readonly number[], hasMore = false, isPartial = false) => ({ rows, hasMore, isPartial })
const merge = (count: number, ...lists: ReturnType<typeof listOf>[]) => mergeLists(lists, count, at => at)

test('several lists are one, the newest first', () => {
  expect(merge(5, listOf([9, 4]), listOf([]), listOf([7, 5]))).toEqual(listOf([9, 7, 5, 4]))
})

test('there are more rows if one of the lists has more, or not all that were read are shown', () => {
  expect(merge(2, listOf([9, 4]), listOf([7, 5]))).toEqual(listOf([9, 7], true))
  expect(merge(4, listOf([9, 4], true), listOf([7, 5]))).toEqual(listOf([9, 7, 5, 4], true))
})

test('a merged list is partial if one of its lists is', () => {
  expect(merge(3, listOf([9]), listOf([7], false, true)).isPartial).toBe(true)
})
