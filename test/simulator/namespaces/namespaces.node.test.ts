import { createSign } from 'node:crypto'
import { beforeEach, describe, expect, it } from 'vitest'
import { Wechatpay } from '../../../src/core/index.ts'
import {
  createNamespaceServer,
  createSimulator,
  type NamespaceServer,
  type Simulator,
} from '../../../src/simulator/index.ts'
import { newNumber, refusalOf } from '../test-merchant.ts'

const HOST = 'http://127.0.0.1:8989'
const simulator: Simulator = await createSimulator({ merchants: [{ mchid: '1900000109' }, { mchid: '1900000112' }] })
let server: NamespaceServer
beforeEach(() => {
  server = createNamespaceServer(simulator)
})

const send: typeof fetch = (input, init) => server.fetch(new Request(input, init))

/** The ways in which an SDK can name a namespace: by its base URL, or by what its HTTP client adds to each request. */
const clientOf = {
  path: (name: string) =>
    new Wechatpay({ ...simulator.merchant, baseUrl: `${HOST}/ns/${name}`, fetch: send, retry: false }),
  header: (name: string) =>
    new Wechatpay({
      ...simulator.merchant,
      baseUrl: HOST,
      retry: false,
      fetch: (input, init) => {
        const request = new Request(input, init)
        request.headers.set('Simulator-Namespace', name)
        return server.fetch(request)
      },
    }),
  host: (name: string) =>
    new Wechatpay({ ...simulator.merchant, baseUrl: `http://${name}.ns.localhost:8989`, fetch: send, retry: false }),
}

const order = (wxpay: Wechatpay, out_trade_no: string, total = 100) =>
  wxpay.v3.pay.transactions.native.post({
    mchid: simulator.merchant.mchid,
    appid: simulator.merchant.appid,
    out_trade_no,
    description: 'd',
    notify_url: 'https://merchant.example/notify',
    amount: { total },
  })

const query = (wxpay: Wechatpay, out_trade_no: string) =>
  wxpay.v3.pay.transactions.outTradeNo._out_trade_no_.get({
    out_trade_no,
    params: { mchid: simulator.merchant.mchid },
  })

const control = async (path: string, method = 'GET', body?: object) => {
  const json = body && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }
  const response = await send(HOST + path, { method, ...json })
  const text = await response.text()
  return { status: response.status, body: text === '' ? undefined : JSON.parse(text) }
}

describe.each(['path', 'header', 'host'] as const)('a namespace that the %s names', way => {
  it('has orders of its own, with the same number and the same keys', async () => {
    const out_trade_no = newNumber()
    await order(clientOf[way]('one'), out_trade_no, 1)
    await order(clientOf[way]('two'), out_trade_no, 2)
    expect((await query(clientOf[way]('one'), out_trade_no)).data.amount).toMatchObject({ total: 1 })
    expect((await query(clientOf[way]('two'), out_trade_no)).data.amount).toMatchObject({ total: 2 })
    expect(await refusalOf(query(clientOf[way]('three'), out_trade_no))).toEqual([404, 'ORDER_NOT_EXIST'])
    expect(simulator.order(out_trade_no)).toBeUndefined()
    expect(server.namespaces.list()).toEqual(['one', 'two', 'three'])
  })
})

it('is paid, advanced and reset without any other', async () => {
  const out_trade_no = newNumber()
  for (const name of ['one', 'two']) await order(clientOf.path(name), out_trade_no)
  await control('/ns/one/simulator/pay', 'POST', { out_trade_no })
  const stateIn = async (name: string) => (await query(clientOf.path(name), out_trade_no)).data.trade_state
  expect([await stateIn('one'), await stateIn('two')]).toEqual(['SUCCESS', 'NOTPAY'])
  const day = 86_400_000
  const before = (await control('/ns/two/simulator/status')).body.now
  await control('/ns/one/simulator/advance', 'POST', { ms: day })
  expect((await control('/ns/one/simulator/status')).body.now).toBeGreaterThan(before + day - 1)
  expect((await control('/ns/two/simulator/status')).body.now).toBeLessThan(before + day)
  await control('/ns/one/simulator/faults', 'POST', { kind: 'status', status: 500 })
  expect(await stateIn('two')).toBe('NOTPAY')
  await control('/ns/one/simulator/reset', 'POST', {})
  expect(await refusalOf(query(clientOf.path('one'), out_trade_no))).toEqual([404, 'ORDER_NOT_EXIST'])
  expect(await stateIn('two')).toBe('NOTPAY')
})

// Java's and PHP's SDKs sign the path of the URL that they send; others sign the path that the program gave them.
it.each(['with', 'without'])('accepts a signature over the path %s the prefix, and over no other path', async which => {
  const signed = (path: string) => {
    const { mchid, serial, privateKey } = simulator.merchant
    const [timestamp, nonce] = [String(Math.floor(Date.now() / 1000)), newNumber()]
    const signature = createSign('RSA-SHA256')
      .update(`GET\n${path}\n${timestamp}\n${nonce}\n\n`)
      .sign(privateKey, 'base64')
    return `WECHATPAY2-SHA256-RSA2048 mchid="${mchid}",nonce_str="${nonce}",timestamp="${timestamp}",serial_no="${serial}",signature="${signature}"`
  }
  const url = `${HOST}/ns/one/v3/merchant/fund/balance/BASIC`
  const headersOf = (path: string) => ({
    Accept: 'application/json',
    'User-Agent': 'test',
    Authorization: signed(path),
  })
  const path = `${which === 'with' ? '/ns/one' : ''}/v3/merchant/fund/balance/BASIC`
  expect((await send(url, { headers: headersOf(path) })).status).toBe(200)
  for (const other of ['/ns/two/v3/merchant/fund/balance/BASIC', '/v3/merchant/fund/balance/FEES'])
    expect((await send(url, { headers: headersOf(other) })).status).toBe(401)
})

it('downloads a bill from a URL with the prefix', async () => {
  const wxpay = clientOf.path('one')
  await order(wxpay, newNumber())
  const number = newNumber()
  await order(wxpay, number)
  await control('/ns/one/simulator/pay', 'POST', { out_trade_no: number })
  const bill_date = (await query(wxpay, number)).data.success_time!.slice(0, 10)
  await control('/ns/one/simulator/advance', 'POST', { ms: 86_400_000 })
  const { data } = await wxpay.v3.bill.tradebill.get({ params: { bill_date } })
  expect(data.download_url).toMatch(/^http:\/\/127\.0\.0\.1:8989\/ns\/one\/v3\/billdownload\/file\?/)
  const { path } = { path: new URL(data.download_url!) }
  const response = await wxpay.fetch(new Request(path))
  expect(await response.text()).toContain(number)
})

it('shows the cashier of an H5 order with the prefix', async () => {
  const { data } = await clientOf.path('one').v3.pay.transactions.h5.post({
    mchid: simulator.merchant.mchid,
    appid: simulator.merchant.appid,
    out_trade_no: newNumber(),
    description: 'd',
    notify_url: 'https://merchant.example/notify',
    amount: { total: 1 },
    scene_info: { payer_client_ip: '127.0.0.1', h5_info: { type: 'Wap' } },
  })
  expect(data.h5_url).toMatch(/^http:\/\/127\.0\.0\.1:8989\/ns\/one\/cgi-bin\//)
  expect((await send(data.h5_url)).headers.get('content-type')).toContain('text/html')
})

it('says what an unknown, malformed or foreign name is', async () => {
  const listed = createNamespaceServer(simulator, { names: ['one'] })
  const request = (path: string, headers = {}) => new Request(HOST + path, { headers })
  const refused = await listed.fetch(request('/ns/two/v3/certificates'))
  expect([refused.status, (await refused.json()).code]).toEqual([404, 'NAMESPACE_UNKNOWN'])
  expect((await listed.fetch(request('/ns/one/simulator/status'))).status).toBe(200)
  for (const path of ['/ns//v3/certificates', '/ns/a.b/v3', '/ns/%2e%2e/v3', `/ns/${'x'.repeat(64)}/v3`])
    expect((await server.fetch(request(path))).status).toBe(400)
  for (const name of ['-a', 'a-', '-'])
    expect(await (await server.fetch(request(`/ns/${name}/v3/certificates`))).json()).toMatchObject({
      code: 'PARAM_ERROR',
      message: `The name of a namespace must be 1 to 63 letters, digits and -, with - at neither end, not "${name}".`,
    })
  const foreign = await server.fetch(request('/ns/two/v3/certificates', { 'sec-fetch-site': 'cross-site' }))
  expect([foreign.status, server.namespaces.list()]).toEqual([403, []])
})

it('creates none under a host name that a page may have made resolve to this machine', async () => {
  const get = (path: string, headers = {}) =>
    server.fetch(
      new Request(`http://evil.example:8989${path}`, { headers: { 'sec-fetch-site': 'same-origin', ...headers } }),
    )
  for (const path of ['/ns/zz1/v3/certificates', '/ns/zz1/simulator/status']) {
    const refused = await get(path)
    expect([refused.status, (await refused.json()).code]).toEqual([403, 'HOST_UNKNOWN'])
  }
  expect((await get('/v3/certificates', { 'simulator-namespace': 'zz1' })).status).toBe(403)
  expect(server.namespaces.list()).toEqual([])
  const allowing = createNamespaceServer(simulator, { hosts: ['pay.example'] })
  await allowing.fetch(new Request('http://pay.example/ns/zz1/v3/certificates'))
  const listed = createNamespaceServer(simulator, { names: ['zz1'] })
  await listed.fetch(new Request('http://pay.example/ns/zz1/v3/certificates'))
  expect([allowing.namespaces.list(), listed.namespaces.list()]).toEqual([['zz1'], ['zz1']])
})

it('has one name whatever its case', async () => {
  const listed = createNamespaceServer(simulator, { names: ['One'] })
  expect((await listed.fetch(new Request(`${HOST}/ns/oNe/simulator/status`))).status).toBe(200)
  expect(listed.namespaces.list()).toEqual(['one'])
  await listed.namespaces.remove('ONE')
  expect(listed.namespaces.list()).toEqual([])
})

it('creates, lists and removes namespaces over HTTP', async () => {
  expect(await control('/simulator/namespaces', 'POST', { name: 'One' })).toMatchObject({
    status: 200,
    body: { name: 'one', path: '/ns/one' },
  })
  expect((await control('/simulator/namespaces')).body).toEqual(['one'])
  const out_trade_no = newNumber()
  await order(clientOf.path('one'), out_trade_no)
  expect((await control('/simulator/namespaces/one', 'DELETE')).status).toBe(204)
  expect((await control('/simulator/namespaces/one', 'DELETE')).status).toBe(404)
  expect(await refusalOf(query(clientOf.path('one'), out_trade_no))).toEqual([404, 'ORDER_NOT_EXIST'])
  expect((await control('/ns/one/simulator/namespaces')).body).toEqual([])
  expect((await control('/ns/one/simulator/namespaces', 'POST', { name: 'two' })).body.code).toBe(
    'NAMESPACES_UNAVAILABLE',
  )
  expect((await control('/simulator/namespaces', 'POST', { name: '../x' })).status).toBe(400)
})

it('ends the streams of a namespace that is removed before anything is reported to them', async () => {
  const stream = await send(`${HOST}/ns/one/simulator/events`)
  const reads: Promise<unknown>[] = []
  const following = (async () => {
    for await (const chunk of stream.body!.pipeThrough(new TextDecoderStream()))
      if (chunk.includes('event: entries')) reads.push(control('/ns/one/simulator/status'))
  })()
  await control('/ns/one/simulator/advance', 'POST', { ms: 1 })
  expect((await control('/simulator/namespaces/one', 'DELETE')).status).toBe(204)
  await following
  await Promise.all(reads)
  expect(reads.length).toBeGreaterThan(0)
  expect(server.namespaces.list()).toEqual([])
})

it('creates none for a request that wants none, or for a part of a page', async () => {
  const headers = { 'simulator-namespace-create': 'no' }
  for (const path of ['/ns/one/simulator/status', '/ns/one/v3/certificates', '/ns/one/console/']) {
    const refused = await send(HOST + path, { headers })
    expect([refused.status, await refused.json()]).toEqual([
      404,
      { code: 'NAMESPACE_UNKNOWN', message: expect.stringContaining('POST /simulator/namespaces creates it') },
    ])
  }
  const page = await (await send(`${HOST}/console/`)).text()
  const [script] = /[\w-]+\.js/.exec(page)!
  expect(await (await send(`${HOST}/ns/one/console/${script}`)).text()).toBe(
    await (await send(`${HOST}/console/${script}`)).text(),
  )
  expect(server.namespaces.list()).toEqual([])
  expect((await send(`${HOST}/ns/one/console/`)).status).toBe(200)
  expect((await send(`${HOST}/ns/one/simulator/status`, { headers })).status).toBe(200)
  const listed = createNamespaceServer(simulator, { names: ['one'] })
  expect((await listed.fetch(new Request(`${HOST}/ns/two/console/${script}`))).status).toBe(404)
})

it('creates a namespace once for requests that come at the same time', async () => {
  const numbers = Array.from({ length: 5 }, newNumber)
  await Promise.all(numbers.map(number => order(clientOf.path('one'), number)))
  for (const number of numbers) expect((await query(clientOf.path('one'), number)).data.out_trade_no).toBe(number)
})

it('has all merchants, also those that were added later', async () => {
  const { merchant } = await simulator.addMerchant({ mchid: '1900000140' })
  const wxpay = new Wechatpay({ ...merchant, baseUrl: `${HOST}/ns/late`, fetch: send, retry: false })
  expect((await wxpay.v3.merchant.fund.balance._account_type_.get({ account_type: 'BASIC' })).status).toBe(200)
})

it('gives other numbers than another namespace, and the same for the same seed, name and clock', async () => {
  const options = { seed: 'namespaces', clock: () => Date.parse('2026-03-01T12:00:00+08:00') }
  const numbersIn = async (name: string) => {
    const seeded = await createSimulator(options)
    const { merchant, fetch, payments } = await seeded.fork(name)
    expect(merchant).toEqual(seeded.merchant)
    const wxpay = new Wechatpay({ ...merchant, fetch })
    for (const number of ['number-1', 'number-2'])
      await wxpay.v3.pay.transactions.native.post({
        mchid: merchant.mchid,
        appid: merchant.appid,
        out_trade_no: number,
        description: 'd',
        notify_url: 'https://merchant.example',
        amount: { total: 1 },
      })
    return payments().map(({ prepay_id }) => prepay_id)
  }
  const [one, again, two] = [await numbersIn('one'), await numbersIn('one'), await numbersIn('two')]
  expect(again).toEqual(one)
  expect(two).not.toEqual(one)
})

describe('the root', () => {
  const NAVIGATION = { accept: 'text/html,*/*', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }

  it.each([
    ['/', '/console/'],
    ['/ns/shop/', '/ns/shop/console/'],
    ['/ns/shop', '/ns/shop/console/'],
  ])('opens the console to a browser: %s', async (path, console) => {
    const response = await send(`${HOST}${path}`, { headers: NAVIGATION })
    expect(response.status).toBe(302)
    expect(response.headers.get('location')).toBe(console)
    expect(server.namespaces.list()).toEqual([])
  })

  it('is unknown to an SDK and to a script of a page, as at WeChat Pay', async () => {
    expect((await send(`${HOST}/`)).status).toBe(404)
    expect((await send(`${HOST}/`, { headers: { ...NAVIGATION, 'sec-fetch-mode': 'cors' } })).status).toBe(404)
    expect((await send(`${HOST}/`, { headers: { ...NAVIGATION, accept: 'application/json' } })).status).toBe(404)
  })
})
