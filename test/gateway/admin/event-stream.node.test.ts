import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { formatPosition, parsePosition } from '../../../src/gateway/admin/event-stream.ts'
import type { Caller } from '../../../src/gateway/index.ts'
import { CALLER, createTestGateway, payOrder, type TestGateway } from '../test-gateway.ts'
import { type OpenStream, readStream } from './read-stream.ts'

let gateway: TestGateway
let path: string
const opened: OpenStream[] = []
beforeEach(async () => {
  gateway = await createTestGateway({ eventStreams: { pollEvery: 5 } })
  path = `/admin/merchants/${gateway.simulator.merchant.mchid}/events/stream`
})
afterEach(async () => {
  for (const stream of opened.splice(0)) await stream.close().catch(() => {})
  gateway.gateway.endStreams()
})

const ask = (query = '', headers: Record<string, string> = {}) =>
  gateway.call(path + query, { headers: { accept: 'text/event-stream', ...headers } })
async function open(query = '', headers: Record<string, string> = {}): Promise<OpenStream> {
  const response = await ask(query, headers)
  expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/event-stream; charset=utf-8'])
  const stream = readStream(response)
  opened.push(stream)
  return stream
}
const resume = (stream: OpenStream, query = '') => open(query, { 'last-event-id': stream.lastId })
const numbersOf = (messages: { data: { numbers: { out_trade_no: string } } }[]) =>
  messages.map(({ data }) => data.numbers.out_trade_no)

describe('an event stream', () => {
  test('begins with its position, and sends later events as they are recorded', async () => {
    await payOrder(gateway, 'T100001')
    const stream = await open()
    expect(await stream.next()).toMatchObject({ event: 'position', id: expect.stringMatching(/^1-\d+-[\da-f]{8}$/) })
    await payOrder(gateway, 'T100002')
    const [event] = await stream.events(1)
    expect(event!.data).toMatchObject({ event: 'TRANSACTION.SUCCESS', numbers: { out_trade_no: 'T100002' } })
    expect(JSON.stringify(event)).not.toContain('openid')
  })

  test('has no line end in an id, whatever is in the ledger', () => {
    const id = formatPosition({ seq: 1, at: 2, check: '\ndata:1\n' })
    expect([id, parsePosition(id)]).toEqual(['1-2-data1', { seq: 1, at: 2, check: 'data1' }])
  })

  test('continues after Last-Event-ID without a loss and without a repetition', async () => {
    const first = await open()
    await first.next()
    await payOrder(gateway, 'T100001')
    await first.events(1)
    await first.close()
    for (const number of ['T100002', 'T100003']) await payOrder(gateway, number)
    const second = await resume(first)
    expect(numbersOf(await second.events(2))).toEqual(['T100002', 'T100003'])
    await second.close()
    const third = await resume(second)
    await payOrder(gateway, 'T100004')
    expect(numbersOf(await third.events(1))).toEqual(['T100004'])
  })

  test('continues behind a gateway that was started anew', async () => {
    const first = await open()
    await first.next()
    await payOrder(gateway, 'T100001')
    await first.events(1)
    gateway.gateway.endStreams()
    gateway = await gateway.restart()
    await payOrder(gateway, 'T100002')
    expect(numbersOf(await (await resume(first)).events(1))).toEqual(['T100002'])
  })

  test('has the text that endpoints are sent, where it is asked for', async () => {
    const stream = await open('?body=true&since=0')
    await payOrder(gateway, 'T100001')
    await gateway.drain()
    const [{ data } = { data: undefined }] = await stream.events(1)
    expect(data.body).toBe(gateway.shop.received[0]!.text)
    expect(data.webhook_id).toBe(gateway.shop.received[0]!.id)
  })

  test('begins at a time, and keeps to the events that it is asked for', async () => {
    await payOrder(gateway, 'T100001')
    gateway.clock.now += 60_000
    const since = new Date(gateway.clock.now).toISOString()
    await payOrder(gateway, 'T100002')
    expect(numbersOf(await (await open(`?since=${since}`)).events(1))).toEqual(['T100002'])
    const refunds = await open('?since=0&events=REFUND.*')
    expect(await refunds.next()).toMatchObject({ event: 'position', id: expect.stringMatching(/^2-/) })
    const all = await open('?since=0&events=REFUND.*,TRANSACTION.SUCCESS')
    expect(numbersOf(await all.events(2))).toEqual(['T100001', 'T100002'])
  })

  test('reads the ledger no further than its client reads the stream', async () => {
    for (let at = 0; at < 5; at++) await payOrder(gateway, `T10000${at}`)
    let reads = 0
    const { ledger } = gateway
    gateway = await gateway.restart({
      ledgerOf: () => ({
        ...ledger,
        eventsAfter: (mchid, query) => {
          reads++
          return ledger.eventsAfter(mchid, { ...query, limit: 1 })
        },
      }),
    })
    const stream = await open('?since=0')
    await new Promise(resolve => setTimeout(resolve, 100))
    expect(reads).toBeLessThan(4)
    expect(numbersOf(await stream.events(5))).toHaveLength(5)
  })

  test('ends itself when it is old, although nobody reads it, and after its reads of the ledger', async () => {
    gateway = await gateway.restart({ eventStreams: { pollEvery: 5, maxAge: 50 } })
    const response = await ask()
    await expect.poll(() => gateway.logged.join()).toContain('"event":"event stream"')
    expect(await response.text()).toMatch(/^retry: 1000\n\n$|^$/)
    gateway = await gateway.restart({ eventStreams: { pollEvery: 5, maxReads: 3 } })
    expect(await (await ask()).text()).toMatch(/^retry: 1000\n\nevent: position\nid: \S+\ndata: {}\n\n$/)
  })

  test('ends when the gateway closes, which opens no other', async () => {
    const stream = await open()
    await stream.next()
    const end = stream.next()
    gateway.gateway.endStreams()
    expect(await end).toBeUndefined()
    expect((await ask()).status).toBe(503)
  })

  test('is closed by a ledger that fails, and can be resumed', async () => {
    const { ledger } = gateway
    let isBroken = false
    gateway = await gateway.restart({
      ledgerOf: () => ({
        ...ledger,
        eventsAfter: (...query) =>
          isBroken ? Promise.reject(new Error('disk of 张三')) : ledger.eventsAfter(...query),
      }),
    })
    const stream = await open()
    await stream.next()
    isBroken = true
    expect(await stream.next()).toBeUndefined()
    expect((await ask()).status).toBe(500)
    isBroken = false
    await payOrder(gateway, 'T100001')
    expect(numbersOf(await (await resume(stream)).events(1))).toEqual(['T100001'])
    expect(gateway.logged.join()).not.toContain('张三')
  })
})

describe('an attacker', () => {
  const as = async (caller: Partial<Caller>) => {
    gateway = await gateway.restart({ authenticate: async () => ({ ...CALLER, ...caller }) })
  }

  test.each([
    'x',
    '1',
    '1-2',
    '1-2-abcdefghi',
    '-1-2-abcdefgh',
    '1e9-2-abcdefgh',
    "1-2-' or 1=1",
    '1-2-abcdefgh\u00e9',
    `${'9'.repeat(16)}-1-abcdefgh`,
  ])('is refused with the forged Last-Event-ID %s', async id => {
    const response = await ask('', { 'last-event-id': id })
    expect([response.status, (await response.json()) as object]).toEqual([
      400,
      expect.objectContaining({ code: 'QUERY_INVALID', detail: expect.stringContaining('Last-Event-ID') }),
    ])
  })

  test('sees nothing but events of the merchant with a Last-Event-ID that no event has', async () => {
    await payOrder(gateway, 'T100001')
    const future = await open('', { 'last-event-id': '999999999999999-999999999999999-abcdefgh' })
    await payOrder(gateway, 'T100002')
    expect(await future.next()).toMatchObject({ event: 'position' })
    const past = await open('', { 'last-event-id': '999-0-' })
    expect(numbersOf(await past.events(2))).toEqual(['T100001', 'T100002'])
  })

  test.each(['?since=x', '?since=2026-13-45T00:00Z', '?events=', '?events=a b', '?body=1', '?limit=5'])(
    'is refused with %s',
    async query => {
      expect((await ask(query)).status).toBe(400)
    },
  )

  test('cannot occupy the streams by a navigation, whose browser adds credentials but not the header', async () => {
    const headers = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }
    const navigation = { ...headers, accept: 'text/html,application/xhtml+xml,*/*;q=0.8' }
    expect((await gateway.call(path, { headers: navigation })).status).toBe(406)
    expect((await gateway.call(path, { headers: { accept: '*/*' } })).status).toBe(406)
    expect((await gateway.call(path, { method: 'HEAD', headers: { accept: 'text/event-stream' } })).status).toBe(405)
  })

  test('cannot read it from a page of another site', async () => {
    const response = await ask('', {
      'sec-fetch-site': 'cross-site',
      'sec-fetch-mode': 'cors',
      origin: 'https://evil.example',
    })
    expect([response.status, response.headers.get('access-control-allow-origin')]).toEqual([403, null])
  })

  test('needs a caller that may call /admin, and sees no other merchant', async () => {
    await as({ allow: ['* /v3/**'] })
    expect((await ask()).status).toBe(403)
    await as({ merchants: ['1900000999'] })
    expect((await ask()).status).toBe(403)
  })

  test('cannot open streams without end, nor take those of other callers', async () => {
    for (let at = 0; at < 8; at++) await open()
    const refused = await ask()
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '5'])
    expect(await refused.json()).toMatchObject({ code: 'STREAMS_FULL', detail: expect.stringContaining('8 of them') })
    await opened.pop()!.close()
    await open()
  })
})
