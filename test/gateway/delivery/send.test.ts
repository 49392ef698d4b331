import { Webhook } from 'standardwebhooks'
import { describe, expect, test, vi } from 'vitest'
import { VERSION } from '../../../src/core/base/version.ts'
import type { Endpoint } from '../../../src/gateway/delivery/endpoint.ts'
import { type Message, sendEvent, sendQuestion } from '../../../src/gateway/delivery/send.ts'

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
const endpoint: Endpoint = { name: 'shop', url: 'https://shop.example.com/hook?k=1', events: ['*'], secrets: [SECRET] }
const messageTo = (changes: Partial<Endpoint> = {}): Message => ({
  endpoint: { ...endpoint, ...changes },
  id: 'evt_1',
  body: '{"type":"TRANSACTION.SUCCESS","data":"张三"}',
  attempt: 3,
})
/** A clock that goes on by 7 ms each time it is read. */
const clock = () => {
  let time = Date.now()
  return () => (time += 7)
}
const sendTo = (fetch: typeof globalThis.fetch, changes?: Partial<Endpoint>, timeout?: number) =>
  sendEvent(messageTo(changes), { fetch, now: clock(), ...(timeout && { timeout }) })
const answering =
  (body: BodyInit | null, init?: ResponseInit): typeof fetch =>
  async () =>
    new Response(body, init)

describe('a delivery', () => {
  test('is a POST of the body as it is, signed, that follows no redirect', async () => {
    const sent: Request[] = []
    const outcome = await sendTo(async (input, init) => {
      sent.push(new Request(input, init))
      return new Response(null, { status: 204 })
    })
    expect(outcome).toEqual({ ok: true, status: 204, ms: expect.any(Number) })
    const [request] = sent
    const { method, url, redirect, headers } = request!
    expect({ method, url, redirect }).toEqual({ method: 'POST', url: endpoint.url, redirect: 'manual' })
    expect(Object.fromEntries(headers)).toMatchObject({
      'content-type': 'application/json',
      'user-agent': `wechatpay-edge/${VERSION}`,
      'wechatpay-edge-attempt': '3',
      'webhook-id': 'evt_1',
    })
    const body = await request!.text()
    expect(body).toBe(messageTo().body)
    expect(new Webhook(SECRET).verify(body, Object.fromEntries(headers))).toEqual(JSON.parse(body))
  })

  test.each([200, 201, 202, 204, 299])('is taken by %i', async status => {
    const outcome = await sendTo(answering(status === 204 ? null : 'thanks', { status }))
    expect(outcome).toEqual({ ok: true, status, ms: 14 })
  })

  test.each([301, 302, 303, 307, 308])('that is redirected by %i has failed', async status => {
    const outcome = await sendTo(
      answering(null, { status, headers: { Location: 'https://other.example.com/?token=x' } }),
    )
    expect(outcome).toMatchObject({ ok: false, status, error: 'REDIRECTED' })
    expect(JSON.stringify(outcome)).not.toContain('token')
  })

  test("that is redirected has failed where a browser hides the redirect's status", async () => {
    const hidden = Object.defineProperties(new Response(null), {
      type: { value: 'opaqueredirect' },
      status: { value: 0 },
    })
    const outcome = await sendTo(async () => hidden)
    expect(outcome).toMatchObject({ ok: false, error: 'REDIRECTED' })
    expect(outcome).not.toHaveProperty('status')
  })

  test.each([
    [410, {}, undefined],
    [500, {}, undefined],
    [429, { 'Retry-After': '120' }, 120_000],
    [503, { 'Retry-After': '999999' }, 86_400_000],
  ])('that is answered %i has failed, and says when to come back', async (status, headers, retryAfter) => {
    const outcome = await sendTo(answering('secret words', { status, headers: headers as HeadersInit }))
    const detail = `shop.example.com responded with status ${status}.`
    expect(outcome).toEqual({ ok: false, status, error: 'STATUS', detail, ms: 14, ...(retryAfter && { retryAfter }) })
  })

  test('stops reading an answer beyond 64 KB, and is taken all the same', async () => {
    let pulled = 0
    const cancel = vi.fn()
    const endless = new ReadableStream<Uint8Array>({
      pull: controller => {
        pulled += 10_000
        controller.enqueue(new Uint8Array(10_000))
      },
      cancel,
    })
    expect(await sendTo(answering(endless))).toMatchObject({ ok: true, status: 200 })
    expect(cancel).toHaveBeenCalledOnce()
    expect(pulled).toBeLessThan(100_000)
  })

  test('is taken when the answer breaks off behind its status', async () => {
    const broken = new ReadableStream({ start: controller => controller.error(new TypeError('terminated')) })
    expect(await sendTo(answering(broken))).toMatchObject({ ok: true, status: 200 })
  })

  test('ends with its time, whatever still waits', async () => {
    let signal: AbortSignal | null | undefined
    const deaf: typeof fetch = (_, init) => {
      signal = init?.signal
      return new Promise(() => {})
    }
    const outcome = await sendTo(deaf, {}, 5)
    expect(outcome).toMatchObject({ ok: false, error: 'TIMEOUT', detail: expect.stringContaining('5 ms') })
    expect(signal?.aborted).toBe(true)
  })
})

describe('nothing is sent', () => {
  const fetch = vi.fn<typeof globalThis.fetch>()
  test.each<[string, Partial<Endpoint>, string]>([
    ['to a private address', { url: 'https://192.168.0.1/' }, 'PRIVATE_ADDRESS'],
    ['to a private address in disguise', { url: 'https://0xa9fea9fe/latest/meta-data' }, 'PRIVATE_ADDRESS'],
    ['to a name of the network', { url: 'https://metadata.google.internal/' }, 'PRIVATE_ADDRESS'],
    ['in plain HTTP', { url: 'http://shop.example.com/' }, 'CONFIGURATION'],
    ['by another protocol', { url: 'ftp://shop.example.com/', allowPrivate: true }, 'CONFIGURATION'],
    ['to a URL that is none', { url: 'shop' }, 'CONFIGURATION'],
    ['to a URL with a password', { url: 'https://user:pa55word@shop.example.com/' }, 'CONFIGURATION'],
    ['without a secret', { secrets: [] }, 'CONFIGURATION'],
    ['with a secret that is none', { secrets: ['whsec_pa55word'] }, 'CONFIGURATION'],
  ])('%s, and no secret is told', async (_, changes, error) => {
    const outcome = await sendTo(fetch, changes)
    expect(outcome).toMatchObject({ ok: false, error })
    expect(outcome).not.toHaveProperty('status')
    expect(JSON.stringify(outcome)).not.toContain('pa55word')
    expect(fetch).not.toHaveBeenCalled()
  })

  test('but to a private address that is allowed, over plain HTTP too', async () => {
    const changes = { url: 'http://127.0.0.1:8080/', allowPrivate: true }
    expect(await sendTo(answering(null, { status: 200 }), changes)).toMatchObject({ ok: true })
  })
})

test('a fetch that fails is told by its code alone: its message may hold the URL', async () => {
  const cause = Object.assign(new Error(`connect ${endpoint.url}`), { code: 'ECONNREFUSED' })
  const outcome = await sendTo(() => Promise.reject(new TypeError(`fetch failed: ${endpoint.url}`, { cause })))
  expect(outcome).toMatchObject({ ok: false, error: 'NETWORK_ERROR', detail: 'No complete response: ECONNREFUSED.' })
  for (const thrown of [new TypeError(endpoint.url), endpoint.url, undefined, null, 1])
    expect(JSON.stringify(await sendTo(() => Promise.reject(thrown)))).not.toContain('k=1')
  const thrower: typeof fetch = () => {
    throw new RangeError('at once')
  }
  expect(await sendTo(thrower)).toMatchObject({
    ok: false,
    error: 'NETWORK_ERROR',
    detail: 'No complete response: RangeError.',
  })
})

test('a name that a guarded fetch found to be private is told apart', async () => {
  const cause = Object.assign(new Error('10.0.0.1'), { code: 'PRIVATE_ADDRESS' })
  const outcome = await sendTo(() => Promise.reject(new TypeError('fetch failed', { cause })))
  expect(outcome).toMatchObject({ ok: false, error: 'PRIVATE_ADDRESS' })
})

describe('a question', () => {
  const answerTo = (fetch: typeof globalThis.fetch, timeout?: number) =>
    sendQuestion(messageTo(), { fetch, now: clock(), ...(timeout && { timeout }) })

  test('gets the JSON object that is answered, integers unrounded', async () => {
    const answer = await answerTo(answering('{"id":9007199254740993,"name":"张三"}'))
    expect(answer).toEqual({ ok: true, status: 200, ms: 14, data: { id: 9007199254740993n, name: '张三' } })
  })

  test.each<[string, BodyInit | null]>([
    ['nothing', null],
    ['HTML', '<html>'],
    ['half an object', '{"a":'],
    ['a list', '[]'],
    ['a text', '"a"'],
    ['null', 'null'],
    ['what is not UTF-8', Uint8Array.of(0x22, 0xff, 0x22)],
  ])('is not answered by %s', async (_, body) => {
    expect(await answerTo(answering(body))).toMatchObject({ ok: false, status: 200, error: 'NOT_JSON' })
  })

  test('is not answered by more than 64 KB, nor by an answer that breaks off', async () => {
    const long = JSON.stringify({ a: 'x'.repeat(65_536) })
    expect(await answerTo(answering(long))).toMatchObject({ ok: false, status: 200, error: 'TOO_LARGE' })
    expect(await answerTo(answering(JSON.stringify({ a: 'x'.repeat(65_528) })))).toMatchObject({ ok: true })
    const broken = new ReadableStream({ start: controller => controller.error(new TypeError('terminated')) })
    expect(await answerTo(answering(broken))).toMatchObject({ ok: false, status: 200, error: 'NETWORK_ERROR' })
  })

  test('is not answered by an error, however much JSON is in it', async () => {
    expect(await answerTo(answering('{}', { status: 500 }))).toMatchObject({ ok: false, status: 500, error: 'STATUS' })
  })

  test('ends with its time while the answer still comes', async () => {
    const halting = new ReadableStream<Uint8Array>({ start: controller => controller.enqueue(Uint8Array.of(0x7b)) })
    expect(await answerTo(answering(halting), 5)).toMatchObject({ ok: false, status: 200, error: 'TIMEOUT' })
  })
})
