import { expect, test } from 'vitest'
import { printed } from './example.ts'

test('the refund example refunds each part once', async () => {
  const lines = [
    'the answer was lost: 30 fen refunded, found by a query',
    'asked for again: the same refund',
    'too much, not sent: amount.refund: a refund of 80 fen is more than the 70 that can still be refunded of an order of 100 fen.',
    'the rest: PROCESSING, then SUCCESS',
    'left of the order: 0 fen',
  ]
  expect(await printed('refund')).toBe(lines.map(line => `${line}\n`).join(''))
})
