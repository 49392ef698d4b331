import { expect, test } from 'vitest'
import { createTestGateway } from '../test-gateway.ts'

/** Bytes that are held at once, for all bodies together. */
const MAX_HELD = 16 * 1024 * 1024
/** A body that begins to arrive and never ends, and what is counted for it. */
const LENGTH = 60 * 1024
const COUNTED = LENGTH + 16 * 1024

test('a merchant with a brand has three equal shares: one API that holds more than its own loses to the two others', async () => {
  const { call, simulator } = await createTestGateway()
  const { merchant, brand } = simulator
  const serials = { brand: Object.keys(brand!.platformKeys)[0]!, v3: Object.keys(merchant.platformKeys)[0]! }
  const dropped: string[] = []
  const send = (api: 'brand' | 'v3' | 'v2', count: number): void => {
    for (let at = 0; at < count; at++) {
      const headers: Record<string, string> =
        api === 'v2'
          ? {}
          : {
              'wechatpay-serial': serials[api],
              'wechatpay-timestamp': String(Math.floor(Date.now() / 1000)),
              'wechatpay-nonce': 'n',
              'wechatpay-signature': 'AAAA',
            }
      const body = new ReadableStream({ start: controller => controller.enqueue(new Uint8Array(LENGTH)) })
      const init = { method: 'POST', headers, body, duplex: 'half' }
      void call(`/notify/${merchant.mchid}`, init).then(({ status }) => status === 503 && dropped.push(api))
    }
  }
  const third = Math.floor(MAX_HELD / 3 / COUNTED)
  send('brand', Math.floor(third * 1.3))
  send('v3', third - 8)
  send('v2', third - 8)
  await expect.poll(() => dropped.length).toBeGreaterThan(0)
  expect(new Set(dropped)).toEqual(new Set(['brand']))
})
