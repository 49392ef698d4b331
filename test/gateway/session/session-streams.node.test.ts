/** The event streams of consoles: they end with their session, and leave room for programs with the same token. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { hashOf } from '../../../src/gateway/caller/token.ts'
import { type OpenStream, readStream } from '../admin/read-stream.ts'
import { createTestGateway, type TestGateway } from '../test-gateway.ts'

const TOKEN = 'wxe_admin_0123456789abcdef0123456789abcdef'
const ORIGIN = 'https://gateway.example.com'

let gateway: TestGateway
const opened: OpenStream[] = []
beforeEach(async () => {
  gateway = await createTestGateway({
    eventStreams: { pollEvery: 5 },
    callers: [{ name: 'admin', credential: { tokens: [await hashOf(TOKEN)] }, allow: ['* /admin/**'] }],
    authenticate: undefined as never,
  })
})
afterEach(async () => {
  for (const stream of opened.splice(0)) await stream.close().catch(() => {})
  gateway.gateway.endStreams()
})

interface SignedIn {
  readonly cookie: string
  readonly csrf: string
}
async function signIn(): Promise<SignedIn> {
  const response = await gateway.call('/admin/session', {
    method: 'POST',
    headers: { origin: ORIGIN, 'content-type': 'application/json' },
    body: JSON.stringify({ token: TOKEN }),
  })
  return { cookie: response.headers.get('set-cookie')!.split(';')[0]!, csrf: (await response.json()).csrf }
}
const signOut = async ({ cookie, csrf }: SignedIn): Promise<void> => {
  const headers = { cookie, origin: ORIGIN, 'wechatpay-edge-csrf': csrf }
  expect((await gateway.call('/admin/session', { method: 'DELETE', headers })).status).toBe(204)
}
const ask = (headers: Record<string, string>, one = gateway) =>
  one.call(`/admin/merchants/${gateway.simulator.merchant.mchid}/events/stream`, {
    headers: { accept: 'text/event-stream', ...headers },
  })
async function open(headers: Record<string, string>): Promise<OpenStream> {
  const response = await ask(headers)
  expect(response.status).toBe(200)
  const stream = readStream(response)
  opened.push(stream)
  return stream
}
const bearer = { authorization: `Bearer ${TOKEN}` }

test('signing out ends the streams of the session at once, and no others', async () => {
  const [own, other] = [await signIn(), await signIn()]
  const streams = [await open({ cookie: own.cookie }), await open({ cookie: own.cookie })]
  const others = [await open({ cookie: other.cookie }), await open(bearer)]
  for (const stream of [...streams, ...others]) expect(await stream.next()).toMatchObject({ event: 'position' })
  await signOut(own)
  for (const stream of streams) expect(await stream.next()).toBeUndefined()
  let hasEnded = false
  for (const stream of others) void stream.next().then(() => (hasEnded = true))
  await new Promise(resolve => setTimeout(resolve, 30))
  expect(hasEnded).toBe(false)
})

test('a session that is ended while its stream is opened gets a stream that has ended', async () => {
  const own = await signIn()
  const { ledger } = gateway
  gateway = await gateway.restart({
    ledgerOf: () => ({
      ...ledger,
      eventsAfter: async (...args) => {
        await signOut(own)
        return ledger.eventsAfter(...args)
      },
    }),
  })
  expect(await (await ask({ cookie: own.cookie })).text()).toBe('')
})

test('a stream lasts no longer than its session', async () => {
  const own = await signIn()
  gateway.clock.now += 3_599_000
  const stream = await open({ cookie: own.cookie })
  expect(await stream.next()).toMatchObject({ event: 'position' })
  expect(await stream.next()).toBeUndefined()
})

test('tabs of a console take no stream of programs with the same token, nor of another session', async () => {
  const [own, other, third] = [await signIn(), await signIn(), await signIn()]
  for (let at = 0; at < 8; at++) await open({ cookie: own.cookie })
  const refused = await ask({ cookie: own.cookie })
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '5'])
  expect(await refused.json()).toMatchObject({ code: 'STREAMS_FULL', detail: expect.stringContaining('this session') })
  for (let at = 0; at < 8; at++) await open({ cookie: other.cookie })
  // All consoles together leave half to programs.
  expect((await ask({ cookie: third.cookie })).status).toBe(503)
  for (let at = 0; at < 8; at++) await open(bearer)
  expect((await ask(bearer)).status).toBe(503)
})
