import fc from 'fast-check'
import { expect, it } from 'vitest'
import { utf8 } from '../../../../src/core/base/bytes.ts'
import { readAmount } from '../../../../src/flows/bill/parse/amount.ts'

const fen = (yuan: string): number => readAmount(utf8(yuan), 0, utf8(yuan).length, 2)

it.each([
  ['0.29', 29],
  ['1.15', 115],
  ['8.2', 820],
  ['20', 2000],
  ['20.0', 2000],
  ['0.06000', 6],
  ['-0.06000', -6],
  ['-0.00', 0],
  ['', 0],
  ['90071992547409.91', Number.MAX_SAFE_INTEGER],
])('%s yuan are %i fen', (yuan, expected) => expect(Object.is(fen(yuan), expected)).toBe(true))

it.each([
  '0.001',
  '0.06001',
  '1.',
  '.5',
  '-',
  '--1',
  '1.2.3',
  '+1',
  '1e2',
  ' 1',
  '1,000.00',
  '￥1',
  '90071992547409.92',
  'x',
])('"%s" is no amount', yuan => expect(fen(yuan)).toBeNaN())

it('is exact for every amount, and reads only what it is told to', () => {
  fc.assert(
    fc.property(fc.maxSafeInteger(), fc.nat({ max: 3 }), (amount, zeros) => {
      const digits = String(Math.abs(amount)).padStart(3, '0')
      const yuan = `${amount < 0 ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}${'0'.repeat(zeros)}`
      const around = utf8(`9${yuan}9`)
      return fen(yuan) === amount && readAmount(around, 1, around.length - 1, 2) === amount
    }),
  )
})

it.each([
  ['1750', 0, 1750],
  ['1750.00', 0, 1750],
  ['-3.000', 0, -3],
  ['1.5', 3, 1500],
  ['0.0001', 4, 1],
  ['1750.', 0, Number.NaN],
  ['1750.5', 0, Number.NaN],
  ['.0', 0, Number.NaN],
  ['1.2345', 3, Number.NaN],
  ['9007199254740993', 0, Number.NaN],
])('%s with %i decimals is %d', (text, decimals, expected) => {
  expect(readAmount(utf8(text), 0, text.length, decimals)).toBe(expected)
})
