import { expect, test } from 'vitest'
import { type MerchantRow, probeTimeOf } from '../../../src/console/gateway/merchant.ts'

const CIRCUIT = { endpoint: 'shop', failures: 5, retry_at: 2000 }
const MERCHANT: MerchantRow = { mchid: '1', pending: 1, dead: 0, oldestPendingAt: 0, circuits: [CIRCUIT] }
const DELIVERY = { mchid: '1', endpoint: 'shop', due_at: 1000 }

test.each([
  ['whose endpoint is paused waits for its probe', {}, 2000],
  ['that is due after the probe waits for its own time', { due_at: 3000 }, undefined],
  ['to another endpoint waits for its own time', { endpoint: 'books' }, undefined],
  ['of another merchant waits for its own time', { mchid: '2' }, undefined],
])('a delivery %s', (_, changes, time) => {
  expect(probeTimeOf({ ...DELIVERY, ...changes }, [MERCHANT])).toBe(time)
})
