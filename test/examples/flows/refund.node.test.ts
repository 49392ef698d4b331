import { expect, test } from 'vitest'
import { printed } from './example.ts'

test('the refund example refunds each part once', async () => {
  const lines = [
    'the answer was lost: 30 fen refunded, found by a query',
    'asked for again: the same refund',
    'too much, not sent: amount.refund: 70 fen are left of 100.',
    'the rest: PROCESSING, then SUCCESS',
    'left of the order: 0 fen',
  ]
  expect(await printed('refund')).toBe(lines.map(line => `${line}\n`).join(''))
})
