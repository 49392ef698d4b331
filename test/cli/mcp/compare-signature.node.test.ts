import { createHash, createHmac, createSign, randomBytes } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import { createTestTools, type TestTools } from './test-context.ts'

// Programs with the usual mistakes, written with node:crypto alone, and what the tool says about each.

let tools: TestTools
beforeAll(async () => {
  tools = await createTestTools()
})

interface Request {
  readonly method: string
  readonly path: string
  readonly query?: Readonly<Record<string, string>>
  readonly body?: string
}
const ORDER: Request = {
  method: 'POST',
  path: 'v3/pay/transactions/native',
  body: '{ "appid": "wx1", "description": "茶 & tea", "amount": {"total": 100} }',
}
const QUERY: Request = { method: 'GET', path: 'v3/pay/transactions/out-trade-no/A1', query: { mchid: '1900000109' } }
const WORDS: Request = { method: 'GET', path: 'v3/marketing/favor/stocks', query: { a: '中文 x' } }

interface Parts {
  readonly method: string
  readonly target: string
  readonly timestamp: string
  readonly nonce: string
  readonly body: string
}
const textOf = ({ method, target, timestamp, nonce, body }: Parts) =>
  `${method}\n${target}\n${timestamp}\n${nonce}\n${body}\n`

/** Signs as a program does, over the text that it builds. */
async function compare(
  request: Request,
  build: (parts: Parts) => string = textOf,
  changes: Record<string, string> = {},
) {
  const { privateKey, serial, mchid } = tools.context.shop.simulator.merchant
  const search = request.query ? `?${new URLSearchParams(request.query).toString().replaceAll('+', '%20')}` : ''
  const parts: Parts = {
    method: request.method,
    target: `/${request.path}${search}`,
    timestamp: String(Math.floor(Date.now() / 1000)),
    nonce: randomBytes(16).toString('hex'),
    body: request.body ?? '',
  }
  const signature = createSign('sha256').update(build(parts)).sign(privateKey, 'base64')
  const fields = { mchid, nonce_str: parts.nonce, timestamp: parts.timestamp, serial_no: serial, signature, ...changes }
  const header = Object.entries(fields).map(([name, field]) => `${name}="${field}"`)
  const authorization = `WECHATPAY2-SHA256-RSA2048 ${header.join(',')}`
  const { isError, value } = await tools.run('explain_signature', { ...request, authorization })
  expect(isError).toBe(false)
  return value.comparison as { name: string; ok: boolean | null; detail: string; fix?: string }[]
}
const failures = (checks: Awaited<ReturnType<typeof compare>>) => checks.filter(({ ok }) => ok === false)

describe('APIv3', () => {
  it.each([ORDER, QUERY, WORDS])('finds nothing wrong with a correct signature: $method $path', async request => {
    expect(failures(await compare(request))).toEqual([])
  })

  it.each<[string, Request, (parts: Parts) => string, RegExp]>([
    ['without the last line break', ORDER, parts => textOf(parts).slice(0, -1), /last line break is missing/],
    ['without the line of the body', QUERY, parts => textOf(parts).slice(0, -1), /last line break|line with it/],
    ['without the body', ORDER, parts => textOf({ ...parts, body: '' }), /body is not in the signed text/],
    ['without the query', QUERY, parts => textOf({ ...parts, target: parts.target.split('?')[0]! }), /query is not/],
    [
      'over the whole URL',
      QUERY,
      parts => textOf({ ...parts, target: `https://api.mch.weixin.qq.com${parts.target}` }),
      /whole URL/,
    ],
    [
      'over the URL before its encoding',
      WORDS,
      parts => textOf({ ...parts, target: decodeURIComponent(parts.target) }),
      /before it was percent-encoded/,
    ],
    ['with the method in lower case', ORDER, parts => textOf({ ...parts, method: 'post' }), /lower case/],
    [
      'over a body that is serialized again',
      ORDER,
      parts => textOf({ ...parts, body: JSON.stringify(JSON.parse(parts.body)) }),
      /serialized differently/,
    ],
    [
      'over an indented body',
      ORDER,
      parts => textOf({ ...parts, body: JSON.stringify(JSON.parse(parts.body), undefined, 2) }),
      /indentation/,
    ],
    ['with CRLF', ORDER, parts => textOf(parts).replaceAll('\n', '\r\n'), /\\r\\n/],
    ['with a backslash and an n', ORDER, parts => textOf(parts).replaceAll('\n', '\\n'), /backslash/],
    ['over another text', ORDER, () => 'anything', /no usual mistake explains it/],
  ])('names the mistake of a signature %s', async (_, request, build, expected) => {
    const [failure, ...more] = failures(await compare(request, build))
    expect(more).toEqual([])
    expect(failure).toMatchObject({ name: 'signature', detail: expect.stringMatching(expected) })
    expect(failure!.fix).toBeTruthy()
  })

  it.each([
    ['another merchant', { mchid: '1900000001' }, 'mchid'],
    ['another serial', { serial_no: 'AB12' }, 'serial_no'],
    ['milliseconds', { timestamp: '1700000000000' }, 'timestamp'],
  ])('names %s', async (_, changes, name) => {
    expect(failures(await compare(ORDER, textOf, changes)).map(check => check.name)).toContain(name)
  })

  it('names another scheme and missing fields', async () => {
    const { value } = await tools.run('explain_signature', { ...ORDER, authorization: 'Bearer abc' })
    const failed = value.comparison.filter(({ ok }: { ok: boolean }) => ok === false)
    expect(failed.map(({ name }: { name: string }) => name)).toEqual(
      expect.arrayContaining(['scheme', 'fields', 'signature']),
    )
  })
})

describe('APIv2', () => {
  const fields = { appid: 'wx1', mch_id: '1900000109', body: '茶 & tea', total_fee: '100', attach: '', nonce_str: 'n' }
  type Pairs = [string, string][]
  const query = (pairs: Pairs) => pairs.map(pair => pair.join('=')).join('&')
  const sorted = (pairs: Pairs) => [...pairs].sort(([a], [b]) => (a < b ? -1 : 1))
  const filled = (pairs: Pairs) => pairs.filter(([, value]) => value !== '')
  const md5 = (text: string) => createHash('md5').update(text).digest('hex').toUpperCase()
  const key = () => tools.context.shop.simulator.merchant.apiv2Key
  const hmac = (text: string) => createHmac('sha256', key()).update(text).digest('hex').toUpperCase()
  const correct = (pairs: Pairs) => `${query(sorted(filled(pairs)))}&key=${key()}`

  it.each<[string, object, (pairs: Pairs) => string, boolean, RegExp]>([
    ['a correct MD5', fields, pairs => md5(correct(pairs)), true, /valid, MD5/],
    ['a correct HMAC', { ...fields, sign_type: 'HMAC-SHA256' }, pairs => hmac(correct(pairs)), true, /HMAC/],
    ['lower case', fields, pairs => md5(correct(pairs)).toLowerCase(), false, /lower case/],
    ['a type that is not declared', fields, pairs => hmac(correct(pairs)), false, /declares MD5/],
    ['no key', fields, pairs => md5(query(sorted(filled(pairs)))), false, /key is missing/],
    ['empty fields', fields, pairs => md5(`${query(sorted(pairs))}&key=${key()}`), false, /empty fields/],
    ['no order', fields, pairs => md5(`${query(filled(pairs))}&key=${key()}`), false, /not sorted/],
    [
      'encoded values',
      fields,
      pairs => md5(correct(pairs.map(([name, value]) => [name, encodeURIComponent(value)]))),
      false,
      /percent-encoded/,
    ],
    ['anything', fields, () => 'ABCDEF', false, /no usual mistake/],
  ])('tells %s', async (_, message, signOf, ok, detail) => {
    const sign = signOf(Object.entries(message))
    const { value, text } = await tools.run('explain_signature', {
      method: 'POST',
      path: 'v2/pay/unifiedorder',
      body: { ...message, sign },
    })
    expect(value.comparison).toEqual([
      expect.objectContaining({ name: 'sign', ok, detail: expect.stringMatching(detail) }),
    ])
    expect(text).not.toContain(key())
  })
})

it('a body that is no object is signed as it is, and said to be none', async () => {
  for (const body of ['null', '"x"', '[1]']) {
    const { isError, value } = await tools.run('explain_signature', { method: 'POST', path: ORDER.path, body })
    expect([isError, value.objections]).toEqual([false, 'The body is not an object.'])
  }
})
