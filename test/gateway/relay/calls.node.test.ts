import { beforeEach, describe, expect, test } from 'vitest'
import { wechatpay } from '../../../src/adapters/browser.ts'
import { Wechatpay } from '../../../src/core/index.ts'
import { createSimulator } from '../../../src/simulator/index.ts'
import { CALLER, type Harness, harness, json, orderOf } from '../harness.ts'

let one: Harness
beforeEach(async () => {
  one = await harness()
})
const NATIVE = '/v3/pay/transactions/native'
const place = (out_trade_no: string, headers: Record<string, string> = {}, more: object = {}) =>
  one.call(NATIVE, json(orderOf(one, out_trade_no, more), headers))
const trail = () => one.ledger.calls('shop', { limit: 10 })
/** How often WeChat Pay was called. */
const sent = () => one.simulator.journal.length
const told = async (response: Response) => [response.status, ((await response.json()) as { code: string }).code]

describe('the audit trail', () => {
  test('has a call from before it is sent, with its numbers and amount, and what came of it', async () => {
    const response = await place('T100001')
    const { appid, mchid } = one.simulator.merchant
    expect(await trail()).toEqual([
      {
        seq: 1,
        id: response.headers.get('wechatpay-edge-request-id'),
        at: one.clock.now,
        ended_at: one.clock.now,
        caller: 'shop',
        mchid,
        method: 'POST',
        path: NATIVE,
        amount: 100,
        status: 200,
        code: null,
        in_doubt: false,
        numbers: { appid, out_trade_no: 'T100001' },
        wechatpay_request_id: response.headers.get('request-id'),
      },
    ])
  })

  test('has what WeChat Pay refused, and what is in doubt', async () => {
    await place('T100001', {}, { amount: { total: -1 } })
    const lost = await harness({}, { fetch: () => Promise.reject(new TypeError('lost')) })
    await lost.call(NATIVE, json(orderOf(lost, 'T100002')))
    expect(await trail()).toMatchObject([{ status: 400, code: 'PARAM_ERROR', in_doubt: false }])
    expect(await lost.ledger.calls('shop', { limit: 10 })).toMatchObject([
      { status: 502, code: 'NETWORK_ERROR', in_doubt: true },
    ])
  })

  test('has no GET, and nothing of what a body says beside its numbers', async () => {
    const { mchid } = one.simulator.merchant
    await one.call(`/v3/pay/transactions/out-trade-no/T100001?mchid=${mchid}`)
    expect(await trail()).toEqual([])
    await place('T100001', {}, { description: 'a secret tea' })
    const rows = one.database.run('select * from call')
    expect(JSON.stringify(rows)).not.toContain('a secret tea')
  })
})

describe('Idempotency-Key', () => {
  const key = { 'idempotency-key': 'order-1' }

  test('the same key and call: the same answer, without a second call', async () => {
    const first = await place('T100001', key)
    const calls = sent()
    const second = await place('T100001', key)
    expect([second.status, await second.json()]).toEqual([200, await first.json()])
    expect([second.headers.get('idempotency-replayed'), second.headers.get('request-id')]).toEqual([
      'true',
      first.headers.get('request-id'),
    ])
    expect(sent()).toBe(calls)
  })

  test.each<[string, () => Promise<Response>]>([
    ['another body', () => place('T100001', key, { description: 'another' })],
    ['another path', () => one.call('/v3/pay/transactions/app', json(orderOf(one, 'T100001'), key))],
    ['another query', () => one.call(`${NATIVE}?a=1`, json(orderOf(one, 'T100001'), key))],
  ])('the same key and %s: 409, and nothing is sent', async (_, again) => {
    await place('T100001', key)
    const calls = sent()
    expect(await told(await again())).toEqual([409, 'IDEMPOTENCY_KEY_REUSED'])
    expect(sent()).toBe(calls)
  })

  test('the same key at the same time: one call is made', async () => {
    const answers = await Promise.all([place('T100001', key), place('T100001', key), place('T100001', key)])
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409])
    expect(await told(answers.find(({ status }) => status === 409)!)).toEqual([409, 'IDEMPOTENCY_KEY_IN_USE'])
    expect(sent()).toBe(1)
  })

  test('a page’s call that its browser sends twice is made once, and the page has its answer', async () => {
    let arrived = 0
    const wxpay = wechatpay({
      gateway: 'https://gateway.example/',
      // As Chromium, whose first connection breaks: the answer to the second request is what the page sees.
      fetch: async (input, init) => {
        const request = () => one.call(new URL(String(input)).pathname, { ...init, headers: init!.headers! })
        if (arrived++ === 0) void request()
        return request()
      },
    })
    const { data } = await wxpay.v3.pay.transactions.native.post(orderOf(one, 'T100001') as never)
    expect(data.code_url).toMatch(/^weixin:/)
    expect([arrived, sent()]).toEqual([2, 1])
  })

  test('a refusal of WeChat Pay’s stands for its key; what is in doubt may be sent again', async () => {
    const refused = await place('T100001', key, { amount: { total: -1 } })
    const again = await place('T100001', key, { amount: { total: -1 } })
    expect([again.status, await again.json(), sent()]).toEqual([400, await refused.json(), 1])

    let attempts = 0
    const { fetch, merchant } = one.simulator
    const flaky = new Wechatpay({
      ...merchant,
      retry: false,
      fetch: async (...given) => {
        const response = await fetch(...given)
        if (attempts++ === 0) throw new TypeError('the answer is lost')
        return response
      },
    })
    one = await one.restart({ merchants: { [merchant.mchid]: flaky } })
    const doubtful = { 'idempotency-key': 'order-2' }
    expect(await told(await place('T100002', doubtful))).toEqual([502, 'NETWORK_ERROR'])
    expect((await place('T100002', doubtful)).status).toBe(200)
    expect((await place('T100002', doubtful)).headers.get('idempotency-replayed')).toBe('true')
    expect(attempts).toBe(2)
  })

  test('a form that is written anew, with another boundary, is the same call', async () => {
    const upload = () => {
      const form = new FormData()
      form.set('file', new File([Uint8Array.of(0x89, 0x50, 0x4e, 0x47)], 'a.png', { type: 'image/png' }))
      return one.call('/v3/merchant/media/upload', { method: 'POST', body: form, headers: key })
    }
    const first = await (await upload()).json()
    const second = await upload()
    expect([await second.json(), second.headers.get('idempotency-replayed')]).toEqual([first, 'true'])
  })

  test('that is no key is refused', async () => {
    expect(await told(await place('T100001', { 'idempotency-key': 'a b' }))).toEqual([400, 'IDEMPOTENCY_KEY_INVALID'])
    expect(sent()).toBe(0)
  })
})

describe('several merchants', () => {
  const two = async (caller = {}) => {
    const other = await createSimulator({ mchid: '1900000222' })
    const { merchant, fetch } = one.simulator
    one = await one.restart({
      merchants: {
        [merchant.mchid]: new Wechatpay({ ...merchant, fetch }),
        [other.merchant.mchid]: new Wechatpay({ ...other.merchant, fetch: other.fetch }),
      },
      authenticate: async () => ({ ...CALLER, ...caller }),
    })
    return other
  }
  const query = (mchid: string, headers = {}) =>
    one.call(`/v3/pay/transactions/out-trade-no/T100001?mchid=${mchid}`, { headers })

  test('the message names whose keys sign, and the header goes before it', async () => {
    const other = await two()
    const { mchid } = one.simulator.merchant
    await query(mchid)
    await query(other.merchant.mchid)
    await query(mchid, { 'wechatpay-edge-mchid': other.merchant.mchid })
    const signed = (all: typeof one.simulator.journal) => all.map(({ signature, mchid }) => `${signature} ${mchid}`)
    expect(signed(one.simulator.journal)).toEqual([`valid ${mchid}`])
    expect(signed(other.journal)).toEqual([`valid ${other.merchant.mchid}`, `valid ${other.merchant.mchid}`])
  })

  test('where nothing names one the caller has to; one that the gateway has not, or the caller may not act for, is refused', async () => {
    await two()
    expect(await told(await one.call('/v3/certificates'))).toEqual([400, 'MERCHANT_MISSING'])
    expect(await told(await query('1', { 'wechatpay-edge-mchid': '3' }))).toEqual([404, 'MERCHANT_UNKNOWN'])
    await two({ merchants: [one.simulator.merchant.mchid] })
    expect(await told(await query('1900000222'))).toEqual([403, 'FORBIDDEN'])
    expect((await one.call('/v3/certificates')).status).toBe(404)
  })
})

describe('caps', () => {
  const capped = async () => {
    one = await one.restart({ authenticate: async () => ({ ...CALLER, maxAmount: 100 }) })
  }

  test('a call at the cap passes, one above is refused before it is sent', async () => {
    await capped()
    expect((await place('T100001')).status).toBe(200)
    const calls = sent()
    expect(await told(await place('T100002', {}, { amount: { total: 101 } }))).toEqual([403, 'AMOUNT_OVER_CAP'])
    expect(await told(await place('T100002', {}, { amount: { total: '1e9' } }))).toEqual([400, 'AMOUNT_INVALID'])
    expect(await told(await place('T100002', {}, { amount: [{ total: 60 }, { total: 60 }] }))).toEqual([
      403,
      'AMOUNT_OVER_CAP',
    ])
    expect(await told(await one.call('/v3/nobody/knows', json({ amount: 1 })))).toEqual([403, 'AMOUNT_UNKNOWN'])
    const v2 = await one.call('/v2/pay/unifiedorder', json({ total_fee: '101' }))
    expect(await told(v2)).toEqual([403, 'AMOUNT_OVER_CAP'])
    const checkout = await one.call('/checkout/native', json(orderOf(one, 'T100003', { amount: { total: 101 } })))
    expect(await told(checkout)).toEqual([403, 'AMOUNT_OVER_CAP'])
    expect(sent()).toBe(calls)
  })
})

test('a rate is kept to, and the wait is told', async () => {
  one = await one.restart({ authenticate: async () => ({ ...CALLER, rate: { max: 1, seconds: 60 } }) })
  expect((await place('T100001')).status).toBe(200)
  const second = await place('T100002')
  expect([await told(second), second.headers.get('retry-after')]).toEqual([[429, 'RATE_LIMITED'], '60'])
  one.clock.now += 60_000
  expect((await place('T100002')).status).toBe(200)
})

const JSON_TYPE = { 'content-type': 'application/json' }
const FORM_TYPE = { 'content-type': 'multipart/form-data; boundary=y' }

describe('bodies', () => {
  test.each<[string, RequestInit, number, string, string?]>([
    ['no JSON', { body: '{', headers: JSON_TYPE }, 400, 'BODY_INVALID'],
    ['XML', { body: '<xml/>', headers: { 'content-type': 'text/xml' } }, 415, 'CONTENT_TYPE_INVALID'],
    ['too large', { body: `"${'x'.repeat(1024 * 1024)}"`, headers: JSON_TYPE }, 413, 'BODY_TOO_LARGE'],
    [
      'cut short',
      { body: new ReadableStream({ start: it => it.error(new Error('gone')) }), duplex: 'half' } as RequestInit,
      400,
      'BODY_CUT_SHORT',
    ],
    ['no form', { body: 'x', headers: FORM_TYPE }, 400, 'BODY_INVALID', '/v3/merchant/media/upload'],
    ['a form for an endpoint that takes no file', { body: 'x', headers: FORM_TYPE }, 415, 'CONTENT_TYPE_INVALID'],
    ['JSON that is not said to be', { body: new Blob(['{}']) }, 415, 'CONTENT_TYPE_INVALID'],
  ])('that is %s is refused, and nothing is sent', async (_, init, status, code, path = NATIVE) => {
    const response = await one.call(path, { method: 'POST', ...init })
    expect(await told(response)).toEqual([status, code])
    expect(response.headers.get('wechatpay-edge-request-id')).toMatch(/^[\da-f-]{36}$/)
    expect(sent()).toBe(0)
  })
})

test('a header that would not stand in a request, or names another, reaches nobody', async () => {
  await place('T100001', { 'wechatpay-serial': 'forged', authorization: 'forged', cookie: 'x', 'x-forwarded-for': 'y' })
  const [exchange] = one.simulator.journal
  expect(exchange).toMatchObject({ signature: 'valid', status: 200 })
})
