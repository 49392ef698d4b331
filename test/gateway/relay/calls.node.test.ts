import { beforeEach, describe, expect, test } from 'vitest'
import { wechatpay } from '../../../src/adapters/browser.ts'
import { Wechatpay } from '../../../src/core/index.ts'
import { createSimulator } from '../../../src/simulator/index.ts'
import { CALLER, createTestGateway, json, nativeOrder, type TestGateway } from '../test-gateway.ts'

let one: TestGateway
beforeEach(async () => {
  one = await createTestGateway()
})
const NATIVE = '/v3/pay/transactions/native'
const place = (out_trade_no: string, headers: Record<string, string> = {}, more: object = {}) =>
  one.call(NATIVE, json(nativeOrder(one, out_trade_no, more), headers))
const trail = () => one.ledger.calls('shop', { limit: 10 })
/** How often WeChat Pay was called. */
const sent = () => one.simulator.journal.length
const gate = () => {
  let open = () => {}
  const opened = new Promise<void>(resolve => {
    open = resolve
  })
  return { open, opened }
}
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
    const lost = await createTestGateway({}, { fetch: () => Promise.reject(new TypeError('lost')) })
    await lost.call(NATIVE, json(nativeOrder(lost, 'T100002')))
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
    ['another path', () => one.call('/v3/pay/transactions/app', json(nativeOrder(one, 'T100001'), key))],
    ['another query', () => one.call(`${NATIVE}?a=1`, json(nativeOrder(one, 'T100001'), key))],
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
    // The second request arrives while the first is at WeChat Pay, which answers only after the second was refused.
    const [isSent, isRefused] = [gate(), gate()]
    const { fetch, merchant } = one.simulator
    const held = new Wechatpay({
      ...merchant,
      fetch: async (...given) => {
        isSent.open()
        await isRefused.opened
        return fetch(...given)
      },
    })
    one = await one.restart({ merchants: { [merchant.mchid]: held } })
    const statuses: number[] = []
    let first: Promise<Response> | undefined
    const wxpay = wechatpay({
      gateway: 'https://gateway.example/',
      // As Chromium, whose first connection breaks: the answer to the second request is what the page sees.
      fetch: async (input, init) => {
        const request = () => one.call(new URL(String(input)).pathname, { ...init, headers: init!.headers! })
        first ??= request()
        await isSent.opened
        const response = await request()
        statuses.push(response.status)
        isRefused.open()
        return response
      },
    })
    const { data } = await wxpay.v3.pay.transactions.native.post(nativeOrder(one, 'T100001') as never)
    expect(data.code_url).toMatch(/^weixin:/)
    expect((await first!).status).toBe(200)
    expect([statuses[0], statuses.at(-1), sent()]).toEqual([409, 200, 1])
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
    const checkout = await one.call('/checkout/native', json(nativeOrder(one, 'T100003', { amount: { total: 101 } })))
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

/** Text in an encoding that is not UTF-8. */
const latin1 = (text: string) => new Uint8Array(Buffer.from(text, 'latin1'))
const UPLOAD = '/v3/merchant/media/upload'
/** A form with two parts, each beginning with the value of its `Content-Disposition`. */
const formOf = (...parts: [disposition: string, content: string][]): RequestInit => ({
  body: latin1(
    `${parts.map(([head, content]) => `--y\r\nContent-Disposition: form-data; ${head}\r\n\r\n${content}\r\n`).join('')}--y--\r\n`,
  ),
  headers: FORM_TYPE,
})
const FILE_PART: [string, string] = ['name="file"; filename="a.png"', '\x89PNG\xff']

describe('bodies', () => {
  test.each<[string, RequestInit, number, string, string?]>([
    ['no JSON', { body: '{', headers: JSON_TYPE }, 400, 'BODY_INVALID'],
    ['JSON that is not UTF-8', { body: latin1('{"description":"caf\xe9"}'), headers: JSON_TYPE }, 400, 'BODY_INVALID'],
    ['XML', { body: '<xml/>', headers: { 'content-type': 'text/xml' } }, 415, 'CONTENT_TYPE_INVALID'],
    ['too large', { body: `"${'x'.repeat(1024 * 1024)}"`, headers: JSON_TYPE }, 413, 'BODY_TOO_LARGE'],
    [
      'cut short',
      { body: new ReadableStream({ start: it => it.error(new Error('gone')) }), duplex: 'half' } as RequestInit,
      400,
      'BODY_CUT_SHORT',
    ],
    ['no form', { body: 'x', headers: FORM_TYPE }, 400, 'BODY_INVALID', '/v3/merchant/media/upload'],
    [
      'a form whose meta is not UTF-8',
      formOf(['name="meta"', '{"filename":"caf\xe9.png"}'], FILE_PART),
      400,
      'BODY_INVALID',
      UPLOAD,
    ],
    [
      'a form whose meta comes last and is not UTF-8',
      formOf(FILE_PART, ['name="meta"', '{"filename":"caf\xe9.png"}']),
      400,
      'BODY_INVALID',
      UPLOAD,
    ],
    [
      'a form with a file name that is not UTF-8',
      formOf(['name="file"; filename="caf\xe9.png"', 'x']),
      400,
      'BODY_INVALID',
      UPLOAD,
    ],
    ['a form with the name of a part that is not UTF-8', formOf(['name="caf\xe9"', 'x']), 400, 'BODY_INVALID', UPLOAD],
    ['a form for an endpoint that takes no file', { body: 'x', headers: FORM_TYPE }, 415, 'CONTENT_TYPE_INVALID'],
    ['JSON that is not said to be', { body: new Blob(['{}']) }, 415, 'CONTENT_TYPE_INVALID'],
  ])('that is %s is refused, and nothing is sent', async (_, init, status, code, path = NATIVE) => {
    const response = await one.call(path, { method: 'POST', ...init })
    expect(await told(response)).toEqual([status, code])
    expect(response.headers.get('wechatpay-edge-request-id')).toMatch(/^[\da-f-]{36}$/)
    expect(sent()).toBe(0)
  })

  test('that are broken JSON are told where, and nothing of them is shown or logged', async () => {
    const body = '{\n  "payer": {"openid": "oUpF8uMuAJO"},\n  "description": "张三"\n  "amount": 1\n}'
    for (const path of [NATIVE, '/v2/pay/unifiedorder']) {
      const response = await one.call(path, { method: 'POST', body, headers: JSON_TYPE })
      const { detail } = (await response.json()) as { detail: string }
      expect([response.status, detail]).toEqual([400, 'body: not JSON: malformed or cut short at line 4, column 3.'])
    }
    expect(one.logged.join('\n')).not.toMatch(/oUpF8|张三/)
  })

  test('that are a form are refused by the name of the part that is not UTF-8', async () => {
    const form = formOf(['name="note"', 'x'], ['name="remark"', 'caf\xe9'], FILE_PART)
    const response = await one.call(UPLOAD, { method: 'POST', ...form })
    expect(await response.json()).toMatchObject({
      code: 'BODY_INVALID',
      detail: expect.stringMatching(/remark.*not UTF-8/),
    })
  })

  test('that begin with a byte order mark are sent without it', async () => {
    const { body, ...init } = json(nativeOrder(one, 'T100001'))
    expect((await one.call(NATIVE, { ...init, body: `\ufeff${body}` })).status).toBe(200)
    expect(one.simulator.journal).toMatchObject([{ signature: 'valid' }])
  })

  test('of a GET are refused at once, because no call would have them', async () => {
    const path = `/v3/pay/transactions/out-trade-no/T100001?mchid=${one.simulator.merchant.mchid}`
    expect(await told(await one.call(path, { headers: { 'content-length': '2' } }))).toEqual([400, 'BODY_INVALID'])
    expect(sent()).toBe(0)
    // A body in chunks may be empty.
    const empty: [name: string, value: string][] = [
      ['content-length', '0'],
      ['transfer-encoding', 'chunked'],
    ]
    for (const header of empty) expect((await one.call(path, { headers: [header] })).status).toBe(404)
  })
})

test('no header of the caller’s reaches WeChat Pay, but for the one that is forwarded', async () => {
  const { fetch, merchant } = one.simulator
  const requests: Request[] = []
  const client = new Wechatpay({
    ...merchant,
    fetch: async (input, init) => {
      const request = new Request(input, init)
      requests.push(request.clone())
      return fetch(request)
    },
  })
  one = await one.restart({ merchants: { [merchant.mchid]: client } })
  const names = [
    'authorization',
    'cookie',
    'x-forwarded-for',
    'x-real-ip',
    'user-agent',
    'accept-language',
    'wechatpay-serial',
    'request-id',
    'x-token',
  ]
  const headers = Object.fromEntries(names.map(name => [name, 'forged']))
  expect([...new Request('https://gateway.example.com', { headers }).headers.keys()].sort()).toEqual(names.sort())
  await place('T100001')
  await place('T100002', { ...headers, 'wechatpay-negative-test': 'v3' })
  const [plain, forged] = requests.map(request => new Headers(request.headers))
  expect(forged!.get('wechatpay-negative-test')).toBe('v3')
  forged!.delete('wechatpay-negative-test')
  expect([...forged!.keys()]).toEqual([...plain!.keys()])
  expect([...forged!.values()].filter(value => value.includes('forged'))).toEqual([])
  expect(one.simulator.journal.at(-1)).toMatchObject({ signature: 'valid' })
})
