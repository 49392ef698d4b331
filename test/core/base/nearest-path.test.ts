import { expect, test } from 'vitest'
import { nearestPath } from '../../../src/core/base/nearest-path.ts'

const TEMPLATES = [
  '/v3/pay/transactions/native',
  '/v3/pay/transactions/id/{transaction_id}',
  '/v3/pay/transactions/out-trade-no/{out_trade_no}/close',
  '/v3/refund/domestic/refunds/*',
]

test.each([
  ['/v3/pay/transactoins/native', '/v3/pay/transactions/native'],
  ['/v3/pay/transaction/natvie', '/v3/pay/transactions/native'],
  ['/v3/pay/transactons/id/4200001234202611300000000001', '/v3/pay/transactions/id/{transaction_id}'],
  ['/v3/pay/transactions/out-tradeno/T1/close', '/v3/pay/transactions/out-trade-no/{out_trade_no}/close'],
  ['/v3/refunds/domestic/refunds/R1', '/v3/refund/domestic/refunds/*'],
  ['/v3/certificates', undefined],
  ['/v3/pay/transactions', undefined],
  ['/v3/shop/orders/native', undefined],
  [`/v3/pay/transactons/id/${'4'.repeat(1_000_000)}`, '/v3/pay/transactions/id/{transaction_id}'],
  [`/v3/pay/transactions/${'native'.repeat(9)}`, undefined],
])('%s is a misspelt %s', (path, expected) => {
  expect(nearestPath(path, TEMPLATES)).toBe(expected)
})
