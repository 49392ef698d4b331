import { expect, test } from 'vitest'
import { createTestGateway, json, payOrder } from './test-gateway.ts'

// A stranger writes a path in another way, so that a limit in front of the gateway, or a proxy's rule, does not know it.

test.each([
  '/%6eotify/1900000109',
  '/notif%79',
  '/%68ealthz',
  '/metric%73',
  '/%61dmin/merchants',
  '//healthz',
  '/healthz;x',
  '/v3%2Fcertificates',
])('%s is no other path, but refused', async path => {
  const { gateway } = await createTestGateway()
  for (const method of ['GET', 'POST']) {
    const response = await gateway.fetch(new Request(`https://gateway.example.com${path}`, { method }))
    expect([response.status, response.headers.get('wechatpay-edge-error')]).toEqual([400, 'PATH_INVALID'])
  }
})

test.each(['', '/', '/orders;7', '/%6fne/%E5%8D%95', '//x', '/a%2Fb'])(
  'a notification arrives at an address that ends with "%s", as the merchant has chosen it',
  async end => {
    const one = await createTestGateway()
    await payOrder({ ...one, notifyUrl: one.notifyUrl + end }, 'T100001')
    expect(one.jobs).toHaveLength(1)
    await one.drain()
    expect(one.shop.received).toHaveLength(1)
  },
)

test.each(['/healthz/', '/nothing', '/', '/v3/pay/transactions/native'])('%s is served as before', async path => {
  const { call } = await createTestGateway()
  const response = await call(path, json({}))
  expect(response.headers.get('wechatpay-edge-error')).not.toBe('PATH_INVALID')
})
