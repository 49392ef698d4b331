import { expect, test } from 'vitest'
import { WriteConflict } from '../../../../src/gateway/store/write-conflict.ts'
import { mayBeOfOneCall } from '../../../../src/storage/postgres/errors.ts'

const refusal = (code: string): Error => Object.assign(new Error('refused'), { code, severity: 'ERROR' })

test.each(['22001', '22P05', '23505', '23514', '40001', '40P01', '54000', '55P03'])(
  'one call of a batch may be the reason of SQLSTATE %s',
  state => {
    expect(mayBeOfOneCall(refusal(state))).toBe(true)
  },
)

test.each(['25006', '53100', '53200', '53300', '57014', '57P01', '42501', '28P01', 'XX000', '08006'])(
  'no single call of a batch is the reason of SQLSTATE %s',
  state => {
    expect(mayBeOfOneCall(refusal(state))).toBe(false)
  },
)

test('a conflict and an error of this program may be of one call; a broken or slow connection is not', () => {
  expect(mayBeOfOneCall(new WriteConflict())).toBe(true)
  expect(mayBeOfOneCall(new TypeError('no such member'))).toBe(true)
  expect(mayBeOfOneCall(Object.assign(new Error('read'), { code: 'ECONNRESET' }))).toBe(false)
  expect(mayBeOfOneCall(new Error('timeout exceeded when trying to connect'))).toBe(false)
})
