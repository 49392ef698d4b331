import { TrieRouter } from 'hono/router/trie-router'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import type { CallRow } from '../../../src/gateway/store/call/calls.ts'
import type { Ledger } from '../../../src/gateway/store/ledger.ts'
import { openDatabase } from '../../../src/storage/sqlite.ts'
import { localLedger } from '../../../src/storage/sqlite-ledger.ts'
import {
  CALLER,
  createTestGateway,
  json,
  killDelivery,
  payOrder,
  SECRET,
  SHOP,
  type TestGateway,
} from '../test-gateway.ts'

let one: TestGateway
let root: string
beforeEach(async () => {
  one = await createTestGateway()
  root = `/admin/merchants/${one.simulator.merchant.mchid}`
})
const get = async (path: string) => {
  const response = await one.call(path)
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into whatever came
  return { status: response.status, body: (await response.json()) as any }
}
const post = async (path: string, body?: unknown) => {
  const response = await one.call(path, body === undefined ? { method: 'POST' } : json(body))
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into whatever came
  return { status: response.status, body: (await response.json()) as any }
}

test('the routes of the gateway have no word beside a placeholder, for which all requests would take the slower router', async () => {
  const slow = vi.spyOn(TrieRouter.prototype, 'match')
  expect((await get('/admin/merchants')).status).toBe(200)
  expect(slow).not.toHaveBeenCalled()
  slow.mockRestore()
})

test('/admin itself does not exist, whoever asks for it', async () => {
  const callers = [{ name: 'operator', credential: { tokens: [] }, allow: ['* /admin/**'] }]
  const one = await createTestGateway({ callers, authenticate: async () => callers[0]! })
  const response = await one.call('/admin')
  expect([response.status, await response.json()]).toEqual([
    404,
    expect.objectContaining({ code: 'NOT_FOUND', detail: expect.stringContaining('/admin does not exist') }),
  ])
})

describe('an operator', () => {
  test('sees merchants, and how much lies where', async () => {
    await payOrder(one, 'T100001')
    const { mchid } = one.simulator.merchant
    expect((await get('/admin/merchants')).body).toEqual({
      merchants: [
        { mchid, pending: 1, dead: 0, oldestPendingAt: expect.any(Number), watched: {}, inDoubt: {}, circuits: [] },
      ],
    })
  })

  test('lists events, page by page, without what is in them, and finds those about one thing', async () => {
    for (const number of ['T100001', 'T100002', 'T100003']) await payOrder(one, number)
    const first = (await get(`${root}/events?limit=2`)).body
    const rest = (await get(`${root}/events?limit=2&before=${first.next}`)).body
    expect([first.events.length, rest.events.length, rest.next]).toEqual([2, 1, null])
    expect(JSON.stringify(first)).not.toContain('openid')
    const [{ subject, seq }] = rest.events
    expect((await get(`${root}/events?subject=${encodeURIComponent(subject)}`)).body.events).toMatchObject([{ seq }])
    expect((await get(`${root}/events?event=REFUND.SUCCESS`)).body.events).toEqual([])
  })

  test('finds events by any number in them, and sees the numbers without the rest', async () => {
    for (const number of ['T100001', 'T100002']) await payOrder(one, number)
    const { transaction_id } = one.simulator.order('T100002')!
    const numbers = { out_trade_no: 'T100002', transaction_id }
    for (const number of Object.values(numbers))
      expect((await get(`${root}/events?number=${number}`)).body.events).toMatchObject([{ numbers }])
    expect((await get(`${root}/events?number=T100003`)).body).toEqual({ events: [], next: null })
  })

  test('inspects an event, its deliveries, and each attempt', async () => {
    one.shop.answer = () => new Response('', { status: 500 })
    await payOrder(one, 'T100001')
    await one.drain()
    const [{ seq }] = (await get(`${root}/events`)).body.events
    const event = (await get(`${root}/events/${seq}`)).body
    expect(event).toMatchObject({ resource: { out_trade_no: 'T100001' }, deliveries: [{ state: 'pending', tries: 1 }] })
    const delivery = (await get(`${root}/deliveries/${event.deliveries[0].id}`)).body
    expect(delivery.attempts).toEqual([
      { at: one.clock.now, ms: expect.any(Number), status: 500, error: 'STATUS', detail: expect.any(String) },
    ])
  })

  test('replays dead letters, one or all, under the same webhook-id', async () => {
    for (const number of ['T100001', 'T100002']) await payOrder(one, number)
    for (const job of one.jobs.splice(0)) await killDelivery(one, job)
    const { deliveries } = (await get(`${root}/deliveries?state=dead`)).body
    expect(deliveries).toHaveLength(2)
    expect(await post(`${root}/deliveries/${deliveries[0].id}/replay`)).toMatchObject({ status: 202 })
    await one.drain()
    expect((await post(`${root}/dead/replay`)).body).toEqual({ deliveries: [deliveries[1].id], more: false })
    await one.drain()
    // And once more what was delivered.
    await post(`${root}/deliveries/${deliveries[0].id}/replay`)
    await one.drain()
    const ids = one.shop.received.map(({ id }) => id)
    expect([ids.length, new Set(ids).size, ids[0] === ids[2]]).toEqual([3, 2, true])
    expect((await get(`${root}/deliveries?state=dead`)).body.deliveries).toEqual([])
  })

  test('has done nothing when the body of the request does not arrive', async () => {
    await payOrder(one, 'T100001')
    for (const job of one.jobs.splice(0)) await killDelivery(one, job)
    const { deliveries } = (await get(`${root}/deliveries?state=dead`)).body
    for (const path of [`${root}/dead/replay`, `${root}/deliveries/${deliveries[0].id}/replay`, '/admin/sweep']) {
      const body = new ReadableStream({ pull: controller => controller.error(new Error('cut')) })
      const response = await one.call(path, { method: 'POST', body, duplex: 'half' } as RequestInit)
      expect(response.status).toBe(400)
      expect(await response.json()).toMatchObject({ code: 'BODY_CUT_SHORT' })
    }
    expect(one.jobs).toEqual([])
    expect((await get(`${root}/deliveries?state=dead`)).body.deliveries).toHaveLength(1)
  })

  test('sends an event that nobody took to the endpoints that there are now', async () => {
    one = await one.restart({ endpoints: [] })
    await payOrder(one, 'T100001')
    one = await one.restart({ endpoints: [SHOP, { ...SHOP, name: 'books', events: ['REFUND.*'], secrets: [SECRET] }] })
    const [{ seq }] = (await get(`${root}/events`)).body.events
    expect((await post(`${root}/events/${seq}/resend`)).status).toBe(202)
    await one.drain()
    expect(one.shop.received).toHaveLength(1)
    expect(await post(`${root}/events/${seq}/resend`, { endpoints: ['books'] })).toMatchObject({ status: 202 })
    await one.drain()
    expect(one.shop.received).toHaveLength(2)
    const repeated = Array.from({ length: 100 }, () => 'books')
    expect((await post(`${root}/events/${seq}/resend`, { endpoints: repeated })).body.deliveries).toHaveLength(1)
    expect(await post(`${root}/events/${seq}/resend`, { endpoints: [...repeated, 'books'] })).toMatchObject({
      status: 400,
      body: { code: 'BODY_INVALID' },
    })
    expect(await post(`${root}/events/${seq}/resend`, { endpoints: ['nobody'] })).toMatchObject({
      status: 400,
      body: { code: 'BODY_INVALID' },
    })
  })

  test.each([
    ['/admin/session', '{"token":"caf\xe9"}'],
    ['/admin/merchants/MCHID/events/1/resend', '{"endpoints":["caf\xe9"]}'],
  ])('is told at %s that a body is not UTF-8', async (path, text) => {
    await payOrder(one, 'T100001')
    const headers = { 'content-type': 'application/json', origin: 'https://gateway.example.com' }
    const response = await one.call(path.replace('MCHID', one.simulator.merchant.mchid), {
      method: 'POST',
      body: new Uint8Array(Buffer.from(text, 'latin1')),
      headers,
    })
    expect([response.status, await response.text()]).toEqual([400, expect.stringContaining('not UTF-8')])
  })

  test('is told where a body is not JSON', async () => {
    await payOrder(one, 'T100001')
    const response = await one.call(`${root}/events/1/resend`, { ...json({}), body: '{"endpoints":["shop"' })
    expect([response.status, await response.json()]).toEqual([
      400,
      expect.objectContaining({
        detail: 'The body is not JSON: malformed or cut short at line 1, column 21.',
      }),
    ])
  })

  test('reads the audit trail', async () => {
    await payOrder(one, 'T100001')
    expect((await get('/admin/callers/shop/calls')).body).toMatchObject({
      calls: [{ numbers: { out_trade_no: 'T100001' }, amount: 100 }],
      next: null,
    })
  })

  test('reads all of the audit trail page by page, though its calls began in one millisecond', async () => {
    for (const number of ['T100001', 'T100002', 'T100003', 'T100004', 'T100005']) await payOrder(one, number)
    const numbers: string[] = []
    let before = ''
    do {
      const { calls, next } = (await get(`/admin/callers/shop/calls?limit=2${before}`)).body
      numbers.push(...calls.map((call: { numbers: { out_trade_no: string } }) => call.numbers.out_trade_no))
      before = next === null ? '' : `&before=${next}`
    } while (before !== '')
    expect(numbers).toEqual(['T100005', 'T100004', 'T100003', 'T100002', 'T100001'])
  })

  test('reads the audit trail of all callers in one list, removed ones included', async () => {
    const gone = { id: 'gone-1', caller: 'gone', mchid: one.simulator.merchant.mchid, method: 'POST', path: '/v3/x' }
    await one.ledger.beginCall({ ...gone, numbers: {}, amount: null, key: null, hash: null })
    for (const number of ['T100001', 'T100002']) await payOrder(one, number)
    const seen: string[] = []
    let before = ''
    do {
      const { calls, next } = (await get(`/admin/calls?limit=2${before}`)).body
      seen.push(...calls.map(({ caller, numbers }: CallRow) => `${caller} ${numbers.out_trade_no ?? ''}`))
      before = next === null ? '' : `&before=${next}`
    } while (before !== '')
    expect(seen).toEqual(['shop T100002', 'shop T100001', 'gone '])
    expect((await get('/admin/calls?before=shop:2')).body.code).toBe('QUERY_INVALID')
  })

  test('reads the audit trail of all callers where each has a ledger of its own', async () => {
    const clock = { now: 1_767_225_600_000 }
    const ledgers = new Map<string, Ledger>()
    for (const name of ['caller/shop', 'caller/books'])
      ledgers.set(
        name,
        localLedger(await openDatabase(':memory:'), () => clock.now),
      )
    const callers = ['shop', 'books'].map(name => ({ ...CALLER, name }))
    const apart = await createTestGateway({ callers, ledgerOf: name => ledgers.get(name) ?? one.ledger })
    for (const [at, caller] of ['shop', 'books', 'books', 'shop', 'books'].entries()) {
      clock.now += 1_000
      const call = { id: `call-${at}`, caller, mchid: '1900000109', method: 'POST', path: '/', numbers: {} }
      await ledgers.get(`caller/${caller}`)!.beginCall({ ...call, amount: null, key: null, hash: null })
    }
    const seen: string[] = []
    let before = ''
    do {
      const { calls, next } = await (await apart.call(`/admin/calls?limit=2${before}`)).json()
      seen.push(...calls.map(({ id, caller }: CallRow) => `${caller} ${id}`))
      before = next === null ? '' : `&before=${next}`
    } while (before !== '')
    expect(seen).toEqual(['books call-4', 'shop call-3', 'books call-2', 'books call-1', 'shop call-0'])
    expect(await (await apart.call('/admin/calls?before=2')).json()).toMatchObject({ code: 'QUERY_INVALID' })
  })

  test('finds an event by the webhook-id that its endpoint has seen', async () => {
    for (const number of ['T100001', 'T100002']) await payOrder(one, number)
    await one.drain()
    const { id, body } = one.shop.received[1]!
    const { events } = (await get(`${root}/events?webhook_id=${id}`)).body
    expect(events).toMatchObject([{ webhook_id: id, id: body.data.id }])
  })

  test.each([
    ['{root}/events?type=REFUND.SUCCESS', 'type', 'event, subject, webhook_id, number, before, limit'],
    ['{root}/events?Event=REFUND.SUCCESS', 'Event', 'event, subject, webhook_id, number, before, limit'],
    ['{root}/deliveries?status=dead', 'status', 'state, before, limit'],
    ['/admin/callers/shop/calls?from=2026-01-01', 'from', 'before, limit'],
    ['/admin/merchants?limit=5', 'limit', undefined],
    ['{root}/events/1?limit=5', 'limit', undefined],
    ['/admin/counters?name=x', 'name', undefined],
  ])('is told that %s asks for what is unknown', async (path, name, known) => {
    const { status, body } = await get(path.replace('{root}', root))
    expect([status, body.code]).toEqual([400, 'QUERY_INVALID'])
    expect(body.detail).toBe(`"${name}" is unknown. ${known ? `Use ${known}.` : 'This page has no parameters.'}`)
  })

  test.each([
    ['a filter given twice', '?event=REFUND.SUCCESS&event=TRANSACTION.SUCCESS'],
    ['an empty filter', '?event='],
    ['an empty limit', '?limit='],
    ['a control character', '?%00=1'],
    ['an endless name', `?${'x'.repeat(5000)}=1`],
  ])('is not shown everything because of %s', async (_, query) => {
    await payOrder(one, 'T100001')
    const { status, body } = await get(`${root}/events${query}`)
    expect([status, body.code, body.detail.length < 200]).toEqual([400, 'QUERY_INVALID', true])
  })

  test('sets nothing going with a query that is unknown', async () => {
    await payOrder(one, 'T100001')
    for (const job of one.jobs.splice(0)) await killDelivery(one, job)
    expect(await post(`${root}/dead/replay?endpoint=books`)).toMatchObject({ status: 400 })
    expect((await get(`${root}/deliveries?state=dead`)).body.deliveries).toHaveLength(1)
  })

  test('has the clock strike', async () => {
    expect((await post('/admin/sweep')).body).toEqual({
      enqueued: 0,
      delivered: 0,
      queried: 0,
      synthesized: 0,
      purged: 0,
    })
  })

  test.each([
    ['GET', '/admin/merchants/1/events', 404, 'MERCHANT_UNKNOWN'],
    ['POST', '/admin/merchants/1/dead/replay', 404, 'MERCHANT_UNKNOWN'],
    ['GET', '/admin/callers/nobody/calls', 404, 'CALLER_UNKNOWN'],
    ['GET', '{root}/events/x', 404, 'NOT_FOUND'],
    ['GET', '{root}/events/constructor', 404, 'NOT_FOUND'],
    ['GET', '{root}/events/99', 404, 'NOT_FOUND'],
    ['GET', '{root}/deliveries/99', 404, 'NOT_FOUND'],
    ['POST', '{root}/deliveries/99/replay', 404, 'NOT_FOUND'],
    ['POST', '{root}/events/99/resend', 404, 'NOT_FOUND'],
    ['GET', '{root}/events?limit=0', 400, 'QUERY_INVALID'],
    ['GET', '{root}/events?before=x', 400, 'QUERY_INVALID'],
    ['GET', '{root}/deliveries?state=lost', 400, 'QUERY_INVALID'],
    ['GET', '/admin/nothing', 404, 'NOT_FOUND'],
  ])('is told what %s %s lacks', async (method, path, status, code) => {
    const response = await one.call(path.replace('{root}', root), { method })
    expect(await response.json()).toMatchObject({ status, code, requestId: expect.any(String) })
  })
})

describe('a caller that is limited to some merchants', () => {
  const limited = (merchants: readonly string[]) =>
    createTestGateway({
      authenticate: async () => ({ name: 'team', credential: { tokens: [] }, allow: ['* /**'], merchants }),
    })
  const status = async (of: TestGateway, path: string, init?: RequestInit) => (await of.call(path, init)).status

  test('sees its own merchants, and sets their events going', async () => {
    const mine = await limited([one.simulator.merchant.mchid])
    await payOrder(mine, 'T100001')
    const own = `/admin/merchants/${mine.simulator.merchant.mchid}`
    expect(await status(mine, `${own}/events`)).toBe(200)
    expect(await status(mine, `${own}/events/1/resend`, { method: 'POST' })).toBe(202)
  })

  test('sees nothing of the others, of the callers, or of the gateway as a whole', async () => {
    const theirs = await limited(['1900000999'])
    const other = `/admin/merchants/${theirs.simulator.merchant.mchid}`
    for (const path of [
      `${other}/events`,
      `${other}/deliveries`,
      '/admin/merchants',
      '/admin/callers/all/calls',
      '/admin/calls',
      '/metrics',
    ])
      expect([path, await status(theirs, path)]).toEqual([path, 403])
    for (const path of [`${other}/dead/replay`, `${other}/events/1/resend`, '/admin/sweep'])
      expect([path, await status(theirs, path, { method: 'POST' })]).toEqual([path, 403])
  })
})
