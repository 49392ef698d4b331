import { expect, test } from 'vitest'
import type { Caller } from '../../../src/gateway/index.ts'
import { CALLER, createTestGateway, json } from '../test-gateway.ts'

// POST /v3/marketing/partnerships/build requires an Idempotency-Key, which WeChat Pay keeps per merchant.
const BUILD = '/v3/marketing/partnerships/build'
const body = {
  partner: { type: 'APPID', appid: 'wx4e1916a585d1f4e9' },
  authorized_data: { business_type: 'FAVOR_STOCK', stock_id: '2433405' },
}

/** A gateway whose callers are named by a header, and what arrives behind it as Idempotency-Key. */
async function gatewayOfMany() {
  const arrived: (string | null)[] = []
  const many = await createTestGateway(
    { authenticate: async ({ headers }): Promise<Caller> => ({ ...CALLER, name: headers.get('x-caller')! }) },
    {
      fetch: async (input, init) => {
        arrived.push(new Request(input, init).headers.get('idempotency-key'))
        throw new TypeError('the connection was lost')
      },
    },
  )
  const send = async (caller: string, key: string, path = BUILD) => {
    await many.call(path, json(body, { 'x-caller': caller, 'idempotency-key': key }))
    return arrived.at(-1)
  }
  return { send, arrived }
}

test('two callers that chose one Idempotency-Key have two at WeChat Pay', async () => {
  const { send, arrived } = await gatewayOfMany()
  await send('shop', 'order-1')
  await send('finance', 'order-1')
  expect(arrived).toHaveLength(2)
  expect(new Set(arrived).size).toBe(2)
})

test('no caller can write a key that WeChat Pay takes for another caller’s', async () => {
  const { send, arrived } = await gatewayOfMany()
  const victims = await send('shop', 'order-1')
  for (const key of [victims!, 'shop:order-1', 'shop/order-1', 'p-order-1'])
    expect(await send('sho', key)).not.toBe(victims)
  expect(new Set(arrived).size).toBe(arrived.length)
})

test('a repeat has the key of the first sending, in another gateway with another ledger too', async () => {
  const [first, other] = [await gatewayOfMany(), await gatewayOfMany()]
  const key = await first.send('shop', 'order-1')
  expect(await first.send('shop', 'order-1')).toBe(key)
  expect(await other.send('shop', 'order-1')).toBe(key)
  expect(await other.send('shop', 'order-2')).not.toBe(key)
})

test('the longest key of a caller fits in what WeChat Pay takes: letters and digits', async () => {
  const { send } = await gatewayOfMany()
  expect(await send('shop', '~'.repeat(128))).toMatch(/^[0-9a-z]{32}$/)
})

test('a call without a key has none at WeChat Pay', async () => {
  const arrived: (string | null)[] = []
  const one = await createTestGateway(
    {},
    {
      fetch: async (input, init) => {
        arrived.push(new Request(input, init).headers.get('idempotency-key'))
        throw new TypeError('the connection was lost')
      },
    },
  )
  await one.call(BUILD, json(body))
  expect(arrived).toEqual([null])
})
