import { expect, test } from 'vitest'
import { createTestGateway } from '../test-gateway.ts'

// An event that WeChat Pay has signed is recorded, whatever its numbers are: one that is refused comes again, and is lost in the end.

test.each([
  ['6,000 characters', '8'.repeat(6_000), /^out_trade_no\/sha256:[\da-f]{64}$/],
  ['half a character pair', 'A\ud800', /^out_trade_no\/A/],
])('a notification with a number of %s is recorded and delivered', async (_, out_trade_no, subject) => {
  const { simulator, ledger, shop, notifyUrl, drain } = await createTestGateway()
  await simulator.notify.send({
    event: 'PAYSCORE.USER_PAID',
    url: notifyUrl,
    resource: { out_trade_no, out_order_no: undefined },
  })
  await simulator.settled()
  await drain()
  const [row] = await ledger.events(simulator.merchant.mchid, { limit: 1 })
  expect(row?.subject).toMatch(subject)
  expect(shop.received).toHaveLength(1)
})
