import { createHash, createHmac } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { Wechatpay } from '../../../src/core/index.ts'
import type { Caller } from '../../../src/gateway/caller/caller.ts'
import { CALLER, createTestGateway, json, nativeOrder, payOrder, SECRET } from '../test-gateway.ts'

// A merchant's client that has a brand too: the gateway relays calls of the brand API, and receives the brand's notifications at the
// merchant's notify_url.

const CARDS = '/brand/card-member/cards?offset=0&limit=10'
const DELETED = 'BRAND_MEMBER_CARD.USER_CARD.DELETE'

describe('a call of the brand API', () => {
  test('is relayed with the keys of the brand, and its response verified', async () => {
    const { call, simulator } = await createTestGateway()
    const response = await call(CARDS)
    expect(response.status).toBe(200)
    expect(response.headers.get('wechatpay-edge-verified-by')).toBe(Object.keys(simulator.brand!.platformKeys)[0])
    expect(await response.json()).toHaveProperty('data.0.brand_id', '40001')
    expect(simulator.journal.at(-1)).toMatchObject({ api: 'brand', brandId: '40001', signature: 'valid' })
  })

  test('that changes something is in the audit trail', async () => {
    const { call, ledger } = await createTestGateway()
    const body = { notify_url: 'https://gateway.example.com/notify/1900000109' }
    const response = await call('/brand/marketing/product-coupon/notify-configs', json(body))
    expect(response.status).toBe(200)
    expect(await ledger.calls(CALLER.name, { limit: 1 })).toMatchObject([
      { method: 'POST', path: '/brand/marketing/product-coupon/notify-configs', status: 200 },
    ])
  })

  test('uploads a file while it arrives', async () => {
    const { call, simulator } = await createTestGateway()
    const form = new FormData()
    const png = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)
    const digest = createHash('sha256').update(png).digest('hex')
    form.append('meta', JSON.stringify({ filename: 'a.png', sha256: digest }))
    form.append('file', new File([png], 'a.png'))
    const response = await call('/brand/marketing/product-coupon/media/upload-image', { method: 'POST', body: form })
    expect([response.status, Object.keys(await response.json())]).toEqual([200, ['image_url']])
    expect(simulator.journal.at(-1)).toMatchObject({ signature: 'valid' })
  })

  test.each<[string, string[], number]>([
    ['APIv3 and APIv2 only', ['* /v3/**', '* /v2/**'], 403],
    ['its path', ['GET /brand/card-member/**'], 200],
    ['another method', ['POST /brand/card-member/**'], 403],
  ])('is admitted by the permissions of the caller: %s', async (_, allow, status) => {
    const caller: Caller = { ...CALLER, allow }
    const { call } = await createTestGateway({ callers: [caller], authenticate: async () => caller })
    expect((await call(CARDS)).status).toBe(status)
  })

  test('without the keys of a brand names the option, and sends nothing', async () => {
    const { call, simulator } = await createTestGateway({}, { brand: undefined as never })
    const response = await call(CARDS)
    expect(response.status).toBe(500)
    expect(await response.text()).toContain('brand')
    expect(simulator.journal).toEqual([])
  })
})

describe('a notification of the brand', () => {
  test('is recorded once and delivered as a webhook that names its API', async () => {
    const { simulator, notifyUrl, drain, shop, ledger } = await createTestGateway()
    const sent = await simulator.notify.send({ url: notifyUrl, api: 'brand', event: DELETED })
    expect(sent.state).toBe('delivered')
    expect(await simulator.notify.repeat(sent.id)).toMatchObject({ status: 204 })
    await drain()
    expect(shop.received).toHaveLength(1)
    const { headers, text, body } = shop.received[0]!
    expect(body).toMatchObject({ type: DELETED, data: { api: 'brand', id: sent.id, resource: { brand_id: '40001' } } })
    const signed = `${headers.get('webhook-id')}.${headers.get('webhook-timestamp')}.${text}`
    const key = Buffer.from(SECRET.replace('whsec_', ''), 'base64')
    const signature = createHmac('sha256', key).update(signed).digest('base64')
    expect(headers.get('webhook-signature')).toContain(`v1,${signature}`)
    expect(await ledger.events(simulator.merchant.mchid, { limit: 9 })).toHaveLength(1)
  })

  test.each(['tampered', 'stale', 'probe', 'unknown-serial', 'unsigned'] as const)(
    'that is %s is refused',
    async flaw => {
      const { simulator, notifyUrl, ledger } = await createTestGateway()
      const { attempts } = await simulator.notify.send({ url: notifyUrl, api: 'brand', event: DELETED, flaw })
      expect(attempts[0]!.status).toBe(401)
      expect(await ledger.events(simulator.merchant.mchid, { limit: 9 })).toEqual([])
    },
  )

  test('neither pays an order of the merchant nor ends its watch, whatever it says', async () => {
    const held = await createTestGateway()
    const { simulator, notifyUrl, call, ledger } = held
    const { mchid } = simulator.merchant
    const number = 'N20261121000001'
    expect((await call('/v3/pay/transactions/native', json(nativeOrder(held, number)))).status).toBe(200)
    const resource = {
      mchid,
      out_trade_no: number,
      transaction_id: '4200000001202611210000000001',
      trade_state: 'SUCCESS',
      amount: { total: 100 },
    }
    await simulator.notify.send({ url: notifyUrl, api: 'brand', event: 'TRANSACTION.SUCCESS', resource })
    const [event] = await ledger.events(mchid, { limit: 1 })
    expect(event).toMatchObject({ api: 'brand', subject: 'brand/transaction_id/4200000001202611210000000001' })
    // The sweep still asks for the order, and finds it unpaid.
    held.clock.now += 3_600_000
    await held.gateway.sweep()
    expect(simulator.journal.at(-1)).toMatchObject({ api: 'v3', method: 'GET', status: 200 })
    await simulator.pay({ out_trade_no: number })
    await simulator.settled()
    const events = await ledger.events(mchid, { limit: 9 })
    expect(events.map(({ api, event: name }) => `${api} ${name}`).sort()).toEqual([
      'brand brand/TRANSACTION.SUCCESS',
      'v3 TRANSACTION.SUCCESS',
    ])
  })

  test('that cannot be decrypted accuses the key of the brand, and not the APIv3 key', async () => {
    const right = await createTestGateway()
    const { merchant, fetch, brand } = right.simulator
    const { mchid } = merchant
    const otherKey = { ...brand!, apiKey: 'anotherkeyanotherkeyanotherkey01' }
    const wrong = await right.restart({
      merchants: { [mchid]: new Wechatpay({ ...merchant, fetch, brand: otherKey }) },
    })
    const send = () => wrong.simulator.notify.send({ url: wrong.notifyUrl, api: 'brand', event: DELETED, once: true })
    expect((await send()).attempts[0]!.status).toBe(400)
    expect(await wrong.ledger.faults(mchid)).toMatchObject([{ kind: 'brand_notifications', code: 'DECRYPTION_FAILED' }])
    // One of APIv3 that is decrypted says nothing of the brand's key; one of the brand does.
    await payOrder(wrong, 'T100001')
    expect(await wrong.ledger.faults(mchid)).toHaveLength(1)
    await right.restart({})
    expect((await send()).attempts[0]!.status).toBe(204)
    expect(await right.ledger.faults(mchid)).toEqual([])
  })
})
