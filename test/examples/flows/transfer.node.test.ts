import { expect, test } from 'vitest'
import { printed } from './example.ts'

test('the transfer example pays once', async () => {
  const lines = [
    'WAIT_USER_CONFIRM, and asked for again: the same',
    'for wx.requestMerchantTransfer: mchId, appId, package',
    'then SUCCESS',
    'the other one: cancelled',
    'paid out: 500 fen',
  ]
  expect(await printed('transfer')).toBe(lines.map(line => `${line}\n`).join(''))
})
