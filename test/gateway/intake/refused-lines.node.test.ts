import { expect, test } from 'vitest'
import { createTestGateway } from '../test-gateway.ts'

// Anybody can post to the address for notifications.

test('a flood of refused notifications writes one line per kind and second, with their number', async () => {
  const one = await createTestGateway()
  const { mchid } = one.simulator.merchant
  const forge = (body: string, headers: Record<string, string>) =>
    one.call(`/notify/${mchid}`, { method: 'POST', body, headers })
  const lines = () =>
    one.logged
      .map(line => JSON.parse(line))
      .filter(({ event }) => event === 'notification refused')
      .map(({ code, count }) => [code, count])
  for (let at = 0; at < 50; at++) {
    await forge('<xml/>', {})
    await forge('{}', {
      'wechatpay-signature': 'AAAA',
      'wechatpay-serial': '1',
      'wechatpay-timestamp': '1',
      'wechatpay-nonce': `${at}`,
    })
  }
  const kinds = lines()
  expect(kinds).toHaveLength(2)
  expect(kinds.map(([, count]) => count)).toEqual([1, 1])
  one.clock.now += 1_000
  await forge('<xml/>', {})
  expect(lines().at(-1)).toEqual([kinds[0]![0], 50])
})
