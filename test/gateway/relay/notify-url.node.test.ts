import { describe, expect, it } from 'vitest'
import { createTestGateway, json, nativeOrder } from '../test-gateway.ts'

// A payment whose notification cannot arrive is refused before it is placed.

const WORKERS_DEV = 'https://wechatpay-edge.shop.workers.dev/notify/1900000109'
const contract = { contract_notify_url: WORKERS_DEV }

describe('a notify_url below workers.dev', () => {
  it.each([
    ['of an order', '/v3/pay/transactions/native', { notify_url: WORKERS_DEV }],
    ['in capitals', '/v3/pay/transactions/native', { notify_url: 'HTTPS://Wechatpay-Edge.Shop.WORKERS.dev/' }],
    ['with a root dot', '/v3/pay/transactions/native', { notify_url: 'https://a.workers.dev./' }],
    ['of a contract', '/v3/papay/sign/contracts/pre-entrust-sign/jsapi', contract],
    ['within an object', '/v3/pay/transactions/native', { contract: [contract] }],
    ['of APIv2', '/v2/pay/unifiedorder', { notify_url: WORKERS_DEV }],
  ])('%s is refused, and nothing is sent', async (_, path, fields) => {
    const gateway = await createTestGateway({ publicUrl: undefined })
    const response = await gateway.call(path, json(nativeOrder(gateway, 'T100001', fields)))
    const problem = (await response.json()) as { detail: string }
    expect([response.status, problem]).toMatchObject([400, { code: 'NOTIFY_URL_UNREACHABLE' }])
    expect(problem.detail).toMatch(/workers\.dev/)
    expect(problem.detail).not.toContain('1900000109')
    expect(gateway.simulator.journal).toEqual([])
  })

  it.each(['https://workers.dev.example.com/', 'https://myworkers.dev/', 'https://pay.example.com/workers.dev'])(
    'is not %s',
    async notify_url => {
      const gateway = await createTestGateway({ publicUrl: undefined })
      const response = await gateway.call(
        '/v3/pay/transactions/native',
        json(nativeOrder(gateway, 'T100001', { notify_url })),
      )
      expect(response.status).toBe(200)
    },
  )

  it('is sent where PUBLIC_URL says that it is meant, and no other one is', async () => {
    const gateway = await createTestGateway({ publicUrl: 'https://wechatpay-edge.shop.workers.dev' })
    const place = async (notify_url: string) =>
      (await gateway.call('/v3/pay/transactions/native', json(nativeOrder(gateway, 'T100001', { notify_url })))).status
    expect(await place(WORKERS_DEV)).toBe(200)
    expect(await place('https://another.shop.workers.dev/notify/1900000109')).toBe(400)
  })

  it('is not made up by /checkout of the address that the request came to', async () => {
    const { gateway, simulator } = await createTestGateway({ publicUrl: undefined })
    const { appid } = simulator.merchant
    const order = { appid, out_trade_no: 'T100001', description: '茶', amount: { total: 1 } }
    const response = await gateway.fetch(
      new Request('https://wechatpay-edge.shop.workers.dev/checkout/native', json(order)),
    )
    expect([response.status, await response.json()]).toMatchObject([400, { code: 'NOTIFY_URL_UNREACHABLE' }])
    expect(simulator.journal).toEqual([])
  })
})
