import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { createSimulator, type Simulator } from '../../src/simulator/index.ts'
import type { Env } from '../../worker/bindings.ts'
import { networkOf } from '../../worker/rate-limit.ts'
import { realEnvironment, serve, TOKEN } from './real.ts'

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
const notify = async (address: string, given = limited(), path = `/notify/${simulator.merchant.mchid}`) =>
  (await serve(path, given, forge(address).init)).status

describe('notifications of one address', () => {
  it('are refused beyond the limit with their bodies unread, and those of others pass', async () => {
    for (let time = 0; time < 3; time++) expect(await notify('192.0.2.1')).not.toBe(429)
    const { init, wasRead } = forge('192.0.2.1')
    const refused = await serve(`/notify/${simulator.merchant.mchid}/refunds`, limited(), init)
    expect([refused.status, await refused.json()]).toEqual([429, { code: 'FAIL', message: 'RATE_LIMITED' }])
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(wasRead()).toBe(false)
    expect(await notify('192.0.2.2')).not.toBe(429)
  })

  it('of IPv6 are those of its network', async () => {
    const addresses = ['2001:db8:0:1::1', '2001:0db8:0000:0001::2', '2001:db8:0:1:ffff:ffff:ffff:ffff']
    for (const address of addresses) expect(await notify(address)).not.toBe(429)
    expect(await notify('2001:db8:0:1:8000::')).toBe(429)
    expect(await notify('2001:db8:0:2::1')).not.toBe(429)
  })

  it('count no calls of callers, whose limit is their own', async () => {
    for (let time = 0; time < 3; time++) await notify('192.0.2.3')
    const headers = { authorization: `Bearer ${TOKEN}`, 'cf-connecting-ip': '192.0.2.3' }
    const response = await serve('/v3/certificates', limited(), { headers })
    expect(response.status).not.toBe(429)
  })

  it('pass where there is no limiter, and where it fails: none is lost by it', async () => {
    const broken = { limit: () => Promise.reject(new Error('internal error')) }
    for (const NOTIFY_RATE_LIMIT of [undefined, broken])
      for (let time = 0; time < 5; time++)
        expect(await notify('192.0.2.4', realEnvironment(simulator, { NOTIFY_RATE_LIMIT }))).not.toBe(429)
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
