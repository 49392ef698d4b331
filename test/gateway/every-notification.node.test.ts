import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { serve } from '@hono/node-server'
import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parseJson, receiveNotification, Wechatpay } from '../../src/core/index.ts'
import { openGateway, type Server } from '../../src/server/index.ts'
import { createSimulator, type Simulator } from '../../src/simulator/index.ts'
import { events, questions } from '../catalogue/events.ts'
import { CALLER, SECRET } from './test-gateway.ts'

// Every notification there is, over HTTP from the simulator to the gateway, and from its outbox over HTTP to a shop.

interface Arrived {
  readonly type: string
  readonly data: { id: string; api: string; resource: unknown }
}

let simulator: Simulator
let gateway: Server
let gatewayUrl: string
const arrived: Arrived[] = []
/** Each notification as the core reads it by itself. */
const expected = new Map<string, unknown>()
const closing: (() => unknown)[] = []

const shop = createServer(async (incoming, outgoing) => {
  const body = await text(incoming)
  // Another's library: it throws where a signature does not fit.
  new Webhook(SECRET).verify(body, incoming.headers as Record<string, string>)
  const webhook = parseJson(body) as Arrived
  arrived.push(webhook)
  if (questions.includes(webhook.type)) outgoing.end(JSON.stringify({ answered: webhook.type }))
  else outgoing.writeHead(204).end()
})

beforeAll(async () => {
  await new Promise<void>(resolve => shop.listen(0, '127.0.0.1', resolve))
  closing.push(() => shop.close())
  simulator = await createSimulator({
    seed: 'every notification',
    brandId: '40001',
    deliver: async (input, init) => {
      const request = new Request(input, init)
      const { id, resource } = await receiveNotification(client, request.clone() as Request)
      const { sign: _, nonce_str: __, ...unsigned } = resource as Record<string, unknown>
      expected.set(id, request.headers.has('wechatpay-signature') ? resource : unsigned)
      return fetch(request)
    },
  })
  const { merchant, fetch: send } = simulator
  const client = new Wechatpay({ ...merchant, brand: simulator.brand!, fetch: send })
  const url = `http://127.0.0.1:${(shop.address() as AddressInfo).port}/`
  gateway = await openGateway({
    merchants: { [merchant.mchid]: client },
    callers: [CALLER],
    authenticate: async () => CALLER,
    data: ':memory:',
    // The orders and refunds that these tell of never were.
    trustUnconfirmedV2: true,
    endpoints: [{ name: 'shop', url, events: ['*'], secrets: [SECRET], allowPrivate: true }],
  })
  closing.push(() => gateway.close())
  const server = serve({ fetch: request => gateway.fetch(request), hostname: '127.0.0.1', port: 0 })
  await new Promise<void>(resolve => server.once('listening', resolve))
  closing.push(() => server.close())
  gatewayUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/notify/${merchant.mchid}`
})
afterAll(async () => {
  for (const close of closing.reverse()) await close()
})

test(`all ${events.length} notifications reach the shop, each with the resource that the core reads, and none with a signature`, async () => {
  for (const { api, event } of events) {
    const sent = await simulator.notify.send({ url: gatewayUrl, api, event })
    expect(sent, event).toMatchObject({ state: 'delivered' })
    if (questions.includes(event)) expect(JSON.parse(sent.responseBody!)).toEqual({ answered: event })
  }
  await expect.poll(() => arrived.length, { timeout: 20_000 }).toBe(events.length)
  expect(events.length).toBe(119)
  expect(expected.size).toBe(events.length)
  for (const { type, data } of arrived) expect(data.resource, type).toEqual(expected.get(data.id))
})
