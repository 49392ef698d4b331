/** The findings about messages that node:crypto signed and encrypted, as they were sent and with usual mistakes. */
import { createCipheriv, createHash, createHmac, publicEncrypt } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { errorWordsEn, errorWordsZh } from '../../src/console/workbench/error-words.ts'
import { findingWords } from '../../src/console/workbench/finding-words.ts'
import { findingWordsZh } from '../../src/console/workbench/finding-words-zh.ts'
import { type Analysis, analyse } from '../../src/diagnosis/analyse.ts'
import { describeFinding } from '../../src/diagnosis/finding.ts'
import { readKeys } from '../../src/diagnosis/keys/read.ts'
import { readPasted } from '../../src/diagnosis/pasted/read.ts'
import { OTHER_PUBLIC_KEY } from '../fixtures/keys.ts'
import {
  APIV2_KEY,
  APIV3_KEY,
  type AuthorizationChoices,
  authorization,
  CERTIFICATE,
  encryptGcm,
  http,
  KEYS,
  notificationBody,
  ORDER,
  OTHER_PRIVATE_KEY,
  PLATFORM_PUBLIC_KEY,
  PRIVATE_KEY,
  PUBLIC_KEY_ID,
  platformHeaders,
  RESOURCE,
  SERIAL,
  signV2,
  TIME,
  URL,
  xml,
} from './signed-messages.ts'

const SECRETS = { apiv3Key: APIV3_KEY, apiv2Key: APIV2_KEY }

async function analysePasted(
  text: string,
  keys = KEYS,
  { secrets = SECRETS, at = TIME * 1000 } = {},
): Promise<Analysis> {
  return analyse(readPasted(text)[0]!, await readKeys(keys, secrets, crypto), at)
}

/** The findings that are not right, by step. */
const wrong = ({ findings }: Analysis): string[] =>
  findings
    .filter(({ ok }) => ok !== true)
    .map(({ step, ok, code }) => `${step} ${ok === false ? 'fails' : 'skipped'}: ${code}`)

const notification = (body = notificationBody(), changes: Record<string, string> = {}, sent = body): string =>
  http('POST /notify HTTP/1.1', platformHeaders(body, changes), sent)

describe('a notification', () => {
  test('that is as WeChat Pay sent it passes every step, and is decrypted', async () => {
    const analysis = await analysePasted(notification())
    expect(analysis).toMatchObject({ api: 'v3', kind: 'notification' })
    expect(analysis.findings.map(({ step, ok }) => [step, ok])).toEqual([
      ['headers', true],
      ['timestamp', true],
      ['key', true],
      ['signature', true],
    ])
    expect(analysis.content).toEqual({ kind: 'decrypted', key: 'apiv3Key', decrypted: RESOURCE })
  })

  const body = notificationBody()
  test.each<[what: string, sent: string, change: string]>([
    ['was parsed and serialized again', JSON.stringify(JSON.parse(body), undefined, 2), 'serialized'],
    [
      'has its Chinese escaped, as PHP does',
      body.replace('支付成功', String.raw`\u652f\u4ed8\u6210\u529f`),
      'serialized',
    ],
    ['is quoted, as a log does', JSON.stringify(body), 'quoted'],
    ['was decoded as Latin-1', Buffer.from(body).toString('latin1'), 'charset'],
    ['was decoded as Windows-1252', new TextDecoder('windows-1252').decode(Buffer.from(body)), 'charset'],
    ['begins with a byte order mark', `\ufeff${body}`, 'byte-order-mark'],
    ['has a space before it', ` ${body}`, 'white-space'],
  ])('whose body %s fails, and the change is named', async (_, sent, change) => {
    const analysis = await analysePasted(notification(body, {}, sent))
    expect(wrong(analysis)).toEqual(['signature fails: signature-changed-body'])
    expect(analysis.findings.at(-1)!.values).toEqual({ change })
  })

  test('with a line break behind its body is valid, and the line break is named', async () => {
    const { findings } = await analysePasted(`${notification()}\n`)
    expect(findings.at(-1)).toMatchObject({ ok: true, code: 'signature-valid-before-end' })
  })

  test.each<[what: string, text: string, keys: string, failures: string[]]>([
    [
      'whose content was changed',
      notification(body, {}, body.replace('EV-1', 'EV-2')),
      KEYS,
      ['signature fails: signature-invalid'],
    ],
    [
      'that is a probe',
      notification(body, { 'Wechatpay-Signature': 'WECHATPAY/SIGNTEST/x' }),
      KEYS,
      ['signature fails: probe'],
    ],
    [
      'with a time that is no number',
      notification(body, { 'Wechatpay-Timestamp': 'x' }),
      KEYS,
      ['timestamp fails: time-invalid', 'signature fails: signature-invalid'],
    ],
    [
      'whose key is not given',
      notification(body, { 'Wechatpay-Serial': 'PUB_KEY_ID_1' }),
      CERTIFICATE,
      ['key fails: key-not-given', 'signature skipped: key-missing'],
    ],
    [
      'that names another key than the one that signed it',
      notification(body, { 'Wechatpay-Serial': 'PUB_KEY_ID_1' }),
      KEYS,
      ['key fails: key-other'],
    ],
    ['whose headers are lost', body, KEYS, ['headers fails: headers-missing']],
  ])('%s fails there', async (_, text, keys, failures) => {
    expect(wrong(await analysePasted(text, keys))).toEqual(failures)
  })

  test('whose key is missing asks for a key of WeChat Pay, and a request for one of the merchant', async () => {
    const missing = async (text: string) => {
      const { findings } = await analysePasted(text, '')
      const finding = findings.find(({ code }) => code === 'key-not-given')!
      const [english, chinese] = [findingWords(errorWordsEn), findingWordsZh(errorWordsZh)]
      return [english, chinese].map(words => describeFinding(finding, words)[1])
    }
    const headers = { Authorization: authorization('POST', URL, ORDER) }
    const request = await missing(http(`POST ${URL} HTTP/1.1`, headers, ORDER))
    expect(request).toEqual([
      expect.stringMatching(/apiclient_cert\.pem.*never with WeChat Pay's key/),
      expect.stringMatching(/apiclient_cert\.pem.*从不使用微信支付的密钥/),
    ])
    for (const first of ['POST /notify HTTP/1.1', 'HTTP/1.1 200 OK'])
      expect(await missing(http(first, platformHeaders(body), body))).toEqual([
        expect.stringMatching(/public key or platform certificate, never with the merchant's certificate/),
        expect.stringMatching(/公钥或平台证书签名，从不使用商户证书/),
      ])
  })

  test('is stale after five minutes, and only then', async () => {
    for (const seconds of [-300, 300])
      expect(wrong(await analysePasted(notification(), KEYS, { at: (TIME + seconds) * 1000 }))).toEqual([])
    for (const seconds of [-301, 301])
      expect(wrong(await analysePasted(notification(), KEYS, { at: (TIME + seconds) * 1000 }))).toEqual([
        'timestamp fails: time-stale',
      ])
  })

  test('is verified by a public key whose id nobody said', async () => {
    const { findings } = await analysePasted(notification(), PLATFORM_PUBLIC_KEY)
    expect(findings.find(({ step }) => step === 'key')).toMatchObject({ ok: true, code: 'key-assumed' })
    expect(findings.at(-1)!.ok).toBe(true)
  })

  test('is verified by the key that signed it, though the only id stands nearer to another key', async () => {
    const keys = `${PLATFORM_PUBLIC_KEY}\n\n\n${PUBLIC_KEY_ID}\n${OTHER_PUBLIC_KEY}`
    const { findings } = await analysePasted(notification(), keys)
    expect(findings.at(-1)).toMatchObject({ step: 'signature', ok: true })
  })

  test('that a proxy gave an Authorization of its own is still a notification', async () => {
    const body = notificationBody()
    for (const scheme of ['Basic eDp5', 'WECHATPAY2-SHA256-RSA2048 mchid="1"']) {
      const headers = { ...platformHeaders(body), Authorization: scheme }
      const analysis = await analysePasted(http('POST /notify HTTP/1.1', headers, body))
      expect([analysis.kind, wrong(analysis)]).toEqual(['notification', []])
    }
    const unsigned = await analysePasted(http('POST /notify HTTP/1.1', { Authorization: 'Basic eDp5' }, body))
    expect(unsigned.kind).toBe('notification')
  })

  test('is not compared with the merchant’s own keys', async () => {
    const { findings } = await analysePasted(notification(), `${PRIVATE_KEY}\n${CERTIFICATE}`)
    expect(findings.find(({ step }) => step === 'key')).toMatchObject({ ok: false, values: { given: [SERIAL] } })
  })

  test('with another APIv3 key is not decrypted; without one it says which is needed', async () => {
    const withOther = await analysePasted(notification(), KEYS, { secrets: { ...SECRETS, apiv3Key: 'x'.repeat(32) } })
    expect(withOther.content).toMatchObject({ kind: 'failed', error: { code: 'DECRYPTION_FAILED' } })
    const without = await analysePasted(notification(), KEYS, { secrets: { ...SECRETS, apiv3Key: '' } })
    expect(without.content).toMatchObject({ kind: 'failed', error: { code: 'OPTION_MISSING', option: 'apiv3Key' } })
  })

  test('of a brand is decrypted with the key of the brand, and its fields with the private key', async () => {
    const key = 'brand-key-of-exactly-32-bytes-01'
    const phone = publicEncrypt({ key: CERTIFICATE, padding: 4 }, Buffer.from('13800138000')).toString('base64')
    const event = 'BRAND_MEMBER_CARD.USER_CARD.CREATE'
    const content = {
      id: 'EV-2',
      event_type: event,
      resource: encryptGcm(JSON.stringify({ phone_number: phone }), key),
    }
    const secrets = { ...SECRETS, 'brand.apiKey': key }
    const analysis = await analysePasted(notification(JSON.stringify(content)), KEYS, { secrets })
    expect(analysis).toMatchObject({
      api: 'brand',
      content: { key: 'brand.apiKey', decrypted: { phone_number: '13800138000' } },
    })
    expect(wrong(analysis)).toEqual([])
  })
})

test('a response is verified, and its encrypted field decrypted', async () => {
  const user_name = publicEncrypt({ key: CERTIFICATE, padding: 4 }, Buffer.from('张三')).toString('base64')
  const body = JSON.stringify({ out_bill_no: 'T1', user_name })
  const analysis = await analysePasted(http('HTTP/1.1 200 OK', platformHeaders(body), body))
  expect(analysis).toMatchObject({
    api: 'v3',
    kind: 'response',
    content: { key: 'privateKey', decrypted: { user_name: '张三' } },
  })
  expect(wrong(analysis)).toEqual([])
})

const request = (choices: AuthorizationChoices = {}, body = ORDER, url = URL): string =>
  http(
    `POST ${url} HTTP/1.1`,
    {
      Host: 'api.mch.weixin.qq.com',
      Authorization: authorization('POST', url, ORDER, choices),
      'Content-Type': 'application/json',
    },
    body,
  )

describe('a request', () => {
  test('that is signed rightly passes every step; the private key suffices to see it', async () => {
    for (const keys of [KEYS, CERTIFICATE, PRIVATE_KEY]) {
      const analysis = await analysePasted(request(), keys)
      expect(analysis).toMatchObject({ api: 'v3', kind: 'request' })
      expect(analysis.content).toBeUndefined()
      expect(wrong(analysis)).toEqual([])
      expect(analysis.explanation).toEqual({ expected: `POST\n${URL}\n${TIME}\nb-nonce\n${ORDER}\n` })
    }
  })

  test('is verified by one of two private keys without a certificate', async () => {
    expect(wrong(await analysePasted(request(), `${OTHER_PRIVATE_KEY}\n${PRIVATE_KEY}`))).toEqual([])
  })

  test('of a brand is verified by its own scheme', async () => {
    const url = '/brand/marketing/x'
    const choices = { scheme: 'WECHATPAY-BRAND-SHA256-RSA2048', id: 'brand_id="40000"' }
    const analysis = await analysePasted(request(choices, ORDER, url))
    expect([analysis.api, wrong(analysis)]).toEqual(['brand', []])
    const merchants = await analysePasted(request({}, ORDER, url))
    expect(wrong(merchants)).toEqual(['scheme fails: scheme-wrong'])
  })

  test.each<[mistake: string, textOf: NonNullable<AuthorizationChoices['textOf']>, body?: string]>([
    ['last-line-break', (...lines) => lines.join('\n')],
    ['query', (method, url, ...rest) => [method, url.split('?')[0], ...rest, ''].join('\n')],
    ['percent-encoding', (method, url, ...rest) => [method, decodeURIComponent(url), ...rest, ''].join('\n')],
    ['body', (...lines) => [...lines.slice(0, 4), '', ''].join('\n')],
    ['serialized-twice', (...lines) => [...lines, ''].join('\n'), JSON.stringify(JSON.parse(ORDER), undefined, 1)],
    ['escaped-slashes', (...lines) => [...lines.slice(0, 4), '{"a":"a\\/b"}', ''].join('\n'), '{"a":"a/b"}'],
    ['escaped-characters', (...lines) => [...lines.slice(0, 4), '{"a":"\\u8336"}', ''].join('\n'), '{"a":"茶"}'],
    ['spaced-separators', (...lines) => [...lines.slice(0, 4), '{"b": 1, "a": 2}', ''].join('\n'), '{"b":1,"a":2}'],
    ['sorted-names', (...lines) => [...lines.slice(0, 4), '{"a":2,"b":1}', ''].join('\n'), '{"b":1,"a":2}'],
    ['body-not-sent', (...lines) => [...lines.slice(0, 4), '{}', ''].join('\n'), ''],
    ['unknown', () => 'anything'],
  ])('signed with the mistake %s fails, and the mistake is named', async (mistake, textOf, body = ORDER) => {
    const analysis = await analysePasted(request({ textOf }, body))
    expect(wrong(analysis)).toEqual(['signature fails: signature-mistake'])
    expect(analysis.explanation).toMatchObject({ mistake })
    expect(analysis.explanation?.signed === undefined).toBe(mistake === 'unknown')
  })

  test.each([URL, `/ns/one${URL}`])('to a namespace of the simulator may sign %s', async signed => {
    const sent = `/ns/one${URL}`
    const textOf = (method: string, _: string, ...rest: string[]) => [method, signed, ...rest, ''].join('\n')
    const analysis = await analysePasted(request({ textOf }, ORDER, sent))
    expect(wrong(analysis)).toEqual([])
    expect(analysis.explanation?.expected.split('\n')[1]).toBe(signed)
    const mistaken = await analysePasted(
      request({ textOf: (...lines) => lines.join('\n').replace(sent, signed) }, ORDER, sent),
    )
    expect(mistaken.explanation).toMatchObject({ mistake: 'last-line-break' })
    expect(mistaken.explanation?.expected.split('\n')[1]).toBe(signed)
  })

  test.each<[what: string, text: string, keys: string, failures: string[]]>([
    [
      'without Authorization',
      http(`GET ${URL} HTTP/1.1`, { Host: 'x' }, ''),
      KEYS,
      ['authorization fails: authorization-missing'],
    ],
    ['with a time in milliseconds', request({ timestamp: `${TIME}000` }), KEYS, ['timestamp fails: time-milliseconds']],
    [
      'whose field is missing',
      request({ id: 'merchant="1"' }),
      KEYS,
      ['authorization fails: authorization-incomplete'],
    ],
    [
      'signed with another key',
      request({ key: OTHER_PRIVATE_KEY }),
      `${KEYS}\n${OTHER_PRIVATE_KEY}`,
      ['key fails: key-other'],
    ],
    ['that names another serial', request({ serial: 'AB12' }), KEYS, ['key fails: key-other']],
    ['whose key is not given', request(), '', ['key fails: key-not-given', 'signature skipped: key-missing']],
  ])('%s fails there', async (_, text, keys, failures) => {
    expect(wrong(await analysePasted(text, keys))).toEqual(failures)
  })

  test('that is too long to compare is not taken for signed with a key that is not its own', async () => {
    const body = JSON.stringify({ a: 'x'.repeat(70_000) })
    const text = http(
      `POST ${URL} HTTP/1.1`,
      { Authorization: authorization('POST', URL, ORDER, { serial: 'AB12' }) },
      body,
    )
    expect(wrong(await analysePasted(text))).toEqual(['key fails: key-not-given', 'signature skipped: key-missing'])
  })

  test('of an upload signs only its meta', async () => {
    const meta = '{"filename":"a.png","sha256":"00"}'
    const url = '/v3/merchant/media/upload'
    const part = (name: string, text: string) =>
      `--b\r\nContent-Disposition: form-data; name="${name}"\r\nContent-Type: x\r\n\r\n${text}\r\n`
    const headers = {
      Authorization: authorization('POST', url, meta),
      'Content-Type': 'multipart/form-data; boundary=b',
    }
    const body = `${part('file"; filename="a.png', 'PNG')}${part('meta', meta)}--b--\r\n`
    const analysis = await analysePasted(http(`POST ${url} HTTP/1.1`, headers, body))
    expect(wrong(analysis)).toEqual([])
    expect(analysis.explanation!.expected).toBe(`POST\n${url}\n${TIME}\nb-nonce\n${meta}\n`)
  })
})

describe('APIv2', () => {
  // The official known answer.
  const SAMPLE = {
    appid: 'wxd930ea5d5a258f4f',
    body: 'test',
    device_info: '1000',
    mch_id: '10000100',
    nonce_str: 'ibuaiVcKdpRxkhJA',
  }
  const MD5 = '9A0A8659F005D6984697E2CA0A9CF3B7'
  const HMAC = '6A9AE1657590FD6257D693A078E1C3E4BB6BA4DC30B23E0EE2496E54170DACD6'

  test.each([
    ['MD5', MD5],
    ['HMAC-SHA256', HMAC],
  ])('the sample of the documentation is valid by %s; its signed text shows no key', async (type, sign) => {
    const analysis = await analysePasted(xml({ ...SAMPLE, sign }))
    expect(analysis).toMatchObject({ api: 'v2', kind: 'body', content: { kind: 'not-encrypted' } })
    expect(analysis.findings.at(-1)).toMatchObject({ ok: true, values: { type } })
    expect(analysis.explanation!.expected).toMatch(/nonce_str=ibuaiVcKdpRxkhJA&key=\*\*\*$/)
    expect(JSON.stringify(analysis)).not.toContain(APIV2_KEY)
  })

  const digest = (text: string): string => createHash('md5').update(text).digest('hex').toUpperCase()
  const PAIRS = 'appid=wxd930ea5d5a258f4f&body=test&device_info=1000&mch_id=10000100&nonce_str=ibuaiVcKdpRxkhJA'
  test.each<[mistake: string, sign: string]>([
    ['no-key', digest(PAIRS)],
    ['no-key-name', digest(PAIRS + APIV2_KEY)],
    ['unknown', digest('x')],
    ['unknown', createHmac('sha256', 'another').update(`${PAIRS}&key=another`).digest('hex').toUpperCase()],
  ])('a sign with the mistake %s fails, and the mistake is named', async (mistake, sign) => {
    const analysis = await analysePasted(xml({ ...SAMPLE, sign }))
    expect(wrong(analysis)).toEqual([`sign fails: ${mistake === 'unknown' ? 'sign-invalid' : 'signature-mistake'}`])
    expect(analysis.explanation).toMatchObject({ mistake })
    expect(JSON.stringify(analysis)).not.toContain(APIV2_KEY)
  })

  test('a sign that does not cover nested elements says so', async () => {
    const text = xml({ ...SAMPLE, sign: MD5 }).replace('</xml>', '<total><a>1</a></total></xml>')
    expect(wrong(await analysePasted(text))).toEqual(['sign fails: sign-partial'])
  })

  test('a field that holds the beginning of another one is not trusted', async () => {
    const fields = { ...SAMPLE, attach: '1&total_fee=1' }
    expect(wrong(await analysePasted(xml({ ...fields, sign: signV2(fields) })))).toEqual([
      'fields fails: field-boundary',
    ])
  })

  test('a refund has no signature, and is decrypted', async () => {
    const cipher = createCipheriv('aes-256-ecb', createHash('md5').update(APIV2_KEY).digest('hex'), null)
    const req_info = Buffer.concat([cipher.update(xml({ refund_id: '5000' })), cipher.final()]).toString('base64')
    const analysis = await analysePasted(xml({ return_code: 'SUCCESS', mch_id: '1', req_info }))
    expect(analysis).toMatchObject({
      kind: 'notification',
      content: { key: 'apiv2Key', decrypted: { refund_id: '5000' } },
    })
    expect(wrong(analysis)).toEqual(['sign skipped: refund-unsigned'])
  })

  test.each<[kind: string, text: string]>([
    ['request', http('POST /pay/unifiedorder HTTP/1.1', {}, xml(SAMPLE))],
    [
      'notification',
      http('POST /notify HTTP/1.1', {}, xml({ return_code: 'SUCCESS', trade_state: 'SUCCESS', time_end: '1' })),
    ],
    ['notification', http('POST /notify HTTP/1.1', {}, xml({ change_type: 'ADD', contract_id: '1' }))],
    ['notification', xml({ return_code: 'SUCCESS', time_end: '1' })],
    ['notification', '{"event_ciphertext":"x","event_nonce":"y"}'],
    ['body', xml({ return_code: 'SUCCESS', trade_state: 'SUCCESS', time_end: '1' })],
    ['body', xml(SAMPLE)],
    ['response', http('HTTP/1.1 200 OK', {}, xml({ return_code: 'SUCCESS', time_end: '1' }))],
  ])('a %s is known by its fields: %s', async (kind, text) => {
    expect(await analysePasted(text)).toMatchObject({ api: 'v2', kind })
  })

  test('without the APIv2 key the step says that it is missing', async () => {
    const analysis = await analysePasted(xml({ ...SAMPLE, sign: MD5 }), KEYS, { secrets: { ...SECRETS, apiv2Key: '' } })
    expect(analysis.findings.at(-1)).toMatchObject({
      ok: false,
      code: 'sign-not-checked',
      values: { error: { option: 'apiv2Key' } },
    })
  })
})

test('platform certificates are decrypted to their serials', async () => {
  const data = [{ serial_no: SERIAL, encrypt_certificate: encryptGcm(CERTIFICATE) }]
  const { content } = await analysePasted(JSON.stringify({ data }))
  expect(content).toMatchObject({ kind: 'decrypted', key: 'apiv3Key', decrypted: [{ serial: SERIAL }] })
})

test('another key under the id of the public key does not verify', async () => {
  expect(wrong(await analysePasted(notification(), `${PUBLIC_KEY_ID}\n${OTHER_PUBLIC_KEY}`))).toEqual([
    'signature fails: signature-invalid',
  ])
})
