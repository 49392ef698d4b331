import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { type DeliveryDependencies, sendEvent, sendQuestion } from '../../../src/gateway/delivery/send.ts'
import { createGuardedFetch } from '../../../src/server/guarded-fetch.ts'
import { eventually } from '../../eventually.ts'
import { freePort } from '../../free-port.ts'

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
const received: { headers: IncomingMessage['headers']; body: string }[] = []

/** The behaviours of a merchant's service, by path. */
const behaviours: Record<string, (outgoing: ServerResponse, incoming: IncomingMessage) => void> = {
  '/ok': outgoing => outgoing.end('thanks'),
  '/json': outgoing => outgoing.end('{"state":"NORMAL"}'),
  '/silent': () => {},
  '/reset': (_, incoming) => incoming.socket.resetAndDestroy(),
  '/cut': (outgoing, incoming) => {
    outgoing.writeHead(200, { 'Content-Length': 100 }).write('{"state":', () => incoming.socket.destroy())
  },
  '/halting': outgoing => outgoing.writeHead(200).write('{"state":'),
  '/redirect': outgoing => outgoing.writeHead(302, { Location: '/ok' }).end(),
  '/500': outgoing => outgoing.writeHead(500).end('stack trace'),
  '/410': outgoing => outgoing.writeHead(410).end(),
  '/429': outgoing => outgoing.writeHead(429, { 'Retry-After': '60' }).end(),
  '/endless': outgoing => {
    const more = () => {
      while (!outgoing.destroyed && outgoing.write('x'.repeat(4096)));
    }
    outgoing.writeHead(200).on('drain', more)
    more()
  },
}
const server = createServer(async (incoming, outgoing) => {
  received.push({ headers: incoming.headers, body: await text(incoming) })
  behaviours[incoming.url!]!(outgoing, incoming)
})
let base: string
beforeAll(async () => {
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

const messageTo = (path: string, host = base) => ({
  endpoint: { name: 'shop', url: `${host}${path}`, events: ['*'], secrets: [SECRET], allowPrivate: true },
  id: 'evt_1',
  body: '{"name":"张三"}',
  attempt: 1,
})

describe.each([
  ["Node's fetch", fetch],
  ['the guarded fetch', createGuardedFetch({ allowPrivate: true })],
])('over %s', (_, fetch) => {
  const dependencies = { fetch, now: Date.now }

  /** Sends with a time limit that is up when the beginning of the response has arrived. */
  async function sendUntilBegun<T>(send: (dependencies: DeliveryDependencies) => Promise<T>): Promise<T> {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    onTestFinished(() => void vi.useRealTimers())
    let hasBegun = false
    const beginning: typeof fetch = async (...given) => {
      const response = await fetch(...given)
      hasBegun = true
      return response
    }
    const sending = send({ ...dependencies, fetch: beginning, timeout: 1_000 })
    await eventually(() => expect(hasBegun).toBe(true))
    await vi.advanceTimersByTimeAsync(1_000)
    return sending
  }

  test('a message arrives whole, and the standardwebhooks library verifies it', async () => {
    expect(await sendEvent(messageTo('/ok'), dependencies)).toMatchObject({ ok: true, status: 200 })
    const { headers, body } = received.at(-1)!
    expect(new Webhook(SECRET).verify(body, headers as Record<string, string>)).toEqual({ name: '张三' })
    expect(headers['content-length']).toBe(String(Buffer.byteLength(body)))
  })

  test('a service that is down, or resets, is a network error', async () => {
    expect(await sendEvent(messageTo('/', `http://127.0.0.1:${await freePort()}`), dependencies)).toMatchObject({
      error: 'NETWORK_ERROR',
      detail: expect.stringContaining('ECONNREFUSED'),
    })
    expect(await sendEvent(messageTo('/reset'), dependencies)).toMatchObject({ ok: false, error: 'NETWORK_ERROR' })
  })

  test('a service that is silent is a timeout', async () => {
    expect(await sendEvent(messageTo('/silent'), { ...dependencies, timeout: 500 })).toMatchObject({
      ok: false,
      error: 'TIMEOUT',
    })
  })

  test('a redirect is not followed', async () => {
    const before = received.length
    expect(await sendEvent(messageTo('/redirect'), dependencies)).toMatchObject({
      ok: false,
      status: 302,
      error: 'REDIRECTED',
    })
    expect(received.length).toBe(before + 1)
  })

  test.each([
    ['/500', { status: 500, detail: expect.not.stringContaining('stack') }],
    ['/410', { status: 410 }],
    ['/429', { status: 429, retryAfter: 60_000 }],
  ])('an error status has failed: %s', async (path, expected) => {
    expect(await sendEvent(messageTo(path), dependencies)).toMatchObject({ ok: false, error: 'STATUS', ...expected })
  })

  test('a delivery is taken by its status, though the answer is endless, cut or never done', async () => {
    for (const path of ['/endless', '/cut'])
      expect(await sendEvent(messageTo(path), dependencies), path).toMatchObject({ ok: true, status: 200 })
    const halting = await sendUntilBegun(by => sendEvent(messageTo('/halting'), by))
    expect(halting).toMatchObject({ ok: true, status: 200 })
  })

  test('a question is answered by a whole answer alone', async () => {
    expect(await sendQuestion(messageTo('/json'), dependencies)).toMatchObject({ ok: true, data: { state: 'NORMAL' } })
    expect(await sendQuestion(messageTo('/endless'), dependencies)).toMatchObject({ ok: false, error: 'TOO_LARGE' })
    expect(await sendQuestion(messageTo('/cut'), dependencies)).toMatchObject({
      ok: false,
      status: 200,
      error: 'NETWORK_ERROR',
    })
    const halting = await sendUntilBegun(by => sendQuestion(messageTo('/halting'), by))
    expect(halting).toMatchObject({ ok: false, status: 200, error: 'TIMEOUT' })
  })
})
