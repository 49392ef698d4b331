import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { afterAll, expect, it } from 'vitest'
import { Wechatpay } from '../../../src/core/index.ts'
import { createNotificationHandler } from '../../../src/flows/notification/index.ts'
import { createSimulator } from '../../../src/simulator/index.ts'

// Over a socket, with the request that the server makes of it.
const simulator = await createSimulator({ seed: 'hono' })
const wechatpay = new Wechatpay({ ...simulator.merchant, fetch: simulator.fetch })
const paid: unknown[] = []
const handler = createNotificationHandler(
  wechatpay,
  {
    'TRANSACTION.SUCCESS': ({ resource }) => paid.push(resource.out_trade_no),
    'transaction-success': ({ resource }) => paid.push(resource.out_trade_no),
  },
  // The order that it tells of never was.
  { trustUnconfirmedV2: true },
)

const app = new Hono()
app.post('/notify', c => handler(c.req.raw))
app.post('/read', async c => {
  await c.req.text()
  return handler(c.req.raw)
})
const server = serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 })
await once(server, 'listening')
const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
afterAll(() => new Promise(done => server.close(done)))

it.each([
  ['v3', 'TRANSACTION.SUCCESS', ''],
  ['v2', 'transaction-success', 'SUCCESS'],
] as const)('an %s notification is taken by a Hono server: %s', async (api, event, words) => {
  const { state, responseBody = '', id } = await simulator.notify.send({ api, event, url: `${origin}/notify` })
  expect([state, responseBody]).toEqual(['delivered', expect.stringContaining(words)])
  expect(paid.at(-1)).toBeTypeOf('string')
  expect((await simulator.notify.tampered(id)).responseBody).toContain('FAIL')
})

it('a body that was read before is refused, so that nothing is lost', async () => {
  const before = paid.length
  const { state } = await simulator.notify.send({ event: 'TRANSACTION.SUCCESS', url: `${origin}/read` })
  expect([state, paid.length]).toEqual(['pending', before])
})

it('a body that is too long is answered 413 over the wire', async () => {
  const response = await fetch(`${origin}/notify`, { method: 'POST', body: new Uint8Array(2 ** 20 + 1) })
  expect(response.status).toBe(413)
})
