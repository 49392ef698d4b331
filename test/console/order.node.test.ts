import { expect, test } from 'vitest'
import { withArrived } from '../../src/console/timeline/order.ts'

const entry = (key: string, at: number, kind = 'action') => ({ key, at, kind })
const keys = (entries: readonly { key: string }[]) => entries.map(({ key }) => key)

test('a notification whose response came late stands at the time when it was sent', () => {
  const first = withArrived([], [entry('pay', 10), entry('post', 12.821)])
  expect(keys(withArrived(first, [entry('refund', 12.712), entry('next', 13)]))).toEqual([
    'pay',
    'refund',
    'post',
    'next',
  ])
})

test('entries of the same time keep their order', () => {
  expect(keys(withArrived([entry('a', 1)], [entry('b', 1), entry('c', 1)]))).toEqual(['a', 'b', 'c'])
})

test('entries stay after the restart that they came after, whatever its clock', () => {
  const before = [entry('old', 900)]
  expect(keys(withArrived(before, [entry('restart', 950, 'restart'), entry('new', 5)]))).toEqual([
    'old',
    'restart',
    'new',
  ])
})
