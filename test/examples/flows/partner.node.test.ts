import { expect, test } from 'vitest'
import { printed } from './example.ts'

test('the example of a service provider reads and reconciles the bills of its sub-merchants', async () => {
  const lines = [
    '1900000110 交易 100 fen',
    '1900000110 扣除交易手续费 1 fen',
    '1900000111 交易 250 fen',
    '1900000111 扣除交易手续费 2 fen',
    '1900000112 none',
    'matched 1900000110 order1',
    'matched 1900000111 order1',
  ]
  expect(await printed('partner')).toBe(lines.map(line => `${line}\n`).join(''))
})
