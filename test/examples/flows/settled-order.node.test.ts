import { expect, test } from 'vitest'
import { printed } from './example.ts'

test('the example of a settled order is told by a notification, by a query, and at the deadline', async () => {
  expect(await printed('settled-order')).toMatch(
    /order1: SUCCESS by notification\n[\s\S]*order2: SUCCESS by query\n[\s\S]*order3: still NOTPAY at the deadline\n[\s\S]*order4: UNEXPECTED .*field: 'total', expected: 9900, received: 100/,
  )
})
