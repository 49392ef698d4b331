import { createExecutionContext, listDurableObjectIds, waitOnExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { expect, test, vi } from 'vitest'
import { createSimulator } from '../../src/simulator/index.ts'
import worker from '../../worker/index.ts'
import { ADMIN, json, realEnvironment, TOKEN } from './real.ts'

// In workerd, on the real namespace: each name that reaches it is an object, which is kept and paid for.

const simulator = await createSimulator({ mchid: '1900000777' })
const { mchid } = simulator.merchant
const given = realEnvironment(simulator)
const [token, admin] = [TOKEN, ADMIN].map(shown => ({ Authorization: `Bearer ${shown}` }))

async function send(path: string, init?: RequestInit): Promise<[status: number, code: string | null]> {
  const context = createExecutionContext()
  const response = await worker.fetch(new Request(`https://gateway.example${path}`, init), given, context)
  await waitOnExecutionContext(context)
  return [response.status, response.headers.get('wechatpay-edge-error')]
}

const objects = async () => (await listDurableObjectIds(env.LEDGER)).map(String).sort()

// The calls that the simulator is reached by, with the client certificate.
const refund = (out_refund_no: string) => ({
  mch_id: mchid,
  out_trade_no: 'none',
  out_refund_no,
  total_fee: 1,
  refund_fee: 1,
})

test('a name that a request brings along makes no Durable Object', async () => {
  const log = vi.spyOn(console, 'log').mockImplementation(() => {})
  const place = (path: string, body: object, headers: object) =>
    send(path, json(body, headers as Record<string, string>))
  // Those that there have to be: the merchant's, the two callers', the gateway's own.
  expect(await place('/v2/secapi/pay/refund', refund('name-1'), token!)).toEqual([200, null])
  expect(await send('/admin/callers/admin/calls', { headers: admin! })).toEqual([200, null])
  expect(await send('/admin/calls', { headers: admin! })).toEqual([200, null])
  await worker.scheduled({}, given)
  const before = await objects()
  expect(before).toHaveLength(4)
  const answers = {
    callers: await send('/admin/callers/nobody/calls', { headers: admin! }),
    slash: await send('/admin/callers/shop%2Fother/calls', { headers: admin! }),
    events: await send('/admin/merchants/1900000778/events', { headers: admin! }),
    replay: await send('/admin/merchants/1900000778/dead/replay', { method: 'POST', headers: admin! }),
    gateway: await send('/admin/merchants/gateway/deliveries', { headers: admin! }),
    prototype: await send('/admin/merchants/__proto__/events', { headers: admin! }),
    notified: await send('/notify/1900000778', { method: 'POST', body: '{}' }),
    inherited: await send('/notify/constructor', { method: 'POST', body: '{}' }),
    header: await place('/v2/secapi/pay/refund', refund('name-2'), {
      ...token,
      'Wechatpay-Edge-Mchid': '1900000778',
    }),
    keyed: await place(
      '/checkout/native',
      { out_trade_no: 'name-3' },
      {
        ...token,
        'Wechatpay-Edge-Mchid': 'caller/x',
        'Idempotency-Key': 'caller/y',
      },
    ),
    health: await send('/healthz?merchant=1900000778'),
  }
  log.mockRestore()
  expect(await objects()).toEqual(before)
  expect(answers).toEqual({
    callers: [404, 'CALLER_UNKNOWN'],
    slash: [400, 'PATH_INVALID'],
    events: [404, 'MERCHANT_UNKNOWN'],
    replay: [404, 'MERCHANT_UNKNOWN'],
    gateway: [404, 'MERCHANT_UNKNOWN'],
    prototype: [404, 'MERCHANT_UNKNOWN'],
    notified: [404, 'MERCHANT_UNKNOWN'],
    inherited: [404, 'MERCHANT_UNKNOWN'],
    header: [404, 'MERCHANT_UNKNOWN'],
    keyed: [404, 'MERCHANT_UNKNOWN'],
    health: [200, null],
  })
})
