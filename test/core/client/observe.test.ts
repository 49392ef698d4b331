import { describe, expect, test } from 'vitest'
import {
  type Observers,
  observe,
  receiveNotification,
  Wechatpay,
  type WechatpayOptions,
} from '../../../src/core/index.ts'
import { createSimulator, type Simulator } from '../../../src/simulator/index.ts'
import * as keys from '../../fixtures/keys.ts'
import { crypto } from '../../webcrypto.ts'
import { createTestClient, signedV2Response, signedV3Response } from '../test-client.ts'

type Seen = [type: string, event: Readonly<Record<string, unknown>>]

/** Observes a client, and collects the events in their order. */
function collect(wxpay: Wechatpay): { seen: Seen[]; types: () => string[]; stop: () => void } {
  const seen: Seen[] = []
  const add =
    (type: string) =>
    (event: object): void =>
      void seen.push([type, event as Seen[1]])
  const types: (keyof Observers)[] = ['request', 'response', 'retry', 'error', 'notification']
  const stop = observe(wxpay, Object.fromEntries(types.map(type => [type, add(type)])))
  return { seen, types: () => seen.map(([type]) => type), stop }
}

async function merchantOf(
  options: Partial<WechatpayOptions> = {},
  platform: 'public-key' | 'certificate' = 'public-key',
) {
  const simulator = await createSimulator({ crypto, platform })
  const wxpay = new Wechatpay({ ...simulator.merchant, crypto, fetch: simulator.fetch, ...options })
  return { simulator, wxpay }
}
const order = ({ merchant: { appid, mchid } }: Simulator) => ({
  appid,
  mchid,
  description: '一杯茶',
  out_trade_no: 'SECRET-ORDER-1',
  notify_url: 'https://example.com/notify',
  amount: { total: 1 },
})
const down = () => Promise.reject(new TypeError('down'))

describe('a call', () => {
  test('is a request and a response, with what identifies and proves them', async () => {
    const { simulator, wxpay } = await merchantOf()
    const { seen } = collect(wxpay)
    const { requestId, verifiedBy } = await wxpay.v3.pay.transactions.native.post(order(simulator))
    const call = {
      callId: expect.stringMatching(/^[\da-f-]{36}$/),
      mchid: simulator.merchant.mchid,
      api: 'v3',
      method: 'POST',
      template: '/v3/pay/transactions/native',
      attempt: 1,
      host: 'api.mch.weixin.qq.com',
    }
    expect(seen).toEqual([
      ['request', call],
      ['response', { ...call, status: 200, requestId, verifiedBy, duration: expect.any(Number) }],
    ])
    expect(seen[0]![1].callId).toBe(seen[1]![1].callId)
  })

  test('of APIv2 has the sign type as its proof, and a refusal its code', async () => {
    const { wxpay } = createTestClient([signedV2Response({ result_code: 'FAIL', err_code: 'ORDERNOTEXIST' })])
    const { seen } = collect(wxpay)
    const query = wxpay.v2.pay.orderquery.post({
      appid: 'wx8888888888888888',
      mch_id: '1900000109',
      out_trade_no: 'X1',
    })
    await expect(query).rejects.toThrow()
    const failure = { code: 'SERVICE_ERROR', serviceCode: 'ORDERNOTEXIST', status: 200, verifiedBy: 'MD5' }
    expect(seen).toMatchObject([
      ['request', { api: 'v2', template: '/pay/orderquery' }],
      ['response', failure],
      ['error', { ...failure, attempt: 1, mayHaveTakenEffect: false }],
    ])
  })

  test('shows neither the values of its path, its query nor its body', async () => {
    const { simulator, wxpay } = await merchantOf()
    await wxpay.v3.pay.transactions.native.post(order(simulator))
    const { seen } = collect(wxpay)
    const params = { mchid: simulator.merchant.mchid }
    await wxpay.v3.pay.transactions.outTradeNo._out_trade_no_.get({ out_trade_no: 'SECRET-ORDER-1', params })
    await wxpay.request('GET', 'v3/pay/transactions/out-trade-no/SECRET-ORDER-1', { params })
    await wxpay.fetch(
      `https://api.mch.weixin.qq.com/v3/pay/transactions/out-trade-no/SECRET-ORDER-1?mchid=${params.mchid}`,
    )
    await wxpay.request('GET', 'v3/pay/transactions/out-trade-no/SECRET-ORDER-2', { params }).catch(() => {})
    await wxpay.v3.pay.transactions.native.post({ ...order(simulator), amount: { total: Number.NaN } }).catch(() => {})
    expect(JSON.stringify(seen)).not.toMatch(/SECRET|茶|example\.com|NaN/)
    expect(seen.map(([type, { template }]) => [type, template])).toEqual([
      ['request', '/v3/pay/transactions/out-trade-no/{out_trade_no}'],
      ['response', '/v3/pay/transactions/out-trade-no/{out_trade_no}'],
      ...Array(3)
        .fill([
          ['request', undefined],
          ['response', undefined],
        ])
        .flat(),
      ['error', undefined],
      ['error', '/v3/pay/transactions/native'],
    ])
    expect(seen.at(-1)![1]).toMatchObject({ code: 'BODY_INVALID', attempt: 0, mayHaveTakenEffect: false })
  })

  test('by wxpay.fetch has its proof too', async () => {
    const { simulator, wxpay } = await merchantOf()
    const { seen } = collect(wxpay)
    const query = `mchid=${simulator.merchant.mchid}`
    await wxpay.fetch(`https://api.mch.weixin.qq.com/v3/pay/transactions/out-trade-no/X1?${query}`)
    expect(seen.at(-1)).toMatchObject(['response', { status: 404, verifiedBy: expect.any(String) }])
  })

  test('tells every repetition, its cause and its pause', async () => {
    const { wxpay } = createTestClient([down, down, await signedV3Response({ data: [] })], {
      retry: { delay: number => number },
    })
    const { seen } = collect(wxpay)
    await wxpay.request('GET', 'v3/x')
    expect(seen).toMatchObject([
      ['request', { attempt: 1, host: 'api.mch.weixin.qq.com' }],
      ['retry', { attempt: 1, host: 'api.mch.weixin.qq.com', code: 'NETWORK_ERROR', delay: 1 }],
      ['request', { attempt: 2, host: 'api2.mch.weixin.qq.com' }],
      ['retry', { attempt: 2, host: 'api2.mch.weixin.qq.com', delay: 2 }],
      ['request', { attempt: 3 }],
      ['response', { attempt: 3, status: 200, verifiedBy: 'FF01' }],
    ])
    expect(new Set(seen.map(([, { callId }]) => callId)).size).toBe(1)
  })

  test('that a signer does not sign at first is repeated, and has no attempt before it is signed', async () => {
    let asked = 0
    const sign = async () => {
      if (++asked === 1) throw new Error('busy')
      return new Uint8Array(256)
    }
    const { wxpay } = createTestClient([await signedV3Response({})], {
      privateKey: undefined as never,
      serial: 'ABCD',
      signer: { sign },
      retry: { delay: () => 1 },
    })
    const { seen } = collect(wxpay)
    expect((await wxpay.request('GET', 'v3/x')).status).toBe(200)
    expect(seen).toMatchObject([
      ['retry', { attempt: 0, code: 'SIGNER_FAILED', mayHaveTakenEffect: false, delay: 1 }],
      ['request', { attempt: 1 }],
      ['response', { attempt: 1, status: 200 }],
    ])
    expect(seen[0]![1]).not.toHaveProperty('host')
  })

  test('that changes something and gets no response ends in doubt', async () => {
    const { wxpay } = createTestClient([down])
    const { seen } = collect(wxpay)
    await wxpay.request('POST', 'v3/x', { body: {} }).catch(() => {})
    expect(seen.at(-1)).toMatchObject(['error', { code: 'NETWORK_ERROR', mayHaveTakenEffect: true, attempt: 1 }])
  })

  test('whose response is not proven tells the status, and no proof', async () => {
    const forged = new Response('{}', { headers: { 'request-id': 'R1' } })
    const { wxpay } = createTestClient([forged])
    const { seen } = collect(wxpay)
    await wxpay.request('GET', 'v3/x').catch(() => {})
    expect(seen.slice(1)).toMatchObject([
      ['response', { status: 200, code: 'SIGNATURE_MISSING', requestId: 'R1' }],
      ['error', { code: 'SIGNATURE_MISSING', status: 200 }],
    ])
    expect(seen[1]![1]).not.toHaveProperty('verifiedBy')
  })

  test('whose body arrives after its time has no response event after its error', async () => {
    let finish = () => {}
    const late = new ReadableStream({
      start(controller) {
        finish = () => controller.close()
      },
    })
    const { wxpay } = createTestClient([await signedV3Response({}), () => new Response(late)])
    // Imports the keys, which is part of the time of a call, and happens before it is sent.
    await wxpay.request('GET', 'v3/x')
    const { types } = collect(wxpay)
    await wxpay.request('GET', 'v3/x', { timeout: 20 }).catch(() => {})
    finish()
    await new Promise(resolve => setTimeout(resolve, 5))
    expect(types()).toEqual(['request', 'error'])
  })

  test('downloads certificates before it, which is observed as a call of its own', async () => {
    const { simulator, wxpay } = await merchantOf({ platformKeys: {} }, 'certificate')
    const { seen } = collect(wxpay)
    await wxpay.v3.pay.transactions.native.post(order(simulator))
    expect(seen.map(([type, { template }]) => [type, template])).toEqual([
      ['request', '/v3/certificates'],
      ['response', '/v3/certificates'],
      ['request', '/v3/pay/transactions/native'],
      ['response', '/v3/pay/transactions/native'],
    ])
    expect(new Set(seen.map(([, { callId }]) => callId)).size).toBe(2)
  })

  test('downloads the key of the bank before it, which is observed too', async () => {
    const { wxpay } = createTestClient([
      signedV2Response({ pub_key: keys.OTHER_PUBLIC_KEY }, false),
      signedV2Response({}),
    ])
    const { seen } = collect(wxpay)
    await wxpay.request('POST', 'v2/mmpaysptrans/pay_bank', { body: { enc_bank_no: '6225', enc_true_name: '张三' } })
    expect(seen.filter(([type]) => type === 'request').map(([, { template }]) => template)).toEqual([
      '/risk/getpublickey',
      undefined,
    ])
  })
})

describe('an observer', () => {
  test.each([
    [
      'throws',
      () => {
        throw new Error('observer')
      },
    ],
    ['rejects', () => Promise.reject(new Error('observer'))],
    ['never settles', () => new Promise(() => {})],
    [
      'changes its event',
      (event: object) => {
        Object.assign(event, { method: 'DELETE', template: '/x' })
      },
    ],
  ])('that %s changes neither the call nor what others see', async (_, listener) => {
    const { simulator, wxpay } = await merchantOf()
    observe(wxpay, { request: listener, response: listener, error: listener })
    const { seen } = collect(wxpay)
    const { status } = await wxpay.v3.pay.transactions.native.post(order(simulator))
    expect([status, seen.map(([type, { method }]) => [type, method])]).toEqual([
      200,
      [
        ['request', 'POST'],
        ['response', 'POST'],
      ],
    ])
  })

  test('sees nothing after its end, and the others all', async () => {
    const { wxpay } = createTestClient([await signedV3Response({})])
    const first = collect(wxpay)
    const second = collect(wxpay)
    first.stop()
    first.stop()
    await wxpay.request('GET', 'v3/x')
    expect([first.types(), second.types()]).toEqual([[], ['request', 'response']])
  })

  test('that is added twice sees all twice, and ends once for each', async () => {
    const { wxpay } = createTestClient([await signedV3Response({})])
    let count = 0
    const observers = { request: () => void count++ }
    const stop = observe(wxpay, observers)
    observe(wxpay, observers)
    await wxpay.request('GET', 'v3/x')
    stop()
    await wxpay.request('GET', 'v3/x')
    expect(count).toBe(3)
  })

  test('sees the calls of its own client only', async () => {
    const { wxpay } = createTestClient([await signedV3Response({})])
    const other = createTestClient([await signedV3Response({})])
    const { types } = collect(wxpay)
    await other.wxpay.request('GET', 'v3/x')
    expect(types()).toEqual([])
  })
})

describe('a notification', () => {
  async function notified() {
    const messages: Request[] = []
    const simulator = await createSimulator({
      crypto,
      deliver: async (input, init) => {
        messages.push(new Request(input, init))
        return new Response(null, { status: 204 })
      },
    })
    const wxpay = new Wechatpay({ ...simulator.merchant, crypto, fetch: simulator.fetch })
    await wxpay.v3.pay.transactions.native.post(order(simulator))
    simulator.pay({ out_trade_no: 'SECRET-ORDER-1' })
    await simulator.settled()
    return { simulator, wxpay, message: messages[0]! }
  }

  test('that is verified tells its event, its id and its proof, and nothing of its content', async () => {
    const { simulator, wxpay, message } = await notified()
    const { seen } = collect(wxpay)
    const { id, verifiedBy } = await receiveNotification(wxpay, message)
    const { mchid } = simulator.merchant
    expect(seen).toEqual([['notification', { mchid, api: 'v3', event: 'TRANSACTION.SUCCESS', id, verifiedBy }]])
  })

  test.each([
    [
      'headers',
      'SIGNATURE_UNKNOWN_SERIAL',
      (headers: Headers) => headers.set('wechatpay-serial', 'PUB_KEY_ID_2'),
      '{}',
    ],
    ['body', 'SIGNATURE_INVALID', () => {}, '{"id":"SECRET"}'],
    ['size', 'BODY_TOO_LARGE', () => {}, 'x'.repeat(100_000)],
  ])('that is refused for its %s tells why', async (_, refused, change, body) => {
    const { simulator, wxpay, message } = await notified()
    const headers = new Headers(message.headers)
    change(headers)
    const { seen } = collect(wxpay)
    const forged = new Request(message.url, { method: 'POST', headers, body })
    await expect(receiveNotification(wxpay, forged)).rejects.toThrow()
    expect(seen).toEqual([['notification', { mchid: simulator.merchant.mchid, api: 'v3', refused }]])
  })
})
