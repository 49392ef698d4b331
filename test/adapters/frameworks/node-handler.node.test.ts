import { once } from 'node:events'
import { createServer, request } from 'node:http'
import { connect as connectHttp2, createServer as createHttp2Server } from 'node:http2'
import { type AddressInfo, connect } from 'node:net'
import { text } from 'node:stream/consumers'
import express from 'express'
import { beforeEach, expect, it, onTestFinished, vi } from 'vitest'
import { type FetchHandler, nodeHandler, toRequest } from '../../../src/adapters/frameworks/index.ts'
import { receiveNotification } from '../../../src/core/index.ts'
import { createNotificationHandler } from '../../../src/flows/notification/index.ts'
import { createShop, listen } from './shop.ts'

const shop = await createShop()
beforeEach(() => {
  shop.errors.length = 0
  shop.paid.length = 0
})

/** Sends bytes as they are, and gives what comes back until the server ends the connection. */
async function sendRaw(origin: string, bytes: string): Promise<string> {
  const socket = connect(Number(new URL(origin).port), '127.0.0.1')
  socket.end(bytes)
  return text(socket)
}

/** A handler that tells the URL and the headers that reach it. */
const echo: FetchHandler = ({ method, url, headers }) =>
  Response.json({ method, url, headers: Object.fromEntries(headers) })

it('a path under a router is the whole path, so that a client can be chosen by it', async () => {
  const router = express.Router().post('/:mchid', nodeHandler(echo))
  const origin = await listen(express().use('/notify', router))
  const response = await fetch(`${origin}/notify/1900000109?a=1`, { method: 'POST', body: 'x' })
  expect(await response.json()).toMatchObject({ method: 'POST', url: `${origin}/notify/1900000109?a=1` })
})

it.each([
  ['a path in Host', 'POST /notify HTTP/1.1\r\nHost: evil/other?x=', '/notify'],
  ['a user in Host', 'POST /notify HTTP/1.1\r\nHost: a@evil', '/notify'],
  ['a port that is none', 'POST /notify HTTP/1.1\r\nHost: evil:99999', '/notify'],
  ['two slashes', 'POST //evil/notify HTTP/1.1\r\nHost: shop', '//evil/notify'],
  ['a whole URL as path', 'POST http://evil/notify?a=1 HTTP/1.1\r\nHost: shop', '/notify?a=1'],
  ['an asterisk', 'OPTIONS * HTTP/1.1\r\nHost: shop', '/'],
])('%s does not change the path that the handler sees', async (_, head, path) => {
  const answer = await sendRaw(await listen(nodeHandler(echo)), `${head}\r\nConnection: close\r\n\r\n`)
  const { pathname, search } = new URL(JSON.parse(/\{.*\}/.exec(answer)![0]).url)
  expect(pathname + search).toBe(path)
})

it('a header that no Request may have does not keep a notification out', async () => {
  const origin = await listen(createServer({ insecureHTTPParser: true }, nodeHandler(echo)))
  const answer = await sendRaw(
    origin,
    'POST / HTTP/1.1\r\nHost: shop\r\nX-Bad: a\x01\x00b\r\nX-Good: 1\r\nConnection: close\r\n\r\n',
  )
  expect(answer).toContain('"x-good":"1"')
  expect(answer).not.toContain('x-bad')
})

it.each(['GET', 'HEAD', 'PUT', 'OPTIONS', 'TRACE'])('%s is answered 405, without a body', async method => {
  const origin = await listen(nodeHandler(shop.handler))
  const sent = request(`${origin}/notify`, { method }).end()
  const [response] = await once(sent, 'response')
  expect([response.statusCode, response.headers.allow, await text(response)]).toEqual([405, 'POST', ''])
})

it('a body is not sent in response to HEAD', async () => {
  const origin = await listen(nodeHandler(() => new Response('body', { headers: { 'content-length': '4' } })))
  expect(await sendRaw(origin, 'HEAD / HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n\r\n')).toMatch(
    /^HTTP\/1.1 200 [\s\S]*\r\n\r\n$/,
  )
})

it.each([
  ['announced', { 'content-length': String(2 ** 20) }],
  ['not announced', { 'transfer-encoding': 'chunked' }],
])('a body that is too long, %s, is answered 413 and kept in memory by no more than the bound', async (_, headers) => {
  const origin = await listen(nodeHandler(shop.handler))
  const sent = request(`${origin}/notify`, { method: 'POST', headers })
  sent.end(Buffer.alloc(2 ** 20, 32))
  const [response] = await once(sent, 'response')
  expect([response.statusCode, shop.errors.map(error => error.code)]).toEqual([413, ['BODY_TOO_LARGE']])
  response.resume()
})

it('an endless body is cut off', async () => {
  const origin = await listen(nodeHandler(shop.handler))
  const sent = request(`${origin}/notify`, { method: 'POST' })
  let isOver = false
  sent.on('error', () => {})
  sent.on('close', () => {
    isOver = true
  })
  const chunk = Buffer.alloc(2 ** 16, 32)
  while (!isOver) {
    sent.write(chunk)
    await new Promise(resolve => setImmediate(resolve))
  }
  expect(shop.errors.map(error => error.code)).toEqual(['BODY_TOO_LARGE'])
})

it('a client that leaves in the middle of the body is an error of the connection, and nothing is handled', async () => {
  const server = createServer(nodeHandler(shop.handler))
  const origin = await listen(server)
  const socket = connect(Number(new URL(origin).port), '127.0.0.1')
  socket.write('POST /notify HTTP/1.1\r\nHost: shop\r\nContent-Length: 100\r\n\r\n<xml>')
  await once(server, 'request')
  socket.destroy()
  await expect.poll(() => shop.errors.map(error => error.code), { timeout: 30_000 }).toEqual(['ABORTED'])
})

it('a response is sent at the pace of its reader, and cancelled when the reader leaves', async () => {
  let made = 0
  let isCancelled = false
  const body = () =>
    new ReadableStream<Uint8Array>({
      pull(controller) {
        made += 1
        controller.enqueue(new Uint8Array(2 ** 16))
      },
      cancel() {
        isCancelled = true
      },
    })
  const origin = await listen(nodeHandler(() => new Response(body())))
  const [response] = await once(request(origin).end(), 'response')
  await once(response, 'readable')
  // The socket and the streams hold a bounded part of the bytes that the sender would make.
  let before = -1
  await vi.waitFor(
    () => {
      const grown = made !== before
      before = made
      expect(grown).toBe(false)
    },
    { interval: 200, timeout: 20_000 },
  )
  expect(made * 2 ** 16).toBeLessThan(64 * 2 ** 20)
  response.destroy()
  await expect.poll(() => isCancelled).toBe(true)
})

it('a response that fails in the middle ends the connection, so that half of it is not taken for the whole', async () => {
  const failing = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(new TextEncoder().encode('half'))
    },
    pull(controller) {
      controller.error(new Error('storage failed'))
    },
  })
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
  onTestFinished(() => warn.mockRestore())
  const origin = await listen(nodeHandler(() => new Response(failing)))
  await expect(fetch(origin).then(response => response.text())).rejects.toThrow()
  await expect.poll(() => warn.mock.calls.length).toBe(1)
})

it('over HTTP/2 a notification is received, and headers of the connection are left out of the response', async () => {
  const recorded: Request[] = []
  await shop.simulator.notify.send({
    event: 'TRANSACTION.SUCCESS',
    url: `${await listen(
      nodeHandler(async message => {
        recorded.push(message.clone())
        return new Response(null, { status: 204 })
      }),
    )}/notify`,
  })
  const handler: FetchHandler = async message => {
    const response = await shop.handler(message)
    response.headers.set('connection', 'keep-alive')
    return response
  }
  const server = createHttp2Server(nodeHandler(handler))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const client = connectHttp2(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  onTestFinished(async () => {
    client.destroy()
    await new Promise(done => server.close(done))
  })
  const headers = [...recorded[0]!.headers].filter(
    ([name]) => !/^(?:host|connection|accept-encoding|keep-alive)$/.test(name),
  )
  const stream = client.request({ ...Object.fromEntries(headers), ':method': 'POST', ':path': '/notify' })
  stream.end(Buffer.from(await recorded[0]!.arrayBuffer()))
  const [answer] = await once(stream, 'response')
  expect([answer[':status'], shop.errors, shop.paid.length]).toEqual([204, [], 1])
})

it('an error of the handler itself goes to "next"; without it the response is 500, and the first is logged', async () => {
  const failing = nodeHandler(() => Promise.reject(new Error('database down')))
  const seen: unknown[] = []
  const app = express().post('/notify', failing)
  app.use(((error, _req, res, _next) => {
    seen.push(error.message)
    res.status(503).end()
  }) as express.ErrorRequestHandler)
  expect((await fetch(`${await listen(app)}/notify`, { method: 'POST' })).status).toBe(503)
  expect(seen).toEqual(['database down'])

  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
  onTestFinished(() => warn.mockRestore())
  const origin = await listen(failing)
  for (let at = 0; at < 3; at++) {
    const response = await fetch(origin, { method: 'POST' })
    expect([response.status, await response.text()]).toEqual([500, '{"code":"FAIL","message":"not accepted"}'])
  }
  expect(warn).toHaveBeenCalledTimes(1)
})

it('what is no request of a framework is an error of the configuration', async () => {
  for (const wrong of [undefined, {}, new Request('http://localhost/'), { body: {} }])
    expect(() => toRequest(wrong as never)).toThrow(expect.objectContaining({ code: 'OPTION_INVALID', option: 'req' }))
})

it('receiveNotification takes what toRequest makes of a request', async () => {
  const events: string[] = []
  const origin = await listen(async (req, res) => {
    events.push((await receiveNotification(shop.wechatpay, toRequest(req))).event)
    res.writeHead(204).end()
  })
  expect((await shop.send(`${origin}/notify`)).state).toBe('delivered')
  expect(events).toEqual(['TRANSACTION.SUCCESS'])
})

it('a request that two handlers read is refused by the second', async () => {
  const origin = await listen(
    express().post('/notify', async (req, res) => {
      await receiveNotification(shop.wechatpay, toRequest(req))
      await nodeHandler(shop.handler)(req, res)
    }),
  )
  expect((await shop.send(`${origin}/notify`)).state).toBe('pending')
  expect(shop.errors.map(error => error.code)).toEqual(['RAW_BODY_MISSING'])
})

it('without onError a parsed body is logged once, without anything of the notification', async () => {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
  onTestFinished(() => warn.mockRestore())
  const handler = createNotificationHandler(shop.wechatpay, { 'TRANSACTION.SUCCESS': () => {} })
  const origin = await listen(express().use(express.json()).post('/notify', nodeHandler(handler)))
  for (let at = 0; at < 3; at++) await shop.send(`${origin}/notify`)
  expect(warn).toHaveBeenCalledTimes(1)
  const printed = warn.mock.calls[0]!.map(String).join(' ')
  expect(printed).toContain('RAW_BODY_MISSING')
  expect(printed).not.toMatch(/ciphertext|apiv3|openid/i)
})
