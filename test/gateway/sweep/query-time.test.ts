import { expect, test } from 'vitest'
import { DAY } from '../../../src/core/base/time.ts'
import { KINDS } from '../../../src/gateway/sweep/kinds.ts'

test('orders are queried for the week after which WeChat Pay closes them, all other calls for thirty days', () => {
  const kinds = Object.entries(KINDS)
  const queriedFor = (days: number) =>
    kinds.flatMap(([name, { maxQueryTime }]) => (maxQueryTime === days * DAY ? [name] : []))
  expect(queriedFor(7).sort()).toEqual([
    'v2-combined-order',
    'v2-deposit-order',
    'v2-face-order',
    'v2-order',
    'v3-combined-order',
    'v3-global-order',
    'v3-hong-kong-order',
    'v3-medical-insurance-order',
    'v3-order',
    'v3-partner-order',
    'v3-repayment-order',
  ])
  expect(queriedFor(30)).toHaveLength(kinds.length - 11)
})
