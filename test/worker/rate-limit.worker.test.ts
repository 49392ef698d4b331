import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { createSimulator, type Simulator } from '../../src/simulator/index.ts'
import type { Env } from '../../worker/bindings.ts'
import { networkOf } from '../../worker/rate-limit.ts'
import { realEnvironment, serve } from './real.ts'

// In workerd, by Cloudflare's rate limiting binding: three notifications of an address pass.

let simulator: Simulator
beforeAll(async () => {
  simulator = await createSimulator()
})

const limited = (): Env => realEnvironment(simulator, { NOTIFY_RATE_LIMIT: env.THREE_NOTIFICATIONS })

/** A notification without signature, whose body tells whether anybody has read it. */
function forge(address: string): { init: RequestInit; wasRead: () => boolean } {
  let pulled = false
  const body = new ReadableStream(
    {
      pull(controller) {
        pulled = true
        controller.enqueue(new TextEncoder().encode('<xml></xml>'))
        controller.close()
      },
    },
    { highWaterMark: 0 },
  )
  const init = { method: 'POST', headers: { 'cf-connecting-ip': address, 'content-type': 'text/xml' }, body }
  return { init, wasRead: () => pulled }
}
const PATH = () => `/notify/${simulator.merchant.mchid}`
/** One more than pass in two periods: the clock may begin another one meanwhile, and no second. */
const TOO_MANY = 7

/** Sends notifications, one after the other. */
async function notify(addresses: readonly string[], given = limited(), path = PATH()) {
  const sent: { status: number; wasRead: boolean; response: Response }[] = []
  for (const address of addresses) {
    const { init, wasRead } = forge(address)
    const response = await serve(path, given, init)
    sent.push({ status: response.status, wasRead: wasRead(), response })
  }
  return sent
}
const times = (address: string): string[] => Array.from({ length: TOO_MANY }, () => address)
const isRefused = ({ status }: { status: number }): boolean => status === 429

describe('notifications of one address', () => {
  it.each(['/%6eotify', '/notif%79', '//notify'])('do not get past the limit as %s', async start => {
    const sent = await notify(times('192.0.2.99'), limited(), PATH().replace('/notify', start))
    expect(new Set(sent.map(({ status, wasRead }) => `${status} ${wasRead}`))).toEqual(new Set(['400 false']))
  })

  it('are refused beyond the limit with their bodies unread, and those of others pass', async () => {
    const sent = await notify(times('192.0.2.1'), limited(), `${PATH()}/refunds`)
    expect(sent.slice(0, 3).some(isRefused)).toBe(false)
    const { response, wasRead } = sent.find(isRefused)!
    expect(await response.json()).toEqual({ code: 'FAIL', message: 'RATE_LIMITED' })
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(wasRead).toBe(false)
    expect((await notify(Array.from({ length: TOO_MANY }, (_, at) => `192.0.2.${10 + at}`))).some(isRefused)).toBe(
      false,
    )
  })

  it('of IPv6 are those of its network', async () => {
    const hosts = Array.from({ length: TOO_MANY }, (_, at) => `2001:db8:0:1:${at + 1}::${at + 1}`)
    expect((await notify(hosts)).some(isRefused)).toBe(true)
    const networks = Array.from({ length: TOO_MANY }, (_, at) => `2001:db8:0:${at + 2}::1`)
    expect((await notify(networks)).some(isRefused)).toBe(false)
  })

  it('count no calls of callers, whose limit is their own', async () => {
    expect(
      (await notify(times('192.0.2.3'), limited(), '/v3/pay/transactions/native')).map(({ status }) => status),
    ).toEqual(Array.from({ length: TOO_MANY }, () => 401))
  })

  it('pass where there is no limiter, and where it fails: none is lost by it', async () => {
    const broken = { limit: () => Promise.reject(new Error('internal error')) }
    for (const NOTIFY_RATE_LIMIT of [undefined, broken])
      expect(
        (await notify(times('192.0.2.4'), realEnvironment(simulator, { NOTIFY_RATE_LIMIT }))).some(isRefused),
      ).toBe(false)
  })
})

describe('the network of an address', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['2001:0DB8::1', '2001:db8:0:0'],
    ['::1', '0:0:0:0'],
    ['2001:db8::2:3:4:5:6', '2001:db8:0:2'],
  ])('%s is %s', (address, network) => {
    expect(networkOf(address)).toBe(network)
  })
})
