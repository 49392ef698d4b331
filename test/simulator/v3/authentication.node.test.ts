import { generateKeyPairSync, randomBytes, X509Certificate } from 'node:crypto'
import { Crypto as WebCrypto } from '@peculiar/webcrypto'
import { beforeAll, describe, expect, it } from 'vitest'
import { createSimulator, type Exchange, type Simulator } from '../../../src/simulator/index.ts'
import { certificates, isSigned, type V3Options, v3 } from '../node-client.ts'

const QUERY = '/v3/pay/transactions/out-trade-no/none-such?mchid=1900000109'

let simulator: Simulator
beforeAll(async () => {
  simulator = await createSimulator()
})
const publicKey = () => Object.values(simulator.merchant.platformKeys)[0]!

describe('the merchant', () => {
  it('holds a certificate with its serial, its key and its number in it', () => {
    const { certificate, serial, privateKey, mchid } = simulator.merchant
    const x509 = new X509Certificate(certificate)
    expect(x509.serialNumber).toBe(serial)
    expect(serial).toMatch(/^[1-7][0-9A-F]{39}$/)
    expect(x509.subject).toContain(`CN=${mchid}`)
    expect(x509.issuer).toContain('CN=Tenpay.com Root CA')
    expect(x509.publicKey.export({ type: 'spki', format: 'pem' })).not.toBe(publicKey())
    expect(privateKey).toMatch(/^-----BEGIN PRIVATE KEY-----/)
    expect(new Date(x509.validFrom).getTime()).toBeLessThan(Date.now())
  })

  it('holds keys of the right length and the public key under its id', () => {
    const { apiv3Key, apiv2Key, platformKeys } = simulator.merchant
    expect([apiv3Key.length, apiv2Key.length]).toEqual([32, 32])
    expect(Object.keys(platformKeys)).toEqual([expect.stringMatching(/^PUB_KEY_ID_0\d{27}$/)])
  })
})

describe('before authentication', () => {
  it.each(['Accept', 'User-Agent'])('%s is required', async name => {
    const answer = await v3(simulator, 'GET', QUERY, { headers: { [name]: undefined } })
    expect(answer.status).toBe(400)
    expect(answer.json).toMatchObject({
      code: 'INVALID_REQUEST',
      message: 'Http头缺少Accept或User-Agent',
      detail: { field: name },
    })
  })

  const other = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs8', format: 'pem' })
  const off = (seconds: number) => String(Math.floor(Date.now() / 1000) + seconds)
  const cases: [name: string, options: V3Options, message: string, issue: string][] = [
    [
      'no Authorization',
      { headers: { Authorization: undefined } },
      'Http头Authorization值格式错误',
      'authorization is missing',
    ],
    [
      'garbage',
      { headers: { Authorization: 'garbage' } },
      'Http头Authorization值格式错误',
      'authorization is malformed',
    ],
    [
      'a parameter missing',
      { authorization: { signature: '' } },
      'Http头Authorization值格式错误',
      'authorization is malformed',
    ],
    [
      'no number for a time',
      { authorization: { timestamp: 'now' } },
      'Http头Authorization值格式错误',
      'authorization is malformed',
    ],
    [
      'another scheme',
      { authorization: { scheme: 'WECHATPAY2-SM2-WITH-SM3' } },
      'Http头Authorization认证类型不正确',
      'authorization scheme not supported',
    ],
    ['another merchant', { authorization: { mchid: '1900000108' } }, '商户未申请过证书', 'mchid unknown'],
    [
      'another serial',
      { authorization: { serial_no: '5157F09EFDC096DE15EBE81A47057A7232F1B8E1' } },
      '商户证书序列号有误',
      'serial_no not found',
    ],
    ['too old', { signed: { timestamp: off(-302) } }, 'Http头Authorization中的timestamp', 'timestamp out of range'],
    [
      'too new',
      // As the request is signed, not when the tests are collected: a busy machine has two seconds between.
      {
        signed: {
          get timestamp() {
            return off(302)
          },
        },
      },
      'Http头Authorization中的timestamp',
      'timestamp out of range',
    ],
  ]
  it.each(cases)('%s → 401 SIGN_ERROR, unsigned', async (_, options, message, issue) => {
    const answer = await v3(simulator, 'GET', QUERY, options)
    expect(answer.status).toBe(401)
    expect(answer.json).toMatchObject({
      code: 'SIGN_ERROR',
      message: expect.stringContaining(message),
      detail: { issue },
    })
    expect(answer.headers.get('wechatpay-signature')).toBeNull()
    expect(answer.headers.get('request-id')).toBeTruthy()
    expect(simulator.journal.at(-1)).toMatchObject({ code: 'SIGN_ERROR', status: 401 })
  })

  const wrong: [name: string, signed: NonNullable<V3Options['signed']>][] = [
    ['method', { method: 'GET' }],
    ['URL', { url: '/v3/pay/transactions/jsap' }],
    ['body', { body: '{}' }],
    ['key', { key: other as string }],
  ]
  it.each(wrong)('a signature over another %s shows what was verified', async (_, signed) => {
    const url = '/v3/pay/transactions/jsapi?a=1'
    const nonce = randomBytes(16).toString('hex')
    const timestamp = off(0)
    const answer = await v3(simulator, 'POST', url, { body: '{"appid":"wx"}', signed: { ...signed, nonce, timestamp } })
    expect(answer.status).toBe(401)
    const message = `POST\n${url}\n${timestamp}\n${nonce}\n`
    expect(answer.json).toEqual({
      code: 'SIGN_ERROR',
      message: '错误的签名，验签失败',
      detail: {
        detail: { issue: 'sign not match' },
        field: 'signature',
        location: 'authorization',
        sign_information: {
          method: 'POST',
          sign_message_length: message.length + 15,
          truncated_sign_message: `${message}{"appid"\n`,
          url,
        },
      },
    })
    expect(simulator.journal.at(-1)).toMatchObject({ signature: 'invalid', signedText: `${message}{"appid":"wx"}\n` })
  })

  it('accepts a timestamp just within the five minutes', async () => {
    const now = Date.UTC(2026, 2, 1)
    const of = await createSimulator({ now: () => now })
    for (const ms of [-300_000, 300_000]) expect((await v3(of, 'GET', QUERY, { now: now + ms })).status).toBe(404)
    for (const ms of [-301_000, 301_000]) expect((await v3(of, 'GET', QUERY, { now: now + ms })).status).toBe(401)
  })

  it('accepts a nonce once, also from two concurrent requests', async () => {
    const signed = { nonce: randomBytes(16).toString('hex') }
    const both = await Promise.all([v3(simulator, 'GET', QUERY, { signed }), v3(simulator, 'GET', QUERY, { signed })])
    expect(both.map(({ status }) => status).sort()).toEqual([401, 404])
    const third = await v3(simulator, 'GET', QUERY, { signed })
    expect(third.json).toMatchObject({ code: 'SIGN_ERROR', detail: { issue: 'nonce_str already used' } })
  })

  it('forgets a nonce after its time', async () => {
    let now = Date.now()
    const ticking = await createSimulator({ now: () => now })
    const signed = { nonce: randomBytes(16).toString('hex') }
    expect((await v3(ticking, 'GET', QUERY, { signed, now })).status).toBe(404)
    now += 601_000
    expect((await v3(ticking, 'GET', QUERY, { now })).status).toBe(404)
    expect((await v3(ticking, 'GET', QUERY, { signed, now })).status).toBe(404)
  })

  it('knows a nonce after a restart', async () => {
    const first = await createSimulator()
    const signed = { nonce: randomBytes(16).toString('hex') }
    expect((await v3(first, 'GET', QUERY, { signed })).status).toBe(404)
    const second = await createSimulator({ state: first.snapshot() })
    const again = await v3(second, 'GET', QUERY, { signed })
    expect(again.json).toMatchObject({ code: 'SIGN_ERROR', detail: { issue: 'nonce_str already used' } })
  })

  it('follows the real clock, however far the simulated one is advanced', async () => {
    const of = await createSimulator()
    await of.advance(30 * 24 * 60 * 60 * 1000)
    const before = Math.floor(Date.now() / 1000)
    const answer = await v3(of, 'GET', QUERY)
    expect(answer.status).toBe(404)
    const signedAt = Number(answer.headers.get('wechatpay-timestamp'))
    expect(signedAt).toBeGreaterThanOrEqual(before)
    expect(signedAt).toBeLessThanOrEqual(Date.now() / 1000)
    expect(isSigned(answer, Object.values(of.merchant.platformKeys)[0]!)).toBe(true)
  })
})

describe('after authentication', () => {
  const cases: [name: string, method: string, url: string, options: V3Options, status: number, code: string][] = [
    ['not JSON', 'POST', '/v3/pay/transactions/jsapi', { body: '{"a":' }, 400, 'PARAM_ERROR'],
    ['a list', 'POST', '/v3/pay/transactions/jsapi', { body: '[]' }, 400, 'PARAM_ERROR'],
    [
      'too deep',
      'POST',
      '/v3/pay/transactions/jsapi',
      { body: `{"a":${'['.repeat(1e5)}${']'.repeat(1e5)}}` },
      400,
      'PARAM_ERROR',
    ],
    [
      'another content type',
      'POST',
      '/v3/pay/transactions/jsapi',
      { body: '{}', headers: { 'Content-Type': 'text/plain' } },
      400,
      'PARAM_ERROR',
    ],
    ['unknown path', 'GET', '/v3/none', {}, 404, 'RESOURCE_NOT_EXISTS'],
    ['empty segment', 'GET', '/v3/pay/transactions/id/?mchid=1', {}, 404, 'RESOURCE_NOT_EXISTS'],
    ['no UTF-8 in the path', 'GET', '/v3/pay/transactions/id/%ff?mchid=1', {}, 400, 'PARAM_ERROR'],
    ['known path, wrong method', 'DELETE', '/v3/pay/transactions/jsapi', {}, 405, 'METHOD_NOT_ALLOWED'],
    ['no certificate', 'GET', '/v3/certificates', {}, 404, 'RESOURCE_NOT_EXISTS'],
  ]
  it.each(cases)('%s: the error is signed', async (_, method, url, options, status, code) => {
    const answer = await v3(simulator, method, url, options)
    expect([answer.status, answer.json.code]).toEqual([status, code])
    expect(isSigned(answer, publicKey())).toBe(true)
    expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8')
    expect(simulator.journal.at(-1)).toMatchObject({ api: 'v3', method, url, signature: 'valid', status, code })
  })

  it('names the key and the algorithm', async () => {
    const { headers } = await v3(simulator, 'GET', QUERY)
    expect(headers.get('wechatpay-serial')).toBe(Object.keys(simulator.merchant.platformKeys)[0])
    expect(headers.get('wechatpay-signature-type')).toBe('WECHATPAY2-SHA256-RSA2048')
    expect(headers.get('request-id')).toBe(simulator.journal.at(-1)!.requestId)
  })

  it('serves any host', async () => {
    const response = await simulator.fetch('http://localhost:8787/v3/certificates', { headers: { accept: '*/*' } })
    expect(response.status).toBe(400)
  })

  it('rejects as fetch does when aborted', async () => {
    const signal = AbortSignal.abort()
    await expect(simulator.fetch('https://x.example/v3/certificates', { signal })).rejects.toThrow(/abort/i)
  })

  it('keeps the last 200 requests without a valid signature', async () => {
    for (let at = 0; at < 201; at++) await simulator.fetch(`https://x.example/v3/${at}`)
    expect(simulator.journal.filter(({ signature }) => signature !== 'valid')).toHaveLength(200)
    expect(simulator.journal.at(-1)).toMatchObject({ url: '/v3/200', signature: 'absent', signedText: '' })
  })
})

describe('the journal', () => {
  it('has the members for a line on a terminal, and reports each exchange once it is decided', async () => {
    const told: Exchange[] = []
    const now = Date.UTC(2025, 0, 1)
    const of = await createSimulator({ now: () => now, onExchange: exchange => told.push(exchange) })
    await v3(of, 'GET', QUERY, { now })
    await v3(of, 'GET', QUERY, { now, authorization: { signature: 'x' } })
    await of.fetch('https://x.example/none?a=1')
    expect(told).toEqual(of.journal)
    const [path, mchid] = ['/v3/pay/transactions/out-trade-no/none-such', of.merchant.mchid]
    expect(told).toMatchObject([
      { at: now, method: 'GET', path, url: QUERY, status: 404, mchid },
      { at: now, method: 'GET', path, status: 401, code: 'SIGN_ERROR', signature: 'invalid' },
      { at: now, method: 'GET', path: '/none', url: '/none?a=1', status: 404, signature: 'absent' },
    ])
    expect(told.map(one => 'mchid' in one)).toEqual([true, false, false])
    expect(told.some(one => 'faults' in one)).toBe(false)
  })
})

describe('platform certificates', () => {
  it('are listed, encrypted with the APIv3 key, and sign', async () => {
    const of = await createSimulator({ platform: 'certificate' })
    expect(of.merchant.platformKeys).toEqual({})
    const { answer, list } = await certificates(of)
    const [only] = list
    expect(list).toHaveLength(1)
    expect(only!.encrypt_certificate).toMatchObject({ algorithm: 'AEAD_AES_256_GCM', associated_data: 'certificate' })
    expect(only!.x509.serialNumber).toBe(only!.serial_no)
    expect(only!.effective_time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+08:00$/)
    expect(new Date(only!.effective_time).getTime()).toBe(new Date(only!.x509.validFrom).getTime())
    expect(new Date(only!.expire_time).getTime()).toBe(new Date(only!.x509.validTo).getTime())
    expect(answer.headers.get('wechatpay-serial')).toBe(only!.serial_no)
    expect(isSigned(answer, only!.pem)).toBe(true)
  })

  it('rotate: the newer one signs, the older one stays', async () => {
    const of = await createSimulator({ platform: 'certificate' })
    const before = await certificates(of)
    const serial = await of.rotate()
    const { answer, list } = await certificates(of)
    expect(list.map(({ serial_no }) => serial_no)).toEqual([before.list[0]!.serial_no, serial])
    expect(answer.headers.get('wechatpay-serial')).toBe(serial)
    expect(isSigned(answer, list[1]!.pem)).toBe(true)
  })

  it('sign beside the public key as the request chooses', async () => {
    const of = await createSimulator({ platform: 'both' })
    const [[id, pem]] = Object.entries(of.merchant.platformKeys) as [[string, string]]
    const { answer, list } = await certificates(of)
    expect(isSigned(answer, list[0]!.pem)).toBe(true)
    const asked = await v3(of, 'GET', QUERY, { headers: { 'Wechatpay-Serial': id } })
    expect(asked.headers.get('wechatpay-serial')).toBe(id)
    expect(isSigned(asked, pem)).toBe(true)
    const unknown = await v3(of, 'GET', QUERY, { headers: { 'Wechatpay-Serial': 'PUB_KEY_ID_0' } })
    expect(unknown.headers.get('wechatpay-serial')).toBe(list[0]!.serial_no)
  })

  it('cannot be rotated in public-key mode', async () => {
    await expect(simulator.rotate()).rejects.toThrow(/public-key mode/)
  })
})

describe('on another Crypto', () => {
  it('behaves the same', async () => {
    const crypto = new WebCrypto() as unknown as Crypto
    const of = await createSimulator({ platform: 'both', crypto })
    const { answer, list } = await certificates(of)
    expect(isSigned(answer, list[0]!.pem)).toBe(true)
    expect((await v3(of, 'GET', QUERY)).status).toBe(404)
  })
})
