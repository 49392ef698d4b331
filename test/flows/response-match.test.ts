import { expect, test } from 'vitest'
import { findMismatch } from '../../src/flows/response-match.ts'

test('a response about a refund is none about the order that was asked for', () => {
  const refund = { out_trade_no: 'T1', transaction_id: '42', out_refund_no: 'R1', refund_id: '50' }
  expect(findMismatch({ out_trade_no: 'T1' }, refund)).toBe('out_refund_no')
  expect(findMismatch({ transaction_id: '42' }, { ...refund, out_refund_no: undefined })).toBe('refund_id')
})

test('a response that names a refund beside the number that was asked for is about that number', () => {
  const answer = { out_return_no: 'N1', out_order_no: 'P1', refund_id: '50', out_trade_no: 'T1', state: 'SUCCESS' }
  expect(findMismatch({ out_return_no: 'N1' }, answer)).toBeUndefined()
  expect(findMismatch({ out_return_no: 'N1', out_trade_no: 'T1' }, answer)).toBeUndefined()
  expect(findMismatch({ out_return_no: 'N2' }, answer)).toBe('out_return_no')
})
