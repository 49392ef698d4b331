import { createDecipheriv } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import fc from 'fast-check'
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { Aes, Formatter, Hash, Rsa, Transformer } from 'wechatpay-axios-plugin'
import {
  createSimulator,
  type NotificationRequest,
  type Simulator,
  type SimulatorOptions,
} from '../../../src/simulator/index.ts'
import { certificates, v2, v3 } from '../node-client.ts'

const URL_OF = 'https://merchant.example/notify'
const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const PAYMENT = { out_trade_no: 'order-1', transaction_id: '4200', trade_state: 'SUCCESS', attach: '附加 “数据”' }
const PAID: NotificationRequest = { url: URL_OF, event: 'TRANSACTION.SUCCESS', resource: PAYMENT, reference: 'order-1' }
const PAID_V2: NotificationRequest = {
  api: 'v2',
  url: URL_OF,
  event: 'transaction-success',
  reference: 'order-1',
  resource: { out_trade_no: 'order-1', total_fee: 101, attach: 'a]]>b&<c>', coupon_fee: '', device_info: undefined },
}
const REFUND_V2: NotificationRequest = {
  api: 'v2',
  url: URL_OF,
  event: 'refund-processed',
  reference: 'refund-1',
  resource: { out_refund_no: 'refund-1', refund_fee: 1, refund_recv_accout: '招商银行信用卡0403' },
}

interface Received {
  url: string
  method: string
  headers: Headers
  body: string
  redirect: RequestRedirect
}

type Answerer = (received: Received) => Response | Promise<Response>

/** A simulator, and a merchant who answers what the test says. */
async function setUp(answer: Answerer = () => new Response(null, { status: 204 }), options: SimulatorOptions = {}) {
  const received: Received[] = []
  const merchant = { answer }
  const deliver: typeof fetch = async (input, init) => {
    const request = new Request(input, init)
    const one = {
      url: request.url,
      method: request.method,
      headers: request.headers,
      redirect: request.redirect,
      body: await request.text(),
    }
    received.push(one)
    return merchant.answer(one)
  }
  const simulator = await createSimulator({ seed: 'notify', deliver, ...options })
  return { simulator, received, merchant }
}

const throwing = (error: Error): never => {
  throw error
}
const fail: Answerer = () => Response.json({ code: 'FAIL', message: 'later' }, { status: 500 })
const publicKey = ({ merchant }: Simulator) => Object.values(merchant.platformKeys)[0]!

/** Verifies a signature as the merchant does, with independent code. */
function isGenuine({ headers, body }: Received, key: string): boolean {
  const [timestamp, nonce] = [headers.get('wechatpay-timestamp')!, headers.get('wechatpay-nonce')!]
  const message = Formatter.response(timestamp, nonce, body)
  return Rsa.verify(message, headers.get('wechatpay-signature')!, Rsa.from(key, 'public'))
}
function opened({ body }: Received, { merchant }: Simulator) {
  const { resource } = JSON.parse(body)
  return JSON.parse(
    Aes.AesGcm.decrypt(resource.ciphertext, merchant.apiv3Key, resource.nonce, resource.associated_data),
  )
}
/** @returns the fields, without types */
const fromXml = (body: string): Record<string, string> => Transformer.toObject(body) as Record<string, string>
const isGenuineV2 = (body: string, { merchant }: Simulator, type: 'MD5' | 'HMAC-SHA256' = 'MD5'): boolean => {
  const { sign, ...fields } = fromXml(body)
  return sign === Hash.sign(type, fields, merchant.apiv2Key)
}

/** Expects a notification to be signed after a time and before now, by a clock that is so many seconds off. */
function expectTime({ headers }: Received, after: number, off = 0): void {
  const time = Number(headers.get('wechatpay-timestamp')) - off
  expect(time).toBeGreaterThanOrEqual(after)
  expect(time).toBeLessThanOrEqual(Date.now() / 1000)
}

describe('an APIv3 notification', () => {
  it('has the documented form, encrypted and signed', async () => {
    const { simulator, received } = await setUp()
    const before = Math.floor(Date.now() / 1000)
    const sent = await simulator.notify.send(PAID)
    const [only] = received
    expect(received).toHaveLength(1)
    expect(only).toMatchObject({ url: URL_OF, method: 'POST', redirect: 'manual' })
    expect(Object.fromEntries(only!.headers)).toMatchObject({
      'content-type': 'application/json',
      'user-agent': 'Mozilla/4.0',
      'request-id': expect.stringMatching(/^[0-9A-F]{40}-0$/),
      accept: '*/*',
      'wechatpay-serial': Object.keys(simulator.merchant.platformKeys)[0],
      'wechatpay-signature-type': 'WECHATPAY2-SHA256-RSA2048',
    })
    expectTime(only!, before)
    expect(JSON.parse(only!.body)).toEqual({
      id: sent.id,
      create_time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+08:00$/),
      resource_type: 'encrypt-resource',
      event_type: 'TRANSACTION.SUCCESS',
      summary: '支付成功',
      resource: {
        original_type: 'transaction',
        algorithm: 'AEAD_AES_256_GCM',
        ciphertext: expect.any(String),
        associated_data: 'transaction',
        nonce: expect.stringMatching(/^.{12}$/),
      },
    })
    expect(sent.id).toMatch(/^[\da-f]{8}-[\da-f]{4}-5[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/)
    expect(isGenuine(only!, publicKey(simulator))).toBe(true)
    expect(opened(only!, simulator)).toEqual(PAYMENT)
  })

  it('is signed by the newest certificate in certificate mode', async () => {
    const { simulator, received } = await setUp(undefined, { platform: 'certificate' })
    await simulator.notify.send(PAID)
    await simulator.rotate()
    await simulator.notify.send(PAID)
    const { list } = await certificates(simulator)
    expect(received.map(({ headers }) => headers.get('wechatpay-serial'))).toEqual(list.map(one => one.serial_no))
    expect(received.map((one, at) => isGenuine(one, list[at]!.pem))).toEqual([true, true])
  })

  it('is signed by both keys in turn during the switch, each of its attempts by the same key', async () => {
    const { simulator, received } = await setUp(fail, { platform: 'both' })
    const [id] = Object.keys(simulator.merchant.platformKeys)
    const [certificate] = (await certificates(simulator)).list
    await simulator.notify.send(PAID)
    await simulator.notify.send(PAID)
    await simulator.advance(15 * SECOND)
    const serials = [certificate!.serial_no, id]
    expect(received.map(({ headers }) => headers.get('wechatpay-serial'))).toEqual([...serials, ...serials])
  })

  it('has the given summary and type', async () => {
    const { simulator, received } = await setUp()
    await simulator.notify.send({ ...PAID, original_type: 'profitsharing', summary: '分账成功' })
    expect(JSON.parse(received[0]!.body)).toMatchObject({
      summary: '分账成功',
      resource: { original_type: 'profitsharing', associated_data: 'profitsharing' },
    })
  })

  it.each<[string, NotificationRequest['resource']]>([
    ['text', '{"applyment_id":9007199254740993}'],
    ['a bigint', { applyment_id: 9007199254740993n }],
  ])('carries numbers longer than a double holds, given as %s', async (_, resource_) => {
    const { simulator, received } = await setUp()
    await simulator.notify.send({ ...PAID, resource: resource_! })
    const { resource } = JSON.parse(received[0]!.body)
    const bytes = Buffer.from(resource.ciphertext, 'base64')
    const decipher = createDecipheriv('aes-256-gcm', simulator.merchant.apiv3Key, resource.nonce)
    decipher.setAuthTag(bytes.subarray(-16)).setAAD(Buffer.from(resource.associated_data))
    const plain = Buffer.concat([decipher.update(bytes.subarray(0, -16)), decipher.final()])
    expect(plain.toString()).toBe('{"applyment_id":9007199254740993}')
  })

  it('delivers any resource unchanged', async () => {
    const { simulator, received } = await setUp()
    await fc.assert(
      fc.asyncProperty(fc.dictionary(fc.string(), fc.jsonValue()), async resource => {
        await simulator.notify.send({ ...PAID, resource: JSON.parse(JSON.stringify(resource)) })
        expect(opened(received.at(-1)!, simulator)).toEqual(JSON.parse(JSON.stringify(resource)))
        expect(isGenuine(received.at(-1)!, publicKey(simulator))).toBe(true)
      }),
      { numRuns: 30 },
    )
  })
})

describe('an APIv2 notification', () => {
  it.each(['MD5', 'HMAC-SHA256'] as const)('is XML, signed with %s', async sign_type => {
    const { simulator, received } = await setUp(() => new Response('<xml><return_code>SUCCESS</return_code></xml>'))
    await simulator.notify.send({ ...PAID_V2, sign_type })
    const [only] = received
    expect(only!.headers.get('content-type')).toMatch(/^text\/xml/)
    const { appid, mchid: mch_id } = simulator.merchant
    const fields = fromXml(only!.body)
    expect(fields).toMatchObject({
      return_code: 'SUCCESS',
      result_code: 'SUCCESS',
      appid,
      mch_id,
      out_trade_no: 'order-1',
      total_fee: '101',
      attach: 'a]]>b&<c>',
    })
    expect(fields.nonce_str).toMatch(/^\w{32}$/)
    expect(fields).not.toHaveProperty('device_info')
    // A message without sign_type is signed with MD5.
    expect(fields.sign_type).toBe(sign_type === 'MD5' ? undefined : sign_type)
    expect(isGenuineV2(only!.body, simulator, sign_type)).toBe(true)
  })

  it('of a refund has an encrypted req_info and no signature', async () => {
    const { simulator, received } = await setUp(() => new Response('<xml><return_code>SUCCESS</return_code></xml>'))
    await simulator.notify.send(REFUND_V2)
    const { req_info, ...rest } = fromXml(received[0]!.body)
    const { appid, mchid: mch_id, apiv2Key } = simulator.merchant
    expect(rest).toEqual({ return_code: 'SUCCESS', appid, mch_id, nonce_str: expect.any(String) })
    const plain = Aes.AesEcb.decrypt(req_info!, Hash.md5(apiv2Key))
    expect(plain).toMatch(/^<root>.*<\/root>$/s)
    expect(fromXml(plain)).toEqual({
      out_refund_no: 'refund-1',
      refund_fee: '1',
      refund_recv_accout: '招商银行信用卡0403',
    })
  })

  it('has nested elements, which are not signed', async () => {
    const { simulator, received } = await setUp()
    const transaction_id_list = { data: { transaction_id: ['42001', '42002'] } }
    await simulator.notify.send({
      api: 'v2',
      url: URL_OF,
      event: 'transactions-risk-occurred',
      sign_type: 'HMAC-SHA256',
      resource: { event_code: 'E1', transaction_id_list },
    })
    const { body } = received[0]!
    expect(body.replaceAll('\n', '')).toContain(
      '<transaction_id_list><data><transaction_id><![CDATA[42001]]></transaction_id><transaction_id><![CDATA[42002]]></transaction_id></data></transaction_id_list>',
    )
    const { transaction_id_list: _, sign, ...signed } = fromXml(body)
    expect(sign).toBe(Hash.sign('HMAC-SHA256', signed, simulator.merchant.apiv2Key))
  })

  it('of the rent products is signed JSON with an encrypted resource', async () => {
    const { simulator, received } = await setUp()
    const sent = await simulator.notify.send({
      api: 'v2',
      url: URL_OF,
      event: 'CHECK.SUCCESS',
      resource: { order_id: '15646546545165651651' },
    })
    expect(sent.state).toBe('delivered')
    expect(received[0]!.headers.get('content-type')).toBe('application/json')
    const { sign, ...fields } = JSON.parse(received[0]!.body)
    expect(fields).toMatchObject({
      algorithm: 'HMAC-SHA256',
      event_id: sent.id,
      event_type: 'CHECK.SUCCESS',
      event_algorithm: 'AEAD_AES_256_GCM',
      event_create_time: expect.stringMatching(/^\d{14}$/),
    })
    const { apiv2Key, apiv3Key } = simulator.merchant
    expect(sign).toBe(Hash.sign('HMAC-SHA256', fields, apiv2Key))
    const { event_ciphertext, event_nonce, event_associated_data } = fields
    const plain = Aes.AesGcm.decrypt(event_ciphertext, apiv3Key, event_nonce, event_associated_data)
    expect(JSON.parse(plain)).toEqual({ order_id: '15646546545165651651' })
  })
})

describe('the response of the merchant', () => {
  const v3Answers: [name: string, good: boolean, answer: () => Response][] = [
    ['204', true, () => new Response(null, { status: 204 })],
    ['200 without a body', true, () => new Response('')],
    ['200 and SUCCESS', true, () => Response.json({ code: 'SUCCESS', message: '成功' })],
    ['200 and FAIL', false, () => Response.json({ code: 'FAIL', message: '失败' })],
    ['200 and something else', false, () => new Response('success')],
    ['200 and null', false, () => new Response('null')],
    ['201', false, () => new Response('', { status: 201 })],
    ['a redirect', false, () => new Response(null, { status: 302, headers: { Location: '/' } })],
    ['500 and SUCCESS', false, () => Response.json({ code: 'SUCCESS' }, { status: 500 })],
    ['404', false, () => new Response('not found', { status: 404 })],
    [
      'a body that breaks off',
      false,
      () => new Response(new ReadableStream({ pull: controller => controller.error(new Error('broken')) })),
    ],
  ]
  it.each(v3Answers)('APIv3: %s acknowledges: %s', async (_, good, answer) => {
    const { simulator } = await setUp(answer)
    const { state, attempts } = await simulator.notify.send(PAID)
    expect(state).toBe(good ? 'delivered' : 'pending')
    expect(attempts).toHaveLength(1)
  })

  const v2Answers: [name: string, good: boolean, answer: () => Response][] = [
    ['SUCCESS', true, () => new Response('<xml><return_code><![CDATA[SUCCESS]]></return_code></xml>')],
    ['FAIL', false, () => new Response('<xml><return_code>FAIL</return_code></xml>')],
    ['nothing', false, () => new Response('')],
    ['204', false, () => new Response(null, { status: 204 })],
    ['JSON', false, () => Response.json({ code: 'SUCCESS' })],
    ['SUCCESS with 500', false, () => new Response('<xml><return_code>SUCCESS</return_code></xml>', { status: 500 })],
    ['XML cut short', false, () => new Response('<xml><return_code>SUCCESS</return_code>')],
  ]
  it.each(v2Answers)('APIv2: %s acknowledges: %s', async (_, good, answer) => {
    const { simulator } = await setUp(answer)
    for (const demand of [PAID_V2, REFUND_V2])
      expect((await simulator.notify.send(demand)).state).toBe(good ? 'delivered' : 'pending')
  })

  it('is recorded, cut to a maximum length', async () => {
    const { simulator } = await setUp(() => new Response('x'.repeat(5000), { status: 400 }))
    const sent = await simulator.notify.send(PAID)
    expect(sent.attempts).toEqual([{ at: expect.any(Number), status: 400, responseBody: 'x'.repeat(1024) }])
    expect(sent.responseBody).toHaveLength(5000)
  })

  it('is not read without end', async () => {
    let chunks = 0
    const endless = () =>
      new Response(
        new ReadableStream({
          pull(controller) {
            chunks++
            controller.enqueue(new Uint8Array(16_384).fill(120))
          },
        }),
        { status: 500 },
      )
    const { simulator } = await setUp(endless)
    const { responseBody } = await simulator.notify.send(PAID)
    expect(responseBody!.length).toBe(65_536)
    expect(chunks).toBeLessThan(8)
  })

  it('answers a question, which is sent only once', async () => {
    const facts = { out_serial_number: '1', amount: 300 }
    const { simulator, received, merchant } = await setUp(() => Response.json(facts))
    const question = { url: URL_OF, event: 'PARKING_FEE.QUERY_TRANS_INFO', resource: { out_serial_number: '1' } }
    const asked = await simulator.notify.send(question)
    expect(asked.state).toBe('delivered')
    expect(JSON.parse(asked.responseBody!)).toEqual(facts)
    merchant.answer = fail
    expect((await simulator.notify.send({ ...question, event: 'CROSS_BORDER_PAY.GET_MCH_INFO' })).state).toBe(
      'given-up',
    )
    await simulator.advance(24 * HOUR)
    expect(received).toHaveLength(2)
  })
})

describe('a merchant that cannot be reached', () => {
  const reasons: [url: string, reason: RegExp][] = [
    ['http://127.0.0.1:1/', /ECONNREFUSED|fetch failed/],
    ['not a URL', /URL/i],
    ['ftp://merchant.example/', /./],
    ['', /URL/i],
  ]
  it.each(reasons)('%j: is retried', async (url, reason) => {
    const simulator = await createSimulator({ seed: 'a' })
    const { state, attempts } = await simulator.notify.send({ ...PAID, url })
    expect(state).toBe('pending')
    expect(attempts).toEqual([{ at: expect.any(Number), error: expect.stringMatching(reason) }])
  })

  describe('a merchant that does not respond', () => {
    afterEach(() => void vi.useRealTimers())

    it('has five seconds, whether or not its fetch heeds the signal', async () => {
      let signal: AbortSignal | null | undefined
      const { simulator } = await setUp(undefined, {
        deliver: (_, init) => {
          signal = init?.signal
          return new Promise(() => {})
        },
      })
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
      const sending = simulator.notify.send(PAID)
      while (!signal) await new Promise(resolve => setImmediate(resolve))
      await vi.advanceTimersByTimeAsync(4999)
      expect(signal.aborted).toBe(false)
      await vi.advanceTimersByTimeAsync(1)
      expect(signal.aborted).toBe(true)
      expect((await sending).attempts).toMatchObject([{ error: 'no response within 5 s' }])
    })
  })
})

describe('the schedule', () => {
  const WAITS = [
    15 * SECOND,
    15 * SECOND,
    30 * SECOND,
    3 * MINUTE,
    10 * MINUTE,
    20 * MINUTE,
    30 * MINUTE,
    30 * MINUTE,
    30 * MINUTE,
    60 * MINUTE,
    3 * HOUR,
    3 * HOUR,
    3 * HOUR,
    6 * HOUR,
    6 * HOUR,
  ]

  it('is the documented one, and ends', async () => {
    const { simulator, received } = await setUp(fail, { now: () => 1_750_000_000_000 })
    const { id } = await simulator.notify.send(PAID)
    await simulator.advance(48 * HOUR)
    const [{ attempts, state }] = simulator.notifications as [(typeof simulator.notifications)[0]]
    expect(attempts.slice(1).map(({ at }, before) => at - attempts[before]!.at)).toEqual(WAITS)
    expect(state).toBe('given-up')
    expect(received.map(({ body }) => JSON.parse(body).id)).toEqual(Array(16).fill(id))
  })

  it('stops at the first acknowledgement', async () => {
    const { simulator, received, merchant } = await setUp(fail)
    await simulator.notify.send(PAID)
    await simulator.advance(20 * SECOND)
    merchant.answer = () => new Response(null, { status: 204 })
    await simulator.advance(48 * HOUR)
    expect(received).toHaveLength(3)
    expect(simulator.notifications).toMatchObject([{ state: 'delivered', reference: 'order-1' }])
    expect(simulator.notifications[0]!.attempts.map(({ status }) => status)).toEqual([500, 500, 204])
  })

  it('signs each attempt anew by the real clock, with the same id and content', async () => {
    const { simulator, received } = await setUp(fail)
    const before = Math.floor(Date.now() / 1000)
    await simulator.notify.send(PAID)
    await simulator.advance(HOUR)
    expect(new Set(received.map(({ headers }) => headers.get('wechatpay-nonce'))).size).toBe(received.length)
    expect(new Set(received.map(({ body }) => JSON.parse(body).create_time)).size).toBe(1)
    for (const one of received) {
      expect(isGenuine(one, publicKey(simulator))).toBe(true)
      expectTime(one, before)
    }
  })

  it('lets the merchant send requests while it responds', async () => {
    const { simulator, merchant, received } = await setUp()
    const statuses: number[] = []
    merchant.answer = async () => {
      const query = '/v3/pay/transactions/out-trade-no/order-1?mchid=1900000109'
      statuses.push((await v3(simulator, 'GET', query)).status)
      return statuses.length < 3 ? new Response(null, { status: 500 }) : new Response(null, { status: 204 })
    }
    await simulator.notify.send(PAID)
    await simulator.advance(MINUTE)
    expect(statuses).toEqual([404, 404, 404])
    expect(received).toHaveLength(3)
  })

  it('continues after a restart', async () => {
    const { simulator, received } = await setUp(fail)
    await simulator.notify.send(PAID)
    await simulator.advance(20 * SECOND)
    const state = simulator.snapshot()
    const again = await setUp(fail, { state })
    expect(again.simulator.notifications).toEqual(simulator.notifications)
    await again.simulator.advance(48 * HOUR)
    expect(received).toHaveLength(2)
    expect(again.received).toHaveLength(14)
    expect(JSON.parse(again.received[0]!.body).id).toBe(JSON.parse(received[0]!.body).id)
    expect(again.simulator.notifications).toMatchObject([{ state: 'given-up' }])
  })

  it('loses nothing to a restart during an attempt', async () => {
    const first = await setUp(() => new Promise<Response>(() => {}))
    await first.simulator.notify.hold()
    await first.simulator.notify.send(PAID)
    void first.simulator.notify.release()
    while (first.received.length === 0) await new Promise(resolve => setImmediate(resolve))
    const second = await setUp(undefined, { state: first.simulator.snapshot() })
    await second.simulator.settled()
    expect(second.received).toHaveLength(1)
    expect(second.simulator.notifications).toMatchObject([{ state: 'delivered' }])
  })
})

describe('on demand', () => {
  it('repeats a delivered notification, signed anew under the same id', async () => {
    const { simulator, received } = await setUp()
    const { id } = await simulator.notify.send(PAID)
    expect(await simulator.notify.repeat(id)).toMatchObject({ status: 204, variant: 'repeat' })
    expect(received.map(({ body }) => JSON.parse(body).id)).toEqual([id, id])
    expect(received[1]!.headers.get('wechatpay-signature')).not.toBe(received[0]!.headers.get('wechatpay-signature'))
    expect(isGenuine(received[1]!, publicKey(simulator))).toBe(true)
    expect(simulator.notifications).toMatchObject([
      { state: 'delivered', attempts: [{ status: 204 }, { variant: 'repeat' }] },
    ])
  })

  it('ends the schedule when a repetition is acknowledged, and changes nothing otherwise', async () => {
    const { simulator, received, merchant } = await setUp(fail)
    const { id } = await simulator.notify.send(PAID)
    await simulator.notify.repeat(id)
    expect(simulator.notifications).toMatchObject([{ state: 'pending' }])
    merchant.answer = () => new Response(null, { status: 204 })
    await simulator.notify.repeat(id)
    expect(simulator.notifications).toMatchObject([{ state: 'delivered' }])
    await simulator.advance(48 * HOUR)
    expect(received).toHaveLength(3)
  })

  it('holds notifications back and releases them in the requested order', async () => {
    for (const order of ['given', 'reversed'] as const) {
      const { simulator, received } = await setUp()
      simulator.notify.hold()
      for (const reference of ['1', '2', '3'])
        await simulator.notify.send({ ...PAID, reference, resource: { reference } })
      await simulator.advance(HOUR)
      expect(received).toEqual([])
      expect(simulator.notifications).toMatchObject(Array(3).fill({ state: 'pending', attempts: [] }))
      await simulator.notify.release({ order })
      const came = received.map(one => opened(one, simulator).reference)
      expect(came).toEqual(order === 'given' ? ['1', '2', '3'] : ['3', '2', '1'])
      await simulator.notify.send(PAID)
      expect(received).toHaveLength(4)
    }
  })

  it('retries a notification that was held back', async () => {
    const { simulator, received, merchant } = await setUp(fail)
    simulator.notify.hold()
    await simulator.notify.send(PAID)
    await simulator.notify.release()
    merchant.answer = () => new Response(null, { status: 204 })
    await simulator.advance(15 * SECOND)
    expect(received).toHaveLength(2)
    expect(simulator.notifications).toMatchObject([{ state: 'delivered' }])
  })

  it('holds an attempt back that becomes due, also after a restart', async () => {
    const { simulator } = await setUp(fail)
    await simulator.notify.send(PAID)
    simulator.notify.hold()
    await simulator.advance(HOUR)
    const again = await setUp(undefined, { state: simulator.snapshot() })
    await again.simulator.advance(HOUR)
    expect(again.received).toEqual([])
    await again.simulator.notify.release()
    expect(again.received).toHaveLength(1)
  })

  it('gives a probe a signature of WECHATPAY/SIGNTEST/ of the usual length', async () => {
    const { simulator, received } = await setUp(() => Response.json({ code: 'FAIL' }, { status: 401 }))
    const { id } = await simulator.notify.send(PAID)
    expect(await simulator.notify.probe(id)).toMatchObject({ status: 401, variant: 'probe' })
    await simulator.notify.probe('https://merchant.example/other')
    expect(received.map(({ url }) => url).slice(1)).toEqual([URL_OF, 'https://merchant.example/other'])
    for (const probe of received.slice(1)) {
      const signature = probe.headers.get('wechatpay-signature')!
      expect(signature).toMatch(/^WECHATPAY\/SIGNTEST\//)
      expect(Buffer.from(signature, 'base64')).toHaveLength(256)
      expect(isGenuine(probe, publicKey(simulator))).toBe(false)
      expect(opened(probe, simulator)).toMatchObject({ trade_state: 'SUCCESS' })
    }
    expect(simulator.notifications).toHaveLength(1)
  })

  it('signs a stale notification validly, ten minutes ago', async () => {
    const { simulator, received } = await setUp()
    const { id } = await simulator.notify.send(PAID)
    const before = Math.floor(Date.now() / 1000)
    await simulator.notify.stale(id)
    expectTime(received[1]!, before, -600)
    expect(isGenuine(received[1]!, publicKey(simulator))).toBe(true)
  })

  it('tampers with a notification so that only the signature reveals it', async () => {
    const { simulator, received } = await setUp()
    const { id } = await simulator.notify.send(PAID)
    await simulator.notify.tampered(id)
    expect(JSON.parse(received[1]!.body)).toMatchObject({ id, event_type: 'TRANSACTION.SUCCESS' })
    expect(opened(received[1]!, simulator)).toEqual(PAYMENT)
    expect(isGenuine(received[1]!, publicKey(simulator))).toBe(false)
  })

  it('tampers with the amount or the ciphertext of an APIv2 notification', async () => {
    const { simulator, received } = await setUp()
    const { id } = await simulator.notify.send(PAID_V2)
    await simulator.notify.tampered(id)
    expect(fromXml(received[1]!.body).total_fee).toBe('201')
    expect(isGenuineV2(received[0]!.body, simulator)).toBe(true)
    expect(isGenuineV2(received[1]!.body, simulator)).toBe(false)
    const refund = await simulator.notify.send(REFUND_V2)
    await simulator.notify.tampered(refund.id)
    const { req_info } = fromXml(received[3]!.body)
    expect(Aes.AesEcb.decrypt(req_info!, Hash.md5(simulator.merchant.apiv2Key))).not.toContain('<root>')
  })

  it('does not change the schedule by any of these', async () => {
    const { simulator, received } = await setUp(fail)
    const { id } = await simulator.notify.send(PAID)
    for (const flaw of ['probe', 'stale', 'tampered'] as const) await simulator.notify[flaw](id)
    await simulator.advance(48 * HOUR)
    expect(received).toHaveLength(16 + 3)
  })

  it('sends a flawed notification once, on demand, and leaves it at that', async () => {
    const { simulator, received } = await setUp(fail)
    for (const flaw of ['probe', 'stale', 'tampered', 'unknown-serial', 'unsigned'] as const)
      expect(await simulator.notify.send({ ...PAID, flaw })).toMatchObject({
        state: 'given-up',
        attempts: [{ variant: flaw, status: 500 }],
      })
    for (const flaw of ['tampered', 'unsigned'] as const) await simulator.notify.send({ ...PAID_V2, flaw })
    await simulator.advance(48 * HOUR)
    expect(received).toHaveLength(7)
    const [probe, stale, tampered, unknown, unsigned, ...v2s] = received
    const key = publicKey(simulator)
    expect([probe!, stale!, tampered!, unknown!].map(one => isGenuine(one, key))).toEqual([false, true, false, true])
    expect(Object.keys(simulator.merchant.platformKeys)).not.toContain(unknown!.headers.get('wechatpay-serial'))
    expect([...unsigned!.headers.keys()].filter(name => name.startsWith('wechatpay'))).toEqual([])
    expect(opened(unsigned!, simulator)).toEqual(PAYMENT)
    expect(v2s.map(({ body }) => isGenuineV2(body, simulator))).toEqual([false, false])
    expect(fromXml(v2s[1]!.body).sign).toBeUndefined()
  })

  it('sends a notification only once if asked to, even while others are held back', async () => {
    const { simulator, received, merchant } = await setUp(fail)
    simulator.notify.hold()
    expect(await simulator.notify.send({ ...PAID, once: true })).toMatchObject({ state: 'given-up' })
    merchant.answer = () => new Response(null, { status: 204 })
    expect(await simulator.notify.send({ ...PAID, once: true })).toMatchObject({ state: 'delivered' })
    await simulator.notify.release()
    await simulator.advance(48 * HOUR)
    expect(received).toHaveLength(2)
    expect(received.every(one => isGenuine(one, publicKey(simulator)))).toBe(true)
  })

  it('refuses impossible requests', async () => {
    const { simulator, received } = await setUp()
    const { id } = await simulator.notify.send(PAID_V2)
    await expect(simulator.notify.repeat('none')).rejects.toThrow(TypeError)
    await expect(simulator.notify.probe(id)).rejects.toThrow(/APIv2/)
    await expect(simulator.notify.stale(id)).rejects.toThrow(/APIv2/)
    await expect(simulator.notify.send({ ...PAID_V2, flaw: 'unknown-serial' })).rejects.toThrow(/APIv2/)
    await expect(simulator.notify.send({ url: URL_OF, event: 'NO.SUCH' })).rejects.toThrow(
      /NO\.SUCH has no definition in APIv3; pass its resource/,
    )
    const circle: Record<string, unknown> = { id: 1n }
    circle.self = circle
    for (const resource of [circle, null, 1] as object[])
      await expect(simulator.notify.send({ ...PAID, resource })).rejects.toThrow(TypeError)
    expect(received).toHaveLength(1)
  })
})

describe('what happens', () => {
  const notify_url = 'https://merchant.example/notify'

  it('notifies of a payment and a refund by APIv3', async () => {
    const { simulator, received } = await setUp()
    const { appid, mchid } = simulator.merchant
    const order = { appid, mchid, notify_url, out_trade_no: 'order-1', description: 'd', amount: { total: 100 } }
    await v3(simulator, 'POST', '/v3/pay/transactions/native', { body: order })
    await simulator.settled()
    expect(received).toEqual([])
    const { transaction_id } = simulator.pay({ out_trade_no: 'order-1' })
    await simulator.settled()
    const refund = { out_trade_no: 'order-1', out_refund_no: 'refund-1', notify_url }
    const amount = { refund: 30, total: 100, currency: 'CNY' }
    await v3(simulator, 'POST', '/v3/refund/domestic/refunds', { body: { ...refund, amount } })
    await simulator.advance(HOUR)
    expect(received.map(({ body }) => JSON.parse(body).event_type)).toEqual(['TRANSACTION.SUCCESS', 'REFUND.SUCCESS'])
    expect(received.every(one => isGenuine(one, publicKey(simulator)))).toBe(true)
    const [paid, refunded] = received.map(one => opened(one, simulator))
    expect(paid).toMatchObject({ transaction_id, out_trade_no: 'order-1', trade_state: 'SUCCESS', mchid, appid })
    expect(refunded).toMatchObject({ out_refund_no: 'refund-1', refund_status: 'SUCCESS', amount: { refund: 30 } })
    expect(simulator.notifications.map(({ reference, state }) => [reference, state])).toEqual([
      ['order-1', 'delivered'],
      ['refund-1', 'delivered'],
    ])
  })

  it.each(['MD5', 'HMAC-SHA256'] as const)(
    'through APIv2 is notified so, signed with %s as the order was',
    async sign_type => {
      const { simulator, received } = await setUp(() => new Response('<xml><return_code>SUCCESS</return_code></xml>'))
      const order = { body: 'd', out_trade_no: 'order-1', total_fee: '100', trade_type: 'NATIVE', sign_type }
      const placed = await v2(simulator, '/pay/unifiedorder', {
        ...order,
        notify_url,
        product_id: '1',
        spbill_create_ip: '127.0.0.1',
      })
      expect(placed.result_code).toBe('SUCCESS')
      simulator.pay({ out_trade_no: 'order-1' })
      await simulator.settled()
      expect(received).toHaveLength(1)
      expect(isGenuineV2(received[0]!.body, simulator, sign_type)).toBe(true)
      expect(fromXml(received[0]!.body)).toMatchObject({ out_trade_no: 'order-1', total_fee: '100' })
    },
  )

  it('starts the notification at the next request', async () => {
    const { simulator, received } = await setUp()
    const { appid, mchid } = simulator.merchant
    const order = { appid, mchid, notify_url, out_trade_no: 'order-1', description: 'd', amount: { total: 100 } }
    await v3(simulator, 'POST', '/v3/pay/transactions/native', { body: order })
    simulator.pay({ out_trade_no: 'order-1' })
    await v3(simulator, 'GET', '/v3/certificates')
    while (received.length === 0) await new Promise(resolve => setImmediate(resolve))
    await simulator.settled()
    expect(received).toHaveLength(1)
  })

  it('releases the notification of a payment that nothing followed', async () => {
    const { simulator, received } = await setUp()
    const { appid, mchid } = simulator.merchant
    const order = { appid, mchid, notify_url, out_trade_no: 'order-1', description: 'd', amount: { total: 100 } }
    await v3(simulator, 'POST', '/v3/pay/transactions/native', { body: order })
    simulator.notify.hold()
    simulator.pay({ out_trade_no: 'order-1' })
    await simulator.notify.release()
    expect(received).toHaveLength(1)
  })
})

it('sends at most 64 notifications at the same time', async () => {
  const { simulator } = await setUp()
  simulator.notify.hold()
  for (let at = 0; at < 100; at++) await simulator.notify.send(PAID)
  // A restart that finds nothing held back any more sends all at once.
  const state = simulator.snapshot().replace('["holding",true]', '["holding",false]')
  const waiting: ((answer: Response) => void)[] = []
  const again = await setUp(() => new Promise(resolve => waiting.push(resolve)), { state })
  // None of those that wait is given up: the five seconds for a response do not pass.
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  onTestFinished(() => void vi.useRealTimers())
  const tick = () => new Promise(resolve => setImmediate(resolve))
  let settled = false
  const settling = again.simulator.settled().then(() => {
    settled = true
  })
  while (waiting.length < 64) await tick()
  for (let at = 0; at < 100; at++) await tick()
  expect(again.received).toHaveLength(64)
  while (!settled) {
    for (const answer of waiting.splice(0)) answer(new Response(null, { status: 204 }))
    await tick()
  }
  await settling
  expect(again.received).toHaveLength(100)
  expect(again.simulator.notifications.every(({ state }) => state === 'delivered')).toBe(true)
})

it('keeps the last 10,000 finished notifications and all pending ones', async () => {
  const { simulator, merchant } = await setUp(fail)
  const pending = await simulator.notify.send(PAID)
  merchant.answer = () => new Response(null, { status: 204 })
  const [first] = [await simulator.notify.send(PAID)]
  // As if 10,000 had been delivered since: what is read from a snapshot is taken as it is.
  const saved = JSON.parse(simulator.snapshot())
  const kept = saved.maps.find(([name]: [string]) => name === 'notifications')[1]
  const delivered = kept.find(([id]: [string]) => id === first!.id)[1]
  for (let at = 1; at < 10_000; at++) kept.push([`n${at}`, { ...delivered, id: `n${at}` }])
  const again = await setUp(undefined, { state: JSON.stringify(saved) })
  expect(again.simulator.notifications).toHaveLength(10_001)
  const last = await again.simulator.notify.send(PAID)
  const ids = new Set(again.simulator.notifications.map(({ id }) => id))
  expect(ids.size).toBe(10_001)
  expect([first!.id, pending.id, 'n1', last.id].map(id => ids.has(id))).toEqual([false, true, true, true])
})

it('calls onNotification after every attempt with its outcome', async () => {
  const told: unknown[] = []
  const { simulator, merchant } = await setUp(fail, {
    onNotification: ({ reference, state }, { status, variant }) => told.push([reference, state, status, variant]),
  })
  const { id } = await simulator.notify.send(PAID)
  await simulator.notify.stale(id)
  merchant.answer = () => new Response(null, { status: 204 })
  await simulator.advance(15 * SECOND)
  await simulator.notify.probe(URL_OF)
  expect(told).toEqual([
    ['order-1', 'pending', 500, undefined],
    ['order-1', 'pending', 500, 'stale'],
    ['order-1', 'delivered', 204, undefined],
    ['', 'pending', 204, 'probe'],
  ])
})

it.each([
  ['an observer throws', (simulator, error) => simulator.observe(() => throwing(error))],
  ['an observer rejects', (simulator, error) => simulator.observe(() => Promise.reject(error))],
] satisfies [string, (simulator: Simulator, error: Error) => void][])(
  'is retried, and reported to onError, although %s',
  async (_, disturb) => {
    const told: unknown[] = []
    const error = new Error('the observer fails')
    const { simulator, merchant } = await setUp(fail, { onError: failure => told.push(failure) })
    const calm: string[] = []
    disturb(simulator, error)
    simulator.observe(({ kind }) => calm.push(kind))
    const { id } = await simulator.notify.send(PAID)
    merchant.answer = () => new Response(null, { status: 204 })
    await expect(simulator.advance(15 * SECOND)).rejects.toThrow(error.message)
    expect(simulator.notifications.find(notification => notification.id === id)).toMatchObject({ state: 'delivered' })
    expect(new Set(told)).toEqual(new Set([error]))
    expect(calm.filter(kind => kind === 'notification')).toHaveLength(2)
  },
)

it('releases all that is held although onNotification throws', async () => {
  const { simulator } = await setUp(undefined, { onNotification: () => throwing(new Error('it fails')) })
  simulator.notify.hold()
  await simulator.notify.send(PAID)
  await simulator.notify.send(PAID)
  await simulator.notify.release()
  expect(simulator.notifications.map(({ state }) => state)).toEqual(['delivered', 'delivered'])
  await expect(simulator.settled()).rejects.toThrow('it fails; it fails')
})

it('delivers the signed bytes over HTTP by the platform’s fetch', async () => {
  const received: Received[] = []
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request.setEncoding('utf8')) body += chunk
    const headers = new Headers(request.headers as Record<string, string>)
    received.push({ url: request.url!, method: request.method!, headers, body, redirect: 'manual' })
    response.writeHead(204).end()
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  try {
    const simulator = await createSimulator()
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/notify?a=1`
    const { state } = await simulator.notify.send({ ...PAID, url })
    expect(state).toBe('delivered')
    expect(received[0]).toMatchObject({ url: '/notify?a=1', method: 'POST' })
    expect(received[0]!.headers.get('user-agent')).toBe('Mozilla/4.0')
    expect(received[0]!.headers.get('content-type')).toBe('application/json')
    expect(isGenuine(received[0]!, publicKey(simulator))).toBe(true)
  } finally {
    await new Promise(resolve => server.close(resolve))
  }
})
