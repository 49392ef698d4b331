import { expect, test } from 'vitest'
import { printed } from './example.ts'

test('the example of WeChat Pay Score completes an order once, and lowers it', async () => {
  const lines = [
    'CREATED; for wx.openBusinessView: wxpayScoreUse',
    'confirmed: DOING',
    'due: 300 fen',
    'lowered to: 200 fen',
    'then DONE',
  ]
  expect(await printed('payscore')).toBe(lines.map(line => `${line}\n`).join(''))
})
