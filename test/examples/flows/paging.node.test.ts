import { expect, test } from 'vitest'
import { printed } from './example.ts'

test('the paging example goes through two lists, and asks for no page beyond', async () => {
  expect(await printed('paging')).toMatch(
    /^(complaint \d+ of .*\n){2}page from 0: 1 2\npage from 1: 1 *\n(gift \S+\n){2}requests: 7\n$/,
  )
})
