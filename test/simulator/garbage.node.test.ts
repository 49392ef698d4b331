import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { createSimulator, type Simulator } from '../../src/simulator/index.ts'
import { defined, fill } from './definition.node.ts'
import { v2, v2Sign, v3, xml } from './node-client.ts'

let simulator: Simulator
beforeAll(async () => {
  simulator = await createSimulator({ platform: 'both' })
})

const RUNS = { numRuns: 150 }
const paths = fc.constantFrom(
  '/v3/certificates',
  '/v3/pay/transactions/jsapi',
  '/v3/refund/domestic/refunds',
  '/v3/merchant/media/upload',
  '/v3/payroll-card/authentications/pre-order',
  '/v3',
  '/v3/',
  '/',
  '/pay/unifiedorder',
  '/pay/orderquery',
  '/pay/refundquery',
  '/secapi/pay/refund',
  '/secsvc/realnameauth',
  '/papay/entrustweb',
  '/v3/bill/tradebill',
)
const names = fc.constantFrom(
  'appid',
  'mchid',
  'description',
  'out_trade_no',
  'notify_url',
  'amount',
  'payer',
  'scene_info',
  'total',
  'identity',
  'openid',
  'attach',
  'detail',
  'refund',
  'currency',
  'goods_detail',
  'from',
  'out_refund_no',
  '__proto__',
  'limit_pay',
)
const { json } = fc.letrec(tie => ({
  json: fc.oneof({ depthSize: 'small' }, fc.jsonValue(), fc.dictionary(names, tie('json')), fc.array(tie('json'))),
}))

/** A refusal in the documented form, and never the simulator's own fault. */
async function expectRefusal(response: Response): Promise<void> {
  const text = await response.text()
  expect(response.headers.get('request-id')).toBeTruthy()
  expect(response.status).toBeLessThan(500)
  expect(text).not.toContain('系统')
  expect(simulator.journal.at(-1)!.code).toBeTruthy()
}

describe('responds to whatever arrives', () => {
  it('unsigned: any method, path, headers, bytes', async () => {
    const methods = fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'HEAD')
    const header = fc.oneof(
      fc.string(),
      fc.string().map(text => `WECHATPAY2-SHA256-RSA2048 ${text}`),
      fc.constant('WECHATPAY2-SHA256-RSA2048 mchid="1"'),
    )
    const type = fc.constantFrom(
      'application/json',
      'text/xml',
      'multipart/form-data; boundary=x',
      'multipart/form-data',
      '',
    )
    await fc.assert(
      fc.asyncProperty(
        methods,
        paths,
        fc.string(),
        header,
        type,
        fc.uint8Array(),
        async (method, path, query, value, contentType, bytes) => {
          const headers = new Headers({ Accept: '*/*', 'User-Agent': 'x', 'Content-Type': contentType })
          try {
            headers.set('Authorization', value)
          } catch {} // not a header any client could send
          const body = ['GET', 'HEAD'].includes(method) ? null : bytes
          await expectRefusal(await simulator.fetch(`https://x.example${path}?${query}`, { method, headers, body }))
        },
      ),
      RUNS,
    )
  })

  it('multipart of any bytes', async () => {
    const piece = fc.constantFrom(
      '--x',
      '\r\n',
      '--',
      '\r\n\r\n',
      '--x--',
      'Content-Disposition: form-data; name="meta"',
      '{}',
      '\n',
      'a',
    )
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 30 }), async pieces => {
        const headers = {
          Accept: '*/*',
          'User-Agent': 'x',
          Authorization: 'WECHATPAY2-SHA256-RSA2048 mchid="1",nonce_str="1",timestamp="1",serial_no="1",signature="1"',
        }
        const body = pieces.join('')
        await expectRefusal(
          await simulator.fetch('https://x.example/v3/merchant/media/upload', {
            method: 'POST',
            headers: { ...headers, 'Content-Type': 'multipart/form-data; boundary="x"' },
            body,
          }),
        )
      }),
      RUNS,
    )
  })

  it('signed: any JSON', async () => {
    await fc.assert(
      fc.asyncProperty(
        paths.filter(path => path.startsWith('/v3')),
        fc.oneof(
          json.map(value => JSON.stringify(value)),
          fc.string(),
        ),
        async (path, body) => {
          const answer = await v3(simulator, 'POST', path, { body })
          expect([400, 404, 405]).toContain(answer.status)
          expect(answer.json).toMatchObject({ code: expect.any(String), message: expect.any(String) })
        },
      ),
      RUNS,
    )
  })

  it('signed: an order with one field of any JSON', async () => {
    const { appid, mchid } = simulator.merchant
    const order = {
      appid,
      mchid,
      description: 'd',
      out_trade_no: 'garbage-1',
      notify_url: 'https://example.com',
      amount: { total: 1 },
      payer: { openid: 'o' },
    }
    await fc.assert(
      fc.asyncProperty(names, json, async (name, value) => {
        const answer = await v3(simulator, 'POST', '/v3/pay/transactions/jsapi', { body: { ...order, [name]: value } })
        expect([200, 400, 403]).toContain(answer.status)
      }),
      RUNS,
    )
  })

  it('signed: any APIv2 message', async () => {
    const v2Paths = paths.filter(path => /^\/(pay|sec)/.test(path))
    const v2Names = fc.constantFrom(
      'out_trade_no',
      'transaction_id',
      'total_fee',
      'refund_fee',
      'out_refund_no',
      'offset',
      'attach',
      'body',
      'trade_type',
      'constructor',
    )
    const texts = fc.string({ unit: 'grapheme' }).map(text => text.replaceAll(']]>', ''))
    await fc.assert(
      fc.asyncProperty(v2Paths, fc.dictionary(v2Names, texts), async (path, params) => {
        const answer = await v2(simulator, path, params, true)
        expect(answer.return_code).toMatch(/^(SUCCESS|FAIL)$/)
        expect(answer.err_code ?? '').not.toBe('SYSTEMERROR')
        expect(answer.return_msg).not.toBe('系统错误')
      }),
      RUNS,
    )
  })

  it('signed: any endpoint, with any JSON where something was right', async () => {
    const endpoints = defined.filter(({ api, method }) => api === 'v3' && method !== 'GET')
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...endpoints), fc.nat(), json, segment, async (one, at, value, name) => {
        const body = one.body ? replaced(fill(one.body, '', {}), at, value) : value
        const path = one.path.replace(/\{\w+\}/g, encodeURIComponent(name))
        const answer = await v3(simulator, one.method, path, { body: JSON.stringify(body) })
        expectDocumented(answer)
      }),
      { numRuns: 400 },
    )
  })

  it('signed: any endpoint, with any query', async () => {
    const endpoints = defined.filter(({ api, method }) => api === 'v3' && method === 'GET')
    const pair = fc.tuple(
      fc.oneof(fc.constantFrom('mchid', 'limit', 'offset', 'page_size', '__proto__', 'constructor'), fc.string()),
      fc.oneof(
        fc.constantFrom('', '0', '-1', '1e9', '99999999999999999999', '%', '%ff', '%00', 'a%2', '+', '&'),
        fc.string(),
      ),
    )
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...endpoints), fc.array(pair), segment, async (one, pairs, name) => {
        const path = one.path.replace(/\{\w+\}/g, encodeURIComponent(name))
        const known = one.parameters.filter(parameter => parameter.in === 'query').map(parameter => parameter.name)
        const query = pairs.map(([given, value], at) => `${known[at] ?? given}=${value}`).join('&')
        // Signs the URL as `URL` writes it, as any client does.
        const { pathname, search } = new URL(`https://x.example${path}?${query.replaceAll('#', '')}`)
        expectDocumented(await v3(simulator, 'GET', pathname + search))
      }),
      { numRuns: 400 },
    )
  })

  it('signed: any APIv2 endpoint, with anything where text or JSON in text is due', async () => {
    const endpoints = defined.filter(({ api, method }) => api === 'v2' && method === 'POST')
    const text = fc.oneof(
      fc
        .string({ unit: 'grapheme' })
        .map(one => one.replaceAll(']]>', '').replace(/[\0-\x08\x0b-\x1f\ufffe\uffff]/g, '')),
      json.map(value => JSON.stringify(value)),
      fc.constant('['.repeat(10_000)),
      fc.constantFrom('null', '{}', '[]', '{"__proto__":1}', '%', 'a%3D%', '9'.repeat(400)),
    )
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...endpoints), fc.nat(), text, async (one, at, value) => {
        const { appid, mchid: mch_id } = simulator.merchant
        const known = {
          appid,
          mch_id,
          mchid: mch_id,
          combine_mch_id: mch_id,
          combine_appid: appid,
          wxappid: appid,
          mch_appid: appid,
        }
        const message = fill(one.body!, '', known) as Record<string, string>
        const params = Object.fromEntries(Object.entries(message).map(([name, given]) => [name, String(given)]))
        const chosen = Object.keys(params)[at % Object.keys(params).length]
        const response = await v2Text(one.path, { ...params, ...(chosen && { [chosen]: value }), sign_type: 'MD5' })
        expect(response.status).toBe(200)
        expect(await response.text()).not.toContain('系统错误')
      }),
      { numRuns: 400 },
    )
  })

  const deep = (levels: number, inner: string) => `${'{"a":'.repeat(levels)}${inner}${'}'.repeat(levels)}`
  const bodies: [what: string, body: string | Buffer][] = [
    ['deeper than any message', deep(33, '1')],
    ['deeper than a stack', deep(200_000, '1')],
    ['lists deeper than a stack', `{"a":${'['.repeat(200_000)}${']'.repeat(200_000)}}`],
    ['cut short', '{"appid":"wx'],
    ['five megabytes', JSON.stringify({ appid: 'x'.repeat(5_000_000) })],
    ['a hundred thousand fields', `{${Array.from({ length: 100_000 }, (_, at) => `"f${at}":1`).join()}}`],
    ['GBK', Buffer.from('7b226465736372697074696f6e223a22d6d0ceb4227d', 'hex')],
    ['UTF-16', Buffer.from('\ufeff{"appid":"1"}', 'utf16le')],
    ['half a surrogate pair', '{"description":"\\ud800"}'],
    ['a null byte', '{"appid":"\\u0000"}'],
    ['prototypes', '{"__proto__":{"appid":"1"},"constructor":{"prototype":1},"toString":1}'],
    ['a number beyond any', '{"amount":{"total":1e999}}'],
    ['an integer of ten thousand digits', `{"amount":{"total":${'9'.repeat(10_000)}}}`],
    ['the same name twice', '{"appid":"1","appid":[]}'],
  ]
  it.each(bodies)('signed: %s', async (_, body) => {
    expectDocumented(await v3(simulator, 'POST', '/v3/pay/transactions/native', { body }))
    expectDocumented(await v3(simulator, 'POST', '/v3/marketing/favor/coupon-stocks', { body }))
    expect(({} as { appid?: unknown }).appid).toBeUndefined()
  })

  it('signed: headers of any length and content', async () => {
    const body = JSON.stringify({})
    for (const name of ['Content-Type', 'Wechatpay-Serial', 'Idempotency-Key', 'Accept', 'User-Agent', 'Cookie'])
      for (const value of ['x'.repeat(20_000), '\u00ff\u00fe', '"', ',', 'multipart/form-data; boundary="'])
        expectDocumented(
          await v3(simulator, 'POST', '/v3/marketing/partnerships/build', { body, headers: { [name]: value } }),
        )
  })
})

/** A placeholder's value, as the core and other clients would send it. */
const segment = fc.string({ minLength: 1 }).filter(text => !/\p{Surrogate}/u.test(text) && !/^\.{1,2}$/.test(text))

/** Answered well, or refused in the documented form; never the simulator's own fault. */
function expectDocumented({ status, json: answer }: { status: number; json: unknown }): void {
  expect(status).toBeLessThan(500)
  if (status >= 400) expect(answer).toMatchObject({ code: expect.any(String), message: expect.any(String) })
}

/** The value with one of its leaves, or members, replaced. */
function replaced(given: unknown, at: number, value: unknown): unknown {
  const names = typeof given === 'object' && given !== null ? Object.keys(given) : []
  const name = names[at % Math.max(1, names.length)]
  if (name === undefined || at % 5 === 0) return value
  const inner = replaced((given as Record<string, unknown>)[name], Math.floor(at / names.length), value)
  return Array.isArray(given) ? [inner] : { ...(given as object), [name]: inner }
}

function v2Text(path: string, params: Record<string, string>): Promise<Response> {
  const all = { ...params, nonce_str: 'n' }
  const body = xml({ ...all, sign: v2Sign(all, simulator.merchant.apiv2Key) })
  return simulator.mtlsFetch(`https://api.mch.weixin.qq.com${path}`, { method: 'POST', body })
}
