/** The explanation that the timeline gives for an invalid signature. The requests are signed with node:crypto. */
import { createHash, createHmac, randomBytes, sign } from 'node:crypto'
import { beforeAll, describe, expect, test } from 'vitest'
import { createSimulator, createSimulatorMount, type Simulator } from '../../../src/simulator/index.ts'
import type { TimelineDetail } from '../../../src/simulator/timeline/detail.ts'
import { mistakenTexts } from '../../../src/simulator/v3/signature-mistakes.ts'

let simulator: Simulator
let mount: (request: Request) => Promise<Response>
let count = 0

beforeAll(async () => {
  simulator = await createSimulator({ seed: 'explanation' })
  mount = createSimulatorMount(simulator)
})

const ORIGIN = 'https://api.mch.weixin.qq.com'
const URL = '/v3/certificates?a=%E8%8C%B6'

interface SignedParts {
  readonly method: string
  readonly url: string
  readonly timestamp: string
  readonly nonce: string
  readonly body: string
}

/** Sends a request whose signature covers what `textOf` returns, and returns what the timeline says about it. */
async function explain(
  body: string,
  textOf: (parts: SignedParts) => string,
  {
    method = 'POST',
    url = URL,
    key = simulator.merchant.privateKey,
    timestamp = String(Math.floor(Date.now() / 1000)),
  } = {},
): Promise<TimelineDetail> {
  const { mchid, serial } = simulator.merchant
  const nonce = randomBytes(16).toString('hex')
  const signature = sign('sha256', Buffer.from(textOf({ method, url, timestamp, nonce, body })), key).toString('base64')
  const parameters = { mchid, nonce_str: nonce, timestamp, serial_no: serial, signature }
  const fields = Object.entries(parameters).map(([name, value]) => `${name}="${value}"`)
  await simulator.fetch(ORIGIN + url, {
    method,
    headers: {
      authorization: `WECHATPAY2-SHA256-RSA2048 ${fields.join(',')}`,
      accept: 'application/json',
      'user-agent': 'test',
      'content-type': 'application/json',
    },
    body: method === 'GET' ? null : body,
  })
  return detail(++count)
}

async function detail(id: number): Promise<TimelineDetail> {
  const response = await mount(new Request(`http://localhost/simulator/timeline/${id}`))
  expect(response.status).toBe(200)
  return (await response.json()) as TimelineDetail
}

const BODY = '{ "description": "茶",\n "total": 9007199254740993 }'
const lines = (...texts: string[]): string => texts.map(text => `${text}\n`).join('')

describe('of an APIv3 request', () => {
  test.each<[string, (parts: SignedParts) => string]>([
    ['last-line-break', ({ method, url, timestamp, nonce, body }) => [method, url, timestamp, nonce, body].join('\n')],
    ['body-line', ({ method, url, timestamp, nonce }) => lines(method, url, timestamp, nonce)],
    ['body', ({ method, url, timestamp, nonce }) => lines(method, url, timestamp, nonce, '')],
    ['query', ({ method, timestamp, nonce, body }) => lines(method, '/v3/certificates', timestamp, nonce, body)],
    ['whole-url', ({ method, url, timestamp, nonce, body }) => lines(method, ORIGIN + url, timestamp, nonce, body)],
    ['percent-encoding', p => lines(p.method, '/v3/certificates?a=茶', p.timestamp, p.nonce, p.body)],
    [
      'method-case',
      ({ method, url, timestamp, nonce, body }) => lines(method.toLowerCase(), url, timestamp, nonce, body),
    ],
    [
      'serialized-twice',
      p => lines(p.method, p.url, p.timestamp, p.nonce, '{"description":"茶","total":9007199254740992}'),
    ],
    [
      'indentation',
      p => lines(p.method, p.url, p.timestamp, p.nonce, '{\n  "description": "茶",\n  "total": 9007199254740992\n}'),
    ],
    ['carriage-returns', p => [p.method, p.url, p.timestamp, p.nonce, p.body, ''].join('\n').replaceAll('\n', '\r\n')],
    [
      'escaped-line-breaks',
      p => [p.method, p.url, p.timestamp, p.nonce, p.body, ''].join('\n').replaceAll('\n', '\\n'),
    ],
  ])('names the mistake %s, and shows what was signed', async (mistake, textOf) => {
    let signed = ''
    const { entry, explanation, signedText } = await explain(BODY, parts => {
      signed = textOf(parts)
      return signed
    })
    expect(entry).toMatchObject({ kind: 'request', status: 401, signature: 'invalid' })
    expect(explanation).toMatchObject({ mistake, signed })
    expect(explanation?.expected).toBe(signedText)
    expect(explanation?.what).toBeTruthy()
    expect(explanation?.cure).toBeTruthy()
  })

  test('admits that it knows no reason, where the key is another', async () => {
    const { privateKey } = (await createSimulator()).merchant
    const correct = (p: SignedParts) => lines(p.method, p.url, p.timestamp, p.nonce, p.body)
    const { explanation } = await explain(BODY, correct, { key: privateKey })
    expect(explanation).toMatchObject({ mistake: 'unknown' })
    expect(explanation).not.toHaveProperty('signed')
  })

  test('has none where the signature was not compared with a text', async () => {
    const headers = { authorization: 'WECHATPAY2-SHA256-RSA2048 a="b"', accept: '*/*', 'user-agent': 'test' }
    await simulator.fetch(`${ORIGIN}${URL}`, { headers })
    const { entry, explanation } = await detail(++count)
    expect(entry).toMatchObject({ signature: 'invalid' })
    expect(explanation).toBeUndefined()
  })

  test('compares no long body, and keeps nothing of it', async () => {
    const body = JSON.stringify({ text: 'x'.repeat(100_000) })
    const { explanation, signedText } = await explain(body, () => 'something else')
    expect(explanation).toMatchObject({ mistake: 'too-long' })
    expect(explanation!.expected.length).toBeLessThan(1000)
    expect(signedText!.length).toBe(65_536)
  })

  test('has none of a valid signature', async () => {
    const correct = (p: SignedParts) => lines(p.method, p.url, p.timestamp, p.nonce, p.body)
    const { entry, explanation, signedBy } = await explain('', correct, { method: 'GET' })
    expect(entry).toMatchObject({ signature: 'valid' })
    expect(explanation).toBeUndefined()
    expect(signedBy).toBe(simulator.merchant.serial)
  })
})

/** Texts as PHP and Python write them; `SENT` is what most HTTP clients send for the same order. */
const SENT =
  '{"out_trade_no":"B-1","notify_url":"https://a.cn/b","description":"茶\ud83c\udf75","amount":{"total":1,"currency":"CNY"}}'
const ESCAPED = '\\u8336\\ud83c\\udf75'
const SLASHES = SENT.replaceAll('/', '\\/')
const CHARACTERS = SENT.replace('茶\ud83c\udf75', ESCAPED)
const SPACED =
  '{"out_trade_no": "B-1", "notify_url": "https://a.cn/b", "description": "茶\ud83c\udf75", "amount": {"total": 1, "currency": "CNY"}}'
const SORTED =
  '{"amount":{"currency":"CNY","total":1},"description":"茶\ud83c\udf75","notify_url":"https://a.cn/b","out_trade_no":"B-1"}'
const SORTED_AT_THE_TOP =
  '{"amount":{"total":1,"currency":"CNY"},"description":"茶\ud83c\udf75","notify_url":"https://a.cn/b","out_trade_no":"B-1"}'
const SORTED_BY_PYTHON = `{"amount": {"currency": "CNY", "total": 1}, "description": "${ESCAPED}", "notify_url": "https://a.cn/b", "out_trade_no": "B-1"}`
const SORTED_BY_PHP = `{"amount":{"total":1,"currency":"CNY"},"description":"${ESCAPED}","notify_url":"https:\\/\\/a.cn\\/b","out_trade_no":"B-1"}`

describe('of an APIv3 request whose body was serialized in two ways', () => {
  test.each<[mistake: string, signed: string, sent: string, method?: string]>([
    ['escaped-slashes', SLASHES, SENT],
    ['escaped-slashes', '{"a":"\\\\\\/"}', '{"a":"\\\\/"}'],
    ['escaped-characters', CHARACTERS, SENT],
    ['escaped-slashes-and-characters', SLASHES.replace('茶\ud83c\udf75', ESCAPED), SENT],
    ['spaced-separators', SPACED, SENT],
    ['spaced-separators', '{"a": "b:c,\\"d", "e": [1, {}, []]}', '{"a":"b:c,\\"d","e":[1,{},[]]}'],
    ['spaced-separators-and-characters', SPACED.replace('茶\ud83c\udf75', ESCAPED), SENT],
    ['sorted-names', SORTED, SENT],
    ['sorted-names', SORTED_AT_THE_TOP, SENT],
    ['sorted-names', SORTED_BY_PYTHON, SENT],
    ['sorted-names', SORTED_BY_PHP, SENT],
    ['sorted-names', '{"a":9007199254740993,"b":1}', '{"b":1,"a":9007199254740993}'],
    ['body-not-sent', '{}', '', 'GET'],
    ['body-not-sent', '[]', '', 'GET'],
    ['body-not-sent', 'null', '', 'POST'],
  ])('names the mistake %s: %s instead of %s', async (mistake, signedBody, body, method = 'POST') => {
    const textOf = (p: SignedParts) => lines(p.method, p.url, p.timestamp, p.nonce, signedBody)
    const { explanation } = await explain(body, textOf, { method })
    expect(explanation).toMatchObject({ mistake })
    expect(explanation!.signed!.split('\n')[4]).toBe(signedBody)
    expect(explanation!.expected.split('\n')[4]).toBe(body)
  })

  test.each([
    ['deep arrays', `${'['.repeat(1000)}${'0,'.repeat(31_000)}0${']'.repeat(1000)}`],
    ['deep objects', `${'{"b":1,"a":'.repeat(4000)}0${'}'.repeat(4000)}`],
    ['escaped quotes', `"${'\\"'.repeat(32_000)}`],
    ['slashes and letters', JSON.stringify('/茶'.repeat(16_000))],
    ['many names', `{${'"":0,'.repeat(13_000)}"":0}`],
  ])('builds no text that is much longer than the body: %s', (_, body) => {
    expect(body.length).toBeGreaterThan(32_000)
    const texts = [...mistakenTexts({ method: 'POST', timestamp: '1', nonce: '1', body }, [URL], ORIGIN)]
    expect(texts.length).toBeLessThan(40)
    for (const { text, mistake } of texts) expect(text.length, mistake.name).toBeLessThan(body.length * 40)
  })
})

describe('of an APIv3 request with a wrong time', () => {
  /** Signs with the time that the clock shows, changed, and sends that time. */
  const explainTime = async (change: (seconds: number) => number, body = BODY, signed = body) => {
    const now = Math.floor(Date.now() / 1000)
    const timestamp = String(change(now))
    const textOf = (p: SignedParts) => lines(p.method, p.url, p.timestamp, p.nonce, signed)
    return { now, timestamp, ...(await explain(body, textOf, { timestamp })) }
  }
  const timeLine = (text: string | undefined) => text?.split('\n')[2]

  test('names milliseconds', async () => {
    const { now, timestamp, explanation } = await explainTime(seconds => seconds * 1000)
    expect(explanation).toMatchObject({
      mistake: 'time-milliseconds',
      what: `the time is in milliseconds: ${timestamp}`,
      cure: 'Send seconds since 1970, ten digits',
    })
    expect(timeLine(explanation?.expected)).toBe(String(now))
    expect(timeLine(explanation?.signed)).toBe(timestamp)
  })

  test.each([
    [-3600, 'behind'],
    [3600, 'ahead of'],
  ])('says by how much a clock is wrong: %d s', async (difference, word) => {
    const { now, timestamp, explanation } = await explainTime(seconds => seconds + difference)
    expect(explanation).toMatchObject({ mistake: 'time-stale', what: expect.stringContaining(`s ${word} the clock`) })
    expect(Math.abs(explanation!.seconds! + difference)).toBeLessThan(60)
    expect(Number(timeLine(explanation?.expected)) - now).toBeLessThan(60)
    expect(timeLine(explanation?.signed)).toBe(timestamp)
  })

  test('shows no signed text where the signature is not that of the request, or the body is long', async () => {
    for (const [body, signed] of [
      [BODY, 'another'],
      ['x'.repeat(100_000), 'x'.repeat(100_000)],
    ] as const) {
      const { explanation } = await explainTime(seconds => seconds * 1000, body, signed)
      expect(explanation).toMatchObject({ mistake: 'time-milliseconds' })
      expect(explanation!.expected.length).toBeLessThan(1000)
      expect(explanation).not.toHaveProperty('signed')
    }
  })
})

describe('of an APIv2 message', () => {
  test('compares no long message', async () => {
    const fields = { mch_id: simulator.merchant.mchid, attach: 'x'.repeat(100_000), sign: 'A' }
    const body = `<xml>${Object.entries(fields)
      .map(([name, value]) => `<${name}>${value}</${name}>`)
      .join('')}</xml>`
    await simulator.fetch(`${ORIGIN}/pay/orderquery`, { method: 'POST', body })
    expect((await detail(++count)).explanation).toMatchObject({ mistake: 'too-long' })
  })

  const xml = (fields: Record<string, string>): string =>
    `<xml>${Object.entries(fields)
      .map(([name, value]) => `<${name}><![CDATA[${value}]]></${name}>`)
      .join('')}</xml>`
  const md5 = (text: string): string => createHash('md5').update(text).digest('hex').toUpperCase()
  const pairs = (fields: Record<string, string>): string =>
    Object.entries(fields)
      .map(([name, value]) => `${name}=${value}`)
      .join('&')
  const fields = (): Record<string, string> => ({
    out_trade_no: 'T1000001',
    mch_id: simulator.merchant.mchid,
    appid: simulator.merchant.appid,
    attach: '',
    body: '茶',
  })
  const sorted = (of: Record<string, string>): string =>
    pairs(
      Object.fromEntries(
        Object.entries(of)
          .filter(([, value]) => value !== '')
          .sort(([a], [b]) => (a < b ? -1 : 1)),
      ),
    )

  test.each<[string, (key: string) => string]>([
    ['no-key', () => md5(sorted(fields()))],
    ['no-key-name', key => md5(sorted(fields()) + key)],
    ['empty-fields', key => md5(`${pairs(Object.fromEntries(Object.entries(fields()).sort()))}&key=${key}`)],
    [
      'not-sorted',
      key => md5(`${pairs(Object.fromEntries(Object.entries(fields()).filter(([, value]) => value)))}&key=${key}`),
    ],
    ['encoded-values', key => md5(`${sorted(fields()).replace('茶', '%E8%8C%B6')}&key=${key}`)],
    ['lower-case', key => md5(`${sorted(fields())}&key=${key}`).toLowerCase()],
    [
      'other-digest',
      key =>
        createHmac('sha256', key)
          .update(`${sorted(fields())}&key=${key}`)
          .digest('hex')
          .toUpperCase(),
    ],
    ['unknown', () => md5('something else')],
  ])('names the mistake %s, and hides the key', async (mistake, signatureOf) => {
    const { apiv2Key } = simulator.merchant
    const body = xml({ ...fields(), sign: signatureOf(apiv2Key) })
    await simulator.fetch(`${ORIGIN}/pay/orderquery`, { method: 'POST', body })
    const found = await detail(++count)
    expect(found.entry).toMatchObject({ kind: 'request', api: 'v2', signature: 'invalid' })
    expect(found.explanation).toMatchObject({ mistake })
    expect(found.request?.body).toBe(body)
    expect(JSON.stringify(found)).not.toContain(apiv2Key)
  })
})
