import { expect, it } from 'vitest'
import { withoutInternals } from '../../../src/simulator/control/without-internals.ts'

it('removes what is internal at every depth, and nothing else', () => {
  const record = { out_trade_no: 'T1', fingerprint: 'f', prepayIssuedAt: 1 }
  const date = new Date(0)
  expect(
    withoutInternals({
      fingerprint: 'f',
      orders: [record, { detail: record }],
      at: date,
      none: null,
      texts: ['fingerprint', 1n, undefined],
    }),
  ).toEqual({
    orders: [{ out_trade_no: 'T1' }, { detail: { out_trade_no: 'T1' } }],
    at: date,
    none: null,
    texts: ['fingerprint', 1n, undefined],
  })
})
