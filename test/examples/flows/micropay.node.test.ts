import { expect, test } from 'vitest'
import { printed } from './example.ts'

test('the micropay example pays, reverses what nobody pays, and cancels', async () => {
  expect(await printed('micropay')).toMatch(
    /^— .*\npaying\n(waiting: USERPAYING, .*\n)+paid: 4200\d+\n— .*\npaying\n(waiting.*\n){9}reversing: LIMIT, attempt 1\nreversed: LIMIT\n— .*\nreversed - in the books: REVOKED\n$/,
  )
})
