import { expect, test } from 'vitest'
import { printed } from './example.ts'

test('the brand example lists cards, hears of a member who left, and refuses to call APIv3', async () => {
  expect((await printed('brand')).trimEnd().split('\n')).toEqual([
    'cards of the brand 40001, proven by PUB_KEY_ID_…',
    'a member of 40001 has left: string',
    'notification delivered',
    'OPTION_MISSING mchid',
  ])
})
