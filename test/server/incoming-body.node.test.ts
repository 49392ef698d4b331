import { createHash } from 'node:crypto'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { beforeAll, describe, expect, it, onTestFinished, test } from 'vitest'
import { byteSourceOf, readBounded } from '../../src/core/base/read-bounded.ts'
import { Wechatpay } from '../../src/core/index.ts'
import { MAX_UPLOAD } from '../../src/gateway/relay/input.ts'
import { listenHttp } from '../../src/server/http.ts'
import { openGateway } from '../../src/server/index.ts'
import { createSimulator, type Simulator } from '../../src/simulator/index.ts'

const MAX = 1024 * 1024

async function listen(fetch: (request: Request) => Promise<Response>): Promise<number> {
  const server = await listenHttp({ fetch, hostname: '127.0.0.1', port: 0 })
  onTestFinished(server.close)
  return server.port
}

function deferred<T>() {
  let resolve!: (value: T) => void
  const promise = new Promise<T>(settle => {
    resolve = settle
  })
  return { promise, resolve }
}

/** Larger than what a connection delivers, or keeps waiting, at once. */
const LARGE = Buffer.alloc(600_000, 'wechatpay')

test.each([
  ['its bytes', async (request: Request) => readBounded(byteSourceOf(request), MAX)],
  ['its stream', async (request: Request) => new Uint8Array(await new Response(request.body).arrayBuffer())],
])('the body of a request can be read by %s, whole', async (_, read) => {
  const port = await listen(async request => new Response((await read(request)) as Uint8Array<ArrayBuffer>))
  const response = await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', body: LARGE })
  expect(Buffer.from(await response.arrayBuffer()).equals(LARGE)).toBe(true)
})

test('a request without a body has none, and a body is read once', async () => {
  const port = await listen(async request => {
    const source = byteSourceOf(request)
    if (!source) return Response.json(request.body)
    await readBounded(source, MAX)
    expect(() => request.body).toThrow(TypeError)
    return Response.json('read')
  })
  const url = `http://127.0.0.1:${port}/`
  expect(await (await fetch(url)).json()).toBeNull()
  expect(await (await fetch(url, { method: 'POST', body: '{}' })).json()).toBe('read')
})

test.each([
  ['its bytes', async (request: Request) => readBounded(byteSourceOf(request), MAX)],
  ['bytes of its stream', async (request: Request) => request.body!.getReader().read()],
])('a body counts as used as soon as %s are read, and not before', async (_, read) => {
  const port = await listen(async request => {
    const source = byteSourceOf(request)
    const before = [request.bodyUsed, source?.locked]
    await read(request)
    return Response.json([...before, request.bodyUsed])
  })
  const response = await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', body: LARGE })
  expect(await response.json()).toEqual([false, false, true])
})

/** Uses that a program may make with the body of a request. A name ends in `!` if it uses the body. */
const USES: Record<string, (request: Request) => unknown> = {
  touch: request => void request.body,
  clone: request => request.clone().arrayBuffer(),
  'text!': async request => Buffer.from(await request.text()),
  'bytes!': request => readBounded(byteSourceOf(request), MAX),
}

/** Returns all orders of the items. */
const ordersOf = (items: readonly string[]): string[][] =>
  items.length === 0
    ? [[]]
    : items.flatMap(first => ordersOf(items.filter(item => item !== first)).map(rest => [first, ...rest]))

async function outcomeOf(use: () => unknown, body: Buffer): Promise<string> {
  try {
    const bytes = await use()
    return bytes === undefined || Buffer.from(bytes as ArrayBuffer).equals(body) ? 'whole' : 'cut'
  } catch (error) {
    return error instanceof TypeError ? 'refused' : String(error)
  }
}

describe.each([3, 900_000])('of a body of %i bytes', length => {
  const body = Buffer.alloc(length, 'wechatpay')
  /** Sends the body, and returns the outcomes of the uses, in their order. */
  async function outcomesOf(uses: readonly ((request: Request) => unknown)[]): Promise<string[]> {
    const port = await listen(async request => {
      const outcomes: string[] = []
      for (const use of uses) outcomes.push(await outcomeOf(() => use(request), body))
      return Response.json(outcomes)
    })
    const response = await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', body })
    return response.json()
  }

  test.each(ordersOf(Object.keys(USES)))('%s, %s, %s, %s each see all of it, or are refused', async (...order) => {
    const used = order.findIndex(name => name.endsWith('!'))
    const outcomes = await outcomesOf(order.map(name => USES[name]!))
    // After its use there may be a stream, which is a used one, or none.
    for (const [at, name] of order.entries())
      if (name !== 'touch') expect([name, outcomes[at]]).toEqual([name, at <= used ? 'whole' : 'refused'])
  })

  test.each<[string, (request: Request) => unknown]>([
    ['arrayBuffer', request => request.arrayBuffer()],
    ['blob', async request => (await request.blob()).arrayBuffer()],
    ['bytes', request => request.bytes()],
    ['a copy', request => new Request(request).arrayBuffer()],
    ['its stream', request => new Response(request.body).arrayBuffer()],
  ])('%s sees all, after a look and a clone, and leaves nothing to others', async (_, use) => {
    const { touch, clone, 'bytes!': bytes } = USES
    expect(await outcomesOf([touch!, clone!, use, bytes!, clone!])).toEqual([
      'whole',
      'whole',
      'whole',
      'refused',
      'refused',
    ])
  })

  test('a clone and the request that are read at the same time each see all of it', async () => {
    const both = async (request: Request) => {
      const copy = request.clone()
      const read = await Promise.all([readBounded(byteSourceOf(request), MAX), copy.bytes()])
      return read.every(bytes => Buffer.from(bytes!).equals(body)) ? body : Buffer.from('cut')
    }
    expect(await outcomesOf([both])).toEqual(['whole'])
  })
})

test('JSON and a form are read after a look at the body, and other members do not touch it', async () => {
  const port = await listen(async request => {
    const { mode, body } = request
    const isForm = request.headers.get('content-type')?.startsWith('multipart/')
    const content = isForm ? [...(await request.formData())] : await request.json()
    return Response.json([mode, body !== null, content])
  })
  const url = `http://127.0.0.1:${port}/`
  const json = await fetch(url, { method: 'POST', body: '{"total":1}' })
  expect(await json.json()).toEqual(['cors', true, { total: 1 }])
  const form = new FormData()
  form.append('meta', '{}')
  expect(await (await fetch(url, { method: 'POST', body: form })).json()).toEqual(['cors', true, [['meta', '{}']]])
})

test('content of a GET is none, for the one who checks a request as for the one who sends it', async () => {
  const port = await listen(async request => {
    const seen = [await request.clone().text(), byteSourceOf(request), request.body]
    return Response.json(seen)
  })
  const socket = connect(port, '127.0.0.1')
  socket.write('GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}')
  expect(await text(socket)).toContain('["",null,null]')
})

test('a clone keeps no more than the longest body that a call may have', async () => {
  const outcome = deferred<unknown>()
  const port = await listen(async request => {
    outcome.resolve(
      await request
        .clone()
        .arrayBuffer()
        .then(
          () => 'read',
          error => error.problem?.code,
        ),
    )
    return new Response()
  })
  const request = await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', body: new Uint8Array(MAX_UPLOAD + 1) })
  await request.body?.cancel()
  expect(await outcome.promise).toBe('BODY_TOO_LARGE')
})

test('what follows the longest body is discarded, so that its client can send all of it', async () => {
  const sent = deferred<void>()
  const port = await listen(async request => {
    const error = await new Response(request.body).arrayBuffer().catch(cause => cause)
    await sent.promise
    return Response.json(error.problem?.code)
  })
  // More than the buffers of a connection hold.
  const content = Buffer.alloc(MAX_UPLOAD * 2)
  const socket = connect(port, '127.0.0.1')
  socket.write(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${content.length}\r\nConnection: close\r\n\r\n`)
  socket.write(content, () => sent.resolve())
  expect(await text(socket)).toContain('"BODY_TOO_LARGE"')
})

describe('an `authenticate` of a program', () => {
  const mchid = '1900000109'
  const caller = { name: 'shop', credential: { tokens: [] }, allow: ['* /**'] } as const
  const NATIVE = '/v3/pay/transactions/native'
  let simulator: Simulator
  /** The value that the last look returned. */
  let seen: unknown
  beforeAll(async () => {
    simulator = await createSimulator({ seed: 'authenticate', mchid })
  })
  async function call(look: (request: Request) => unknown, body: string | FormData, path = NATIVE): Promise<Response> {
    const { merchant, fetch: send } = simulator
    const gateway = await openGateway({
      merchants: { [mchid]: new Wechatpay({ ...merchant, fetch: send }) },
      callers: [caller],
      authenticate: async request => {
        seen = await look(request)
        return caller
      },
      data: ':memory:',
      log: { level: 'error', debug() {}, info() {}, warn() {}, error() {} },
    })
    onTestFinished(gateway.close)
    const port = await listen(gateway.fetch)
    const headers: Record<string, string> = { 'idempotency-key': crypto.randomUUID() }
    if (typeof body === 'string') headers['content-type'] = 'application/json'
    return fetch(`http://127.0.0.1:${port}${path}`, { method: 'POST', body, headers })
  }
  const orderOf = (description: string) => {
    const { appid } = simulator.merchant
    const out_trade_no = `T${Math.random().toString().slice(2)}`
    return JSON.stringify({
      appid,
      mchid,
      description,
      out_trade_no,
      notify_url: 'https://a.example/',
      amount: { total: 1 },
    })
  }

  it.each([
    ['reads the body of a clone', (request: Request) => request.clone().text()],
    ['reads the body of a clone if there is one', (request: Request) => request.body && request.clone().text()],
    ['clones the request without reading', (request: Request) => void request.clone()],
    ['reads a part of a clone', (request: Request) => request.clone().body!.getReader().read()],
  ])('that %s leaves the whole body to the call', async (_, look) => {
    const response = await call(look, orderOf('茶'))
    expect([response.status, await response.json()]).toEqual([200, { code_url: expect.stringContaining('weixin://') }])
    // WeChat Pay bounds the description, so that this is its own answer to a body that arrived in parts.
    const long = await call(look, orderOf('茶'.repeat(150_000)))
    expect([long.status, await long.text()]).toEqual([400, expect.stringContaining('PARAM_ERROR')])
  })

  /** An upload, which the gateway forwards while it arrives. */
  const UPLOAD = '/v3/merchant/media/upload'
  function picture(): FormData {
    const bytes = new Uint8Array(300_000)
    bytes.set([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
    const form = new FormData()
    const sha256 = createHash('sha256').update(bytes).digest('hex')
    form.append('meta', JSON.stringify({ filename: 'a.png', sha256 }))
    form.append('file', new Blob([bytes], { type: 'image/png' }), 'a.png')
    return form
  }

  it.each([1, 150_000])('that looks whether there is a body sees all of it in a clone (%i)', async times => {
    const order = orderOf('茶'.repeat(times))
    await call(request => request.body && request.clone().text(), order)
    expect(seen).toBe(order)
  })

  it('that reads a clone of an upload leaves all of it to the call', async () => {
    const response = await call(request => request.clone().text(), picture(), UPLOAD)
    expect([response.status, await response.json()]).toEqual([200, { media_id: expect.any(String) }])
  })

  it.each([
    ['a call', NATIVE],
    ['an upload', UPLOAD],
  ])('that reads the body of %s itself is told so at once', async (_, path) => {
    const response = await call(request => request.text(), path === UPLOAD ? picture() : orderOf('茶'), path)
    expect(response.status).toBe(500)
    expect(await response.json()).toMatchObject({
      code: 'OPTION_INVALID',
      detail: expect.stringMatching(/read before.*request\.clone\(\)/),
    })
  })
})

test('a body that is too long is refused before it has arrived, and the client reads why', async () => {
  const port = await listen(async request => {
    const bytes = await readBounded(byteSourceOf(request), 10)
    return new Response(bytes ? 'read' : 'refused', { status: bytes ? 200 : 413 })
  })
  const response = await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', body: LARGE })
  expect([response.status, await response.text()]).toEqual([413, 'refused'])
})

test.each([
  ['while it is read', false],
  ['before it is read', true],
])('a body whose client disconnects %s fails, and is not taken for a shorter one', async (_, isLate) => {
  const outcome = deferred<unknown>()
  const begun = deferred<void>()
  const gone = deferred<void>()
  const port = await listen(async request => {
    begun.resolve()
    if (isLate) await gone.promise
    outcome.resolve(await readBounded(byteSourceOf(request), MAX).catch(error => error))
    return new Response()
  })
  const socket = connect(port, '127.0.0.1')
  socket.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 20\r\n\r\n{"amount":1')
  await begun.promise
  socket.destroy()
  // Until the server has seen it.
  setTimeout(gone.resolve, 100)
  expect(await outcome.promise).toBeInstanceOf(Error)
})

test('a response of the gateway states its length, so that it is sent at once and not in chunks', async () => {
  const mchid = '1900000109'
  const gateway = await openGateway({
    merchants: { [mchid]: new Wechatpay({ mchid, apiv2Key: '0'.repeat(32) }) },
    callers: [],
    data: ':memory:',
  })
  onTestFinished(gateway.close)
  const port = await listen(gateway.fetch)
  for (const path of ['livez', 'absent', 'admin/events']) {
    const response = await fetch(`http://127.0.0.1:${port}/${path}`)
    const { length } = await response.bytes()
    expect(response.headers.get('content-length')).toBe(String(length))
    expect(response.headers.has('transfer-encoding')).toBe(false)
    expect(response.headers.get('wechatpay-edge-request-id')).toMatch(/^[\da-f-]{36}$/)
  }
})
