import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { wechatpay } from '../../../src/adapters/browser.ts'
import { TransportError, Wechatpay } from '../../../src/core/index.ts'
import { LIES, type LyingProxy, openLyingProxy } from '../../lying-proxy.ts'
import { createTestGateway, json, nativeOrder, type TestGateway } from '../test-gateway.ts'

// The outcome of a call under an Idempotency-Key that WeChat Pay has carried out while something on the way says otherwise.

let one: TestGateway
let mchid: string
let proxy: LyingProxy
beforeEach(async () => {
  one = await createTestGateway()
  mchid = one.simulator.merchant.mchid
  proxy = await openLyingProxy(one.simulator)
  const { merchant } = one.simulator
  const client = new Wechatpay({ ...merchant, baseUrl: proxy.baseUrl, mtlsFetch: fetch, retry: false })
  one = await one.restart({ merchants: { [mchid]: client } })
})
afterEach(() => proxy.close())

const NATIVE = '/v3/pay/transactions/native'
const KEY = { 'idempotency-key': 'k' }
const place = (out_trade_no: string, more: object = {}, headers: Record<string, string> = KEY) =>
  one.call(NATIVE, json(nativeOrder(one, out_trade_no, more), headers))
const watched = async () => (await one.ledger.depths(mchid)).watched
const trail = () => one.ledger.calls('shop', { limit: 10 })
const codeOf = async (response: Response) => ((await response.json()) as { code: string }).code
const written = () => new Promise(resolve => setTimeout(resolve, 100))

const COMPLAINT = '200201820200101080076610000'
const reply = (headers: Record<string, string> = KEY) =>
  one.call(
    `/v3/global/merchant-service/complaints/${COMPLAINT}/response`,
    json({ complainted_mchid: mchid, response_content: '您好' }, headers),
  )

describe.each(LIES)('when a proxy answers %s after the call took effect', (_, lie) => {
  test('an order is still watched, and its key places it again, which has no second effect', async () => {
    proxy.lie = () => lie
    const first = await place('T100001')
    await written()
    expect(first.status).toBeGreaterThanOrEqual(400)
    await expect.poll(watched).toEqual({ 'v3-order': 1 })
    await expect.poll(trail).toMatchObject([{ in_doubt: true }])
    proxy.lie = () => undefined
    const second = await place('T100001')
    expect([second.status, second.headers.get('idempotency-replayed')]).toEqual([200, null])
    expect((await place('T100001')).headers.get('idempotency-replayed')).toBe('true')
    expect(proxy.forwarded).toHaveLength(2)
  })

  test('a complaint reply, which would go out twice, is not made again under its key', async () => {
    proxy.lie = () => lie
    const first = await reply()
    proxy.lie = () => undefined
    const second = await reply()
    expect([second.status, await second.json()]).toEqual([
      409,
      expect.objectContaining({
        code: 'CALL_IN_DOUBT',
        detail: expect.stringMatching(/Query.*new Idempotency-Key/),
        mayHaveTakenEffect: true,
        firstRequestId: first.headers.get('wechatpay-edge-request-id'),
      }),
    ])
    expect(proxy.forwarded).toHaveLength(1)
    expect((await reply({ 'idempotency-key': 'k2' })).status).toBe(204)
  })
})

test('a complaint reply whose maker died is not made again under its key, until a new key asks for it', async () => {
  const { merchant, fetch } = one.simulator
  const hanging = new Wechatpay({ ...merchant, retry: false, fetch: () => new Promise(() => {}) })
  const dead = await one.restart({ merchants: { [mchid]: hanging } })
  void dead.call(
    `/v3/global/merchant-service/complaints/${COMPLAINT}/response`,
    json({ complainted_mchid: mchid, response_content: '您好' }, KEY),
  )
  await expect.poll(trail).toHaveLength(1)
  one = await one.restart({ merchants: { [mchid]: new Wechatpay({ ...merchant, fetch, retry: false }) } })
  expect(await codeOf(await reply())).toBe('IDEMPOTENCY_KEY_IN_USE')
  one.clock.now += 61_000
  expect(await codeOf(await reply())).toBe('CALL_IN_DOUBT')
  expect((await reply({ 'idempotency-key': 'k2' })).status).toBe(204)
})

test('a call that no definition has is not made again under its key, whatever numbers it has', async () => {
  proxy.lie = () => LIES[0]![1]
  const call = () => one.call('/v3/new/thing', json({ out_request_no: 'R1' }, KEY))
  await call()
  expect(await codeOf(await call())).toBe('CALL_IN_DOUBT')
  expect(proxy.forwarded).toHaveLength(1)
})

test('a refusal of the second call tells nothing of the first: it stays in doubt, is watched, and the page learns it', async () => {
  proxy.lie = () => LIES[0]![1]
  await place('T100001')
  one.simulator.pay({ out_trade_no: 'T100001' })
  proxy.lie = () => undefined
  for (let number = 2; number <= 3; number++) {
    const again = await place('T100001')
    expect([again.status, await codeOf(again)]).toEqual([400, 'ORDERPAID'])
    expect([again.headers.get('wechatpay-edge-in-doubt'), again.headers.get('idempotency-replayed')]).toEqual([
      'true',
      null,
    ])
    expect(proxy.forwarded).toHaveLength(number)
  }
  await written()
  await expect.poll(async () => (await trail())[0]).toMatchObject({ code: 'ORDERPAID', in_doubt: true })
  const page = wechatpay({
    gateway: 'https://gateway.example/',
    fetch: (input, init) => one.call(new URL(String(input)).pathname, { ...init, headers: init!.headers! }),
    headers: KEY,
  })
  await expect(page.v3.pay.transactions.native.post(nativeOrder(one, 'T100001') as never)).rejects.toMatchObject({
    serviceCode: 'ORDERPAID',
    mayHaveTakenEffect: true,
    message: expect.stringMatching(/query before you repeat it\.$/),
  })
})

describe('the header Wechatpay-Edge-In-Doubt stands exactly where mayHaveTakenEffect is true:', () => {
  const lost = () => Promise.reject(new Error('down'))
  const unsent = () => Promise.reject(new TransportError('NETWORK_ERROR', 'No connection.', false))
  const failing = async (send: typeof fetch) => {
    const client = new Wechatpay({ ...one.simulator.merchant, fetch: send, retry: false })
    one = await one.restart({ merchants: { [mchid]: client } })
  }
  const cases: readonly (readonly [string, code: string, inDoubt: boolean, () => Promise<Response>])[] = [
    ['a call without an answer', 'NETWORK_ERROR', true, () => place('T1')],
    ['a query without an answer', 'NETWORK_ERROR', false, () => one.call(`${NATIVE}?mchid=${mchid}`)],
    [
      'a message that cannot be sent',
      'BODY_INVALID',
      false,
      () => one.call(NATIVE, json({ out_trade_no: '9'.repeat(200) })),
    ],
    [
      'a second call that must not be sent',
      'CALL_IN_DOUBT',
      true,
      async () => {
        await reply()
        return reply()
      },
    ],
    [
      'a second call that was not sent, after a first in doubt',
      'NETWORK_ERROR',
      true,
      async () => {
        await place('T1')
        await failing(unsent)
        return place('T1')
      },
    ],
    [
      'a call that was not sent',
      'NETWORK_ERROR',
      false,
      async () => {
        await failing(unsent)
        return place('T1')
      },
    ],
    [
      'a call under way',
      'IDEMPOTENCY_KEY_IN_USE',
      true,
      async () => {
        await failing(() => new Promise(() => {}))
        void place('T1')
        await expect.poll(trail).toHaveLength(1)
        return place('T1')
      },
    ],
  ]

  test.each(cases)('%s', async (_, code, inDoubt, call) => {
    await failing(lost)
    const response = await call()
    const body = (await response.json()) as { code: string; mayHaveTakenEffect?: boolean }
    expect([body.code, body.mayHaveTakenEffect === true, response.headers.get('wechatpay-edge-in-doubt')]).toEqual([
      code,
      inDoubt,
      inDoubt ? 'true' : null,
    ])
  })
})

describe('a refusal that WeChat Pay has signed', () => {
  const transfer = (out_bill_no: string) =>
    one.call(
      '/v3/fund-app/mch-transfer/transfer-bills',
      json(
        {
          appid: one.simulator.merchant.appid,
          out_bill_no,
          transfer_scene_id: '1000',
          openid: one.simulator.examples.openid,
          transfer_amount: 1_000,
          transfer_remark: '奖励',
          transfer_scene_report_infos: [
            { info_type: '活动名称', info_content: '新会员有礼' },
            { info_type: '奖励说明', info_content: '注册会员抽奖一等奖' },
          ],
        },
        KEY,
      ),
    )

  test('for want of money does not stand for its key: the very same call goes through after a top-up', async () => {
    const { simulator } = one
    simulator.fund(-simulator.balance('OPERATION').available + 999, 'OPERATION')
    const poor = await transfer('B100001')
    expect([poor.status, await codeOf(poor)]).toEqual([403, 'NOT_ENOUGH'])
    expect(await trail()).toMatchObject([{ in_doubt: false }])
    simulator.fund(1, 'OPERATION')
    const again = await transfer('B100001')
    expect([again.status, again.headers.get('idempotency-replayed')]).toEqual([200, null])
    expect((await transfer('B100001')).headers.get('idempotency-replayed')).toBe('true')
  })

  test('that would be the same again stands for its key', async () => {
    await place('T100001', { amount: { total: -1 } })
    const again = await place('T100001', { amount: { total: -1 } })
    expect([await codeOf(again), again.headers.get('idempotency-replayed')]).toEqual(['PARAM_ERROR', 'true'])
    expect(proxy.forwarded).toHaveLength(1)
  })
})

test('a call that fails in an unknown way may have been sent: its key does not send it again', async () => {
  let sent = 0
  const broken = new Wechatpay({ ...one.simulator.merchant })
  broken.request = async () => {
    sent++
    throw new TypeError('after the response came')
  }
  one = await one.restart({ merchants: { [mchid]: broken } })
  const first = await reply()
  expect([first.status, await first.json()]).toMatchObject([500, { code: 'INTERNAL_ERROR', mayHaveTakenEffect: true }])
  expect(await codeOf(await reply())).toBe('CALL_IN_DOUBT')
  expect([sent, (await trail())[0]]).toMatchObject([1, { in_doubt: true }])
})

test('the genuine response to another refund proves nothing of this one, and is not kept for its key', async () => {
  const { merchant, fetch } = one.simulator
  let withheld: Response | undefined
  let isReplaying = false
  const swapping: typeof globalThis.fetch = async (input, init) => {
    if (isReplaying) return withheld!
    const response = await fetch(input, init)
    if (withheld || !String(input).endsWith('/v3/refund/domestic/refunds')) return response
    withheld = response
    throw new TypeError('the connection broke')
  }
  const client = new Wechatpay({ ...merchant, fetch: swapping, retry: false })
  one = await one.restart({ merchants: { [mchid]: client } })
  await place('T100001', {}, {})
  one.simulator.pay({ out_trade_no: 'T100001' })
  const refund = (out_refund_no: string) =>
    one.call(
      '/v3/refund/domestic/refunds',
      json(
        { out_trade_no: 'T100001', out_refund_no, amount: { refund: 1, total: 100, currency: 'CNY' } },
        { 'idempotency-key': out_refund_no },
      ),
    )
  expect((await refund('R1')).status).toBe(502)
  isReplaying = true
  const second = await refund('R2')
  expect([second.status, await second.json()]).toMatchObject([
    502,
    { code: 'RESPONSE_MISMATCH', mayHaveTakenEffect: true, detail: expect.stringContaining('out_refund_no') },
  ])
  expect((await watched())['v3-refund']).toBe(2)
  isReplaying = false
  const again = await refund('R2')
  expect([again.status, (await again.json()) as object]).toMatchObject([200, { out_refund_no: 'R2' }])
})

test('a query that a proxy answers leaves no doubt: it changes nothing', async () => {
  proxy.lie = () => ({ status: 502, type: 'text/html', body: '<html>' })
  const page = wechatpay({
    gateway: 'https://gateway.example/',
    fetch: (input, init) => one.call(new URL(String(input)).pathname, { ...init, headers: init!.headers! }),
  })
  const query = page.v3.certificates.get()
  await expect(query).rejects.toMatchObject({ gatewayCode: 'UPSTREAM_ERROR', mayHaveTakenEffect: false })
})
