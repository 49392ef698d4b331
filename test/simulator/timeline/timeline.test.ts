import { beforeEach, describe, expect, test } from 'vitest'
import { Wechatpay } from '../../../src/core/index.ts'
import { createSimulator, createSimulatorMount, type Simulator } from '../../../src/simulator/index.ts'
import type { TimelineDetail } from '../../../src/simulator/timeline/detail.ts'
import type { TimelineEntry } from '../../../src/simulator/timeline/entry.ts'
import type { NotificationRecord, RequestRecord, SimulatorRecord } from '../../../src/simulator/timeline/record.ts'
import { createTimeline } from '../../../src/simulator/timeline/timeline.ts'

let simulator: Simulator
let mount: (request: Request) => Promise<Response>
let wxpay: Wechatpay
let merchantStatus: number
/** Readers of streams that a test has opened. */
let readers: ReadableStreamDefaultReader<Uint8Array>[] = []

beforeEach(async () => {
  merchantStatus = 204
  simulator = await createSimulator({
    seed: 'timeline',
    deliver: async () => new Response(merchantStatus === 204 ? null : 'no', { status: merchantStatus }),
  })
  mount = createSimulatorMount(simulator)
  wxpay = new Wechatpay({ ...simulator.merchant, fetch: simulator.fetch, retry: false })
  return async () => {
    await Promise.all(readers.map(reader => reader.cancel()))
    readers = []
  }
})

const ask = (path: string, headers: Record<string, string> = {}): Promise<Response> =>
  mount(new Request(`http://localhost/simulator${path}`, { headers }))

interface ReceivedEvent {
  readonly id: string | undefined
  readonly event: string
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into whatever came
  readonly data: any
}

/** Opens a stream of the timeline, and returns a function that reads its next event. */
async function openStream(lastEventId?: string): Promise<() => Promise<ReceivedEvent>> {
  const response = await ask('/events', lastEventId === undefined ? {} : { 'last-event-id': lastEventId })
  expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
  const reader = response.body!.getReader()
  readers.push(reader)
  return async () => {
    const { value } = await reader.read()
    const lines = new TextDecoder().decode(value).split('\n')
    const field = (name: string): string | undefined =>
      lines.find(line => line.startsWith(`${name}: `))?.slice(name.length + 2)
    return { id: field('id'), event: field('event') ?? '', data: JSON.parse(field('data') ?? 'null') }
  }
}

async function allEntries(): Promise<TimelineEntry[]> {
  const next = await openStream()
  await next()
  return (await next()).data
}

const detailOf = async (id: number): Promise<TimelineDetail> => (await ask(`/timeline/${id}`)).json()

const place = (out_trade_no: string, more: object = {}) => {
  const { appid, mchid } = simulator.merchant
  const order = {
    appid,
    mchid,
    out_trade_no,
    description: '茶',
    notify_url: 'https://merchant.example/',
    amount: { total: 100 },
  }
  return wxpay.v3.pay.transactions.native.post({ ...order, ...more })
}

describe('the timeline', () => {
  test('has the request, the payment and the notification of an order, in order', async () => {
    await place('T-0001')
    simulator.pay({ out_trade_no: 'T-0001' })
    await simulator.settled()
    const entries = await allEntries()
    expect(entries.map(({ id, kind }) => [id, kind])).toEqual([
      [1, 'request'],
      [2, 'action'],
      [3, 'notification'],
    ])
    expect(entries[0]).toMatchObject({
      method: 'POST',
      url: '/v3/pay/transactions/native',
      status: 200,
      signature: 'valid',
      numbers: ['T-0001'],
      changed: 1,
    })
    expect(entries[1]).toMatchObject({ name: 'pay', parameters: '[{"out_trade_no":"T-0001"}]', numbers: ['T-0001'] })
    expect(entries[2]).toMatchObject({ event: 'TRANSACTION.SUCCESS', status: 204, state: 'delivered' })
    expect(entries[2]!.numbers).toContain('T-0001')
  })

  test('shows the bytes of a request and its response, and the record that it created', async () => {
    await place('T-0001')
    const { request, response, signedText, signedBy, changes } = await detailOf(1)
    expect(JSON.parse(request!.body!)).toMatchObject({ out_trade_no: 'T-0001', description: '茶' })
    expect(request!.headers.authorization).toMatch(/^WECHATPAY2-SHA256-RSA2048 /)
    expect(signedText).toMatch(/^POST\n\/v3\/pay\/transactions\/native\n\d+\n\w+\n\{.*\}\n$/)
    expect(signedText!.split('\n')[4]).toBe(request!.body)
    expect(signedBy).toBe(simulator.merchant.serial)
    expect(JSON.parse(response!.body!).code_url).toMatch(/^weixin:/)
    expect(response!.headers['Wechatpay-Signature']).toBeTruthy()
    expect(changes).toMatchObject([{ record: 'orders', key: 'T-0001', change: 'created' }])
  })

  test('shows which fields a payment changed, from what to what', async () => {
    await place('T-0001')
    simulator.pay({ out_trade_no: 'T-0001' })
    const { changes } = await detailOf(2)
    const order = changes.find(({ record }) => record === 'orders')!
    expect(order).toMatchObject({ key: 'T-0001', change: 'changed' })
    expect(order.fields).toContainEqual({ name: 'trade_state', before: 'NOTPAY', after: 'SUCCESS' })
    expect(order.fields.map(({ name }) => name)).not.toContain('description')
  })

  test('shows a notification with its signed text, its content, and what the merchant answered', async () => {
    merchantStatus = 500
    await place('T-0001')
    simulator.pay({ out_trade_no: 'T-0001' })
    await simulator.settled()
    const { entry, request, response, signedText, resource, attempt } = await detailOf(3)
    expect(entry).toMatchObject({ kind: 'notification', status: 500, state: 'pending' })
    expect(attempt).toMatchObject({ status: 500, responseBody: 'no' })
    expect(response!.body).toBe('no')
    expect(resource).toMatchObject({ out_trade_no: 'T-0001', trade_state: 'SUCCESS' })
    const { 'Wechatpay-Timestamp': timestamp, 'Wechatpay-Nonce': nonce } = request!.headers
    expect(signedText).toBe(`${timestamp}\n${nonce}\n${request!.body}\n`)
  })

  test('gives the length of a cut body in bytes, divides no character, and shows no text as signed that is not', async () => {
    const timeline = createTimeline('x')
    const body = `{"a":"${'茶'.repeat(30_000)}"}`
    const message = { headers: { 'Wechatpay-Timestamp': '1', 'Wechatpay-Nonce': 'n', 'Wechatpay-Serial': 's' }, body }
    const bytes = new TextEncoder().encode(body)
    let notification: NotificationRecord | undefined
    let request: RequestRecord | undefined
    simulator.observe(record => {
      if (record.kind === 'notification') notification = record
      if (record.kind === 'request') request = record
    })
    await place('T-0001')
    simulator.pay({ out_trade_no: 'T-0001' })
    await simulator.settled()
    timeline.add({ ...notification!, request: message })
    timeline.add({ ...request!, request: { headers: {}, body: bytes } })
    const detail = (await timeline.detail(1))!
    expect(detail.request!.cutFrom).toBe(bytes.length)
    expect(new TextEncoder().encode(detail.request!.body).length).toBeLessThanOrEqual(65_536)
    expect(body.startsWith(detail.request!.body!)).toBe(true)
    // A true beginning of the signed text, which has no end here.
    expect(`1\nn\n${body}\n`.startsWith(detail.signedText!)).toBe(true)
    const shown = (await timeline.detail(2))!.request!
    expect([shown.cutFrom, shown.base64]).toEqual([bytes.length, undefined])
    expect(body.startsWith(shown.body!)).toBe(true)
  })

  test('counts what a notification contained and what an action was given', async () => {
    const timeline = createTimeline('x', { maxEntries: 100, maxBytes: 100_000 })
    let last: SimulatorRecord | undefined
    simulator.observe(record => {
      last = record
    })
    await place('T-0001')
    simulator.pay({ out_trade_no: 'T-0001' })
    await simulator.settled()
    const notification = last as NotificationRecord
    const text = 'x'.repeat(60_000)
    timeline.add({ ...notification, resource: { text } })
    timeline.add({ ...notification, resource: { text } })
    expect(timeline.entriesAfter(0, 10)).toHaveLength(1)
    timeline.add({ kind: 'action', at: 0, name: 'reset', parameters: [text], changes: [] })
    expect(timeline.entriesAfter(0, 10)).toMatchObject([{ kind: 'action' }])
  })

  test('shows the fields that WeChat Pay knows, not those by which the simulator works', async () => {
    await place('T-0001')
    const [{ fields }] = (await detailOf(1)).changes as [TimelineDetail['changes'][number]]
    const names = fields.map(({ name }) => name)
    expect(names).toContain('trade_state')
    expect(names.filter(name => /[A-Z]|fingerprint/.test(name))).toEqual([])
  })

  test('attributes nothing to a request that was refused', async () => {
    await place('T-0001')
    await expect(place('T-0001', { amount: { total: 2 } })).rejects.toThrow()
    expect((await detailOf(2)).changes).toEqual([])
  })

  test('continues after a reset, which is an entry of its own', async () => {
    await place('T-0001')
    await simulator.reset()
    await place('T-0001')
    expect((await allEntries()).map(entry => (entry.kind === 'action' ? entry.name : entry.kind))).toEqual([
      'request',
      'reset',
      'request',
    ])
  })

  test('says where it has no entry, also where another start of the simulator had it', async () => {
    await place('T-0001')
    expect((await ask('/timeline/2')).status).toBe(404)
    expect((await ask('/timeline/x')).status).toBe(404)
    expect((await ask('/timeline/1?of=another')).status).toBe(404)
  })

  test('shows a body of arbitrary bytes in base64', async () => {
    const body = new Uint8Array([0xff, 0, 1])
    await simulator.fetch('http://localhost/v3/certificates', {
      method: 'POST',
      body,
      headers: { accept: '*/*', 'user-agent': 'a' },
    })
    expect((await detailOf(1)).request).toMatchObject({ body: '/wAB', base64: true })
  })

  test('keeps 64 KB of a body, and tells how long it was', async () => {
    const body = 'x'.repeat(100_000)
    await simulator.fetch('http://localhost/pay/orderquery', { method: 'POST', body })
    const { request } = await detailOf(1)
    expect([request!.body!.length, request!.cutFrom]).toEqual([65_536, 100_000])
  })
})

describe('a stream', () => {
  test('brings what happens while it is open, and what happened before', async () => {
    await place('T-0001')
    const next = await openStream()
    expect(await next()).toMatchObject({ event: 'start', data: { resumed: false } })
    expect((await next()).data).toHaveLength(1)
    const waiting = next()
    await place('T-0002')
    expect((await waiting).data).toMatchObject([{ id: 2, numbers: ['T-0002'] }])
  })

  test('resumes after the last event that a client has', async () => {
    await place('T-0001')
    const next = await openStream()
    await next()
    const { id } = await next()
    await place('T-0002')
    await place('T-0003')
    const resumed = await openStream(id)
    expect((await resumed()).data.resumed).toBe(true)
    expect((await resumed()).data.map((entry: TimelineEntry) => entry.id)).toEqual([2, 3])
  })

  test.each(['', 'x', 'another-1', '-1', '1'])('starts over where the last event %j is none of its own', async id => {
    await place('T-0001')
    const next = await openStream(id)
    expect((await next()).data.resumed).toBe(false)
    expect((await next()).data).toHaveLength(1)
  })

  test('brings at most 500 entries at once', async () => {
    for (let at = 0; at < 501; at++) await simulator.fetch('http://localhost/v3/x')
    const next = await openStream()
    await next()
    expect((await next()).data).toHaveLength(500)
    expect((await next()).data).toHaveLength(1)
  })

  test('is refused where 64 are open, until one of them ends', async () => {
    for (let at = 0; at < 64; at++) await openStream()
    const refused = await ask('/events')
    expect([refused.status, (await refused.json()).code]).toEqual([503, 'TOO_MANY_STREAMS'])
    await readers[0]!.cancel()
    await (await openStream())()
  })

  test.each([
    ['http://localhost', { 'sec-fetch-site': 'cross-site' }],
    ['http://localhost', { origin: 'https://evil.example' }],
    ['http://rebind.example', {}],
  ])('is refused to a page of another site: %s %j', async (origin, headers) => {
    for (const path of ['/simulator/events', '/simulator/timeline/1', '/console/main.js'])
      expect((await mount(new Request(origin + path, { headers: headers as Record<string, string> }))).status).toBe(403)
  })
})

describe('what is kept', () => {
  const requestOf = (signature: 'valid' | 'absent', body = ''): RequestRecord => ({
    kind: 'request',
    exchange: {
      at: 0,
      requestId: '',
      api: 'v3',
      method: 'GET',
      url: '/',
      path: '/',
      signedText: '',
      signature,
      status: 200,
    },
    request: { headers: {}, body },
    response: { headers: {} },
    changes: [],
  })
  const ids = (timeline: ReturnType<typeof createTimeline>): number[] =>
    timeline.entriesAfter(0, 1e6).map(({ id }) => id)

  test('are the last entries, in number', () => {
    const timeline = createTimeline('a', { maxEntries: 3, maxBytes: 1e9 })
    for (let at = 0; at < 5; at++) timeline.add(requestOf('valid'))
    expect(ids(timeline)).toEqual([3, 4, 5])
  })

  test('are the last entries, in bytes', () => {
    const timeline = createTimeline('a', { maxEntries: 100, maxBytes: 100_000 })
    for (let at = 0; at < 10; at++) timeline.add(requestOf('valid', 'x'.repeat(30_000)))
    expect(ids(timeline)).toEqual([8, 9, 10])
  })

  test('are counted with their signed texts', () => {
    const timeline = createTimeline('a', { maxEntries: 100, maxBytes: 100_000 })
    const record = requestOf('valid')
    for (let at = 0; at < 10; at++)
      timeline.add({ ...record, exchange: { ...record.exchange, signedText: 'x'.repeat(1_000_000) } })
    expect(ids(timeline)).toEqual([10])
  })

  test('are not displaced by requests without a signature', async () => {
    const limits = { maxEntries: 2, maxBytes: 1e9 }
    const timeline = createTimeline('a', limits, limits)
    timeline.add(requestOf('valid'))
    for (let at = 0; at < 5; at++) timeline.add(requestOf('absent'))
    timeline.add(requestOf('valid'))
    expect(ids(timeline)).toEqual([1, 5, 6, 7])
    expect(await timeline.detail(2)).toBeUndefined()
    expect((await timeline.detail(1))?.entry.id).toBe(1)
  })
})

describe('the console', () => {
  const get = (path: string, init: RequestInit = {}): Promise<Response> =>
    mount(new Request(`http://localhost${path}`, init))

  test('is a page that may run its own files only', async () => {
    const response = await get('/console/')
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8')
    const policy = response.headers.get('content-security-policy')!
    for (const rule of ["default-src 'none'", "script-src 'self'", "connect-src 'self'", "frame-ancestors 'none'"])
      expect(policy).toContain(rule)
    expect(policy).not.toContain('unsafe')
    const html = await response.text()
    expect(html).not.toMatch(/<script(?![^>]* src=)|<style| on\w+=| style=/)
    for (const [, file] of html.matchAll(/(?:src|href)="([\w.]+)"/g))
      expect((await get(`/console/${file}`)).status).toBe(200)
  })

  test('is not loaded again while it is the same', async () => {
    const etag = (await get('/console/main.js')).headers.get('etag')!
    expect((await get('/console/main.js', { headers: { 'if-none-match': etag } })).status).toBe(304)
  })

  test('lets pages of other sites load the bridge and the cashier’s frame, and nothing else', async () => {
    const headers = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'script' }
    const bridge = await get('/simulator/bridge.js', { headers })
    expect([bridge.status, bridge.headers.get('cross-origin-resource-policy')]).toEqual([200, 'cross-origin'])
    const frame = await get('/console/cashier.html', { headers })
    const ancestors = /frame-ancestors ([^;]*)/.exec(frame.headers.get('content-security-policy')!)![1]!.split(' ')
    expect(frame.status).toBe(200)
    expect(ancestors).toContain('http://localhost:*')
    for (const ancestor of ancestors)
      expect(ancestor).toMatch(/^'self'$|^https?:\/\/(?:(?:\*\.)?localhost|127\.0\.0\.1):\*$/)
    for (const path of ['/console/', '/console/cashier.js', '/cgi-bin/mmpayweb-bin/checkmweb'])
      expect((await get(path, { headers })).status).toBe(403)
    for (const path of ['/simulator/bridge.js', '/console/cashier.html'])
      expect((await mount(new Request(`http://rebind.example${path}`))).status).toBe(403)
    expect((await get('/cgi-bin/mmpayweb-bin/checkmweb')).headers.get('content-security-policy')).toContain(
      "frame-ancestors 'none'",
    )
  })

  test('has no other files', async () => {
    for (const path of ['/console/x', '/console/toString', '/console/../simulator/x', '/console//'])
      expect((await get(path)).status).toBe(404)
    expect((await get('/console/', { method: 'POST' })).status).toBe(405)
    expect((await get('/console')).headers.get('location')).toBe('/console/')
  })
})
