import { beforeAll, describe, expect, it, vi } from 'vitest'
import { receiveNotification, Wechatpay } from '../../src/core/index.ts'
import * as keys from '../fixtures/keys.ts'
import { asHttp, createTestTerminal, type TestTerminal } from './test-terminal.ts'

vi.setConfig({ testTimeout: 60_000 })

let terminal: TestTerminal
let certified: TestTerminal
let notification: { headers: Headers; body: string }
beforeAll(async () => {
  ;[terminal, certified] = await Promise.all([createTestTerminal('public-key'), createTestTerminal('certificate')])
  notification = await terminal.notification('TRANSACTION.SUCCESS')
  return async () => {
    await terminal[Symbol.asyncDispose]()
    await certified[Symbol.asyncDispose]()
  }
})

const headersOf = (changes: Record<string, string | undefined>): Headers => {
  const headers = new Headers(notification.headers)
  for (const [name, value] of Object.entries(changes))
    value === undefined ? headers.delete(name) : headers.set(name, value)
  return headers
}
const save = (message: { headers: Headers; body: string }, name = 'message.http') =>
  terminal.write(name, asHttp(message, 'POST /notify HTTP/1.1'))

describe('verify', () => {
  it('says that a request is none of WeChat Pay’s, and where to look at it', async () => {
    const headers = new Headers({ authorization: 'WECHATPAY2-SHA256-RSA2048 mchid="1900000109"' })
    const text = asHttp({ headers, body: '{}' }, 'POST /v3/pay/transactions/native HTTP/1.1')
    const { code, errors } = await terminal.run('verify', await terminal.write('request.http', text))
    expect([code, errors]).toEqual([1, expect.stringMatching(/This is a request to WeChat Pay.*workbench\.html/)])
  })

  it('finds a notification good: HTTP text, JSON, with a line break at its end', async () => {
    const { headers, body } = notification
    for (const text of [
      asHttp(notification, 'POST /notify HTTP/1.1'),
      asHttp(notification, 'POST /notify HTTP/1.1').replace(/\r\n/g, '\n'),
      `${asHttp(notification, 'HTTP/2 200')}\n`,
      `HTTP/1.1 200 Connection established\r\n\r\n${asHttp(notification)}`,
      asHttp(notification).replace(/^.*\r\n/, ''),
      JSON.stringify({ headers: Object.fromEntries(headers), body }),
      JSON.stringify({ headers: [...headers], body }),
    ]) {
      const { code, out, errors } = await terminal.run('verify', await terminal.write('message', text))
      expect([code, errors]).toEqual([0, ''])
      expect(out.split('\n').map(line => line.split(/ {2,}/)[0])).toEqual([
        '✓ headers',
        '✓ timestamp',
        '✓ key',
        '✓ signature',
      ])
    }
  })

  it('finds an answer good, and downloads the certificate that it takes', async () => {
    const answer = await certified.response('v3/pay/transactions/out-trade-no/none', '-q', 'mchid=1900000109')
    const file = await certified.write('answer', asHttp(answer))
    certified.asked()
    expect(await certified.run('verify', file)).toMatchObject({
      code: 0,
      out: expect.stringContaining('a platform certificate'),
    })
    expect(certified.asked()).toEqual(['GET /v3/certificates'])
    await certified.run('certificates', '--out', certified.file('platform'))
    certified.asked()
    expect((await certified.run('verify', file, '--certificates', certified.file('platform'))).code).toBe(0)
    expect(certified.asked()).toEqual([])
    const unknown = await terminal.run('verify', await terminal.write('answer', asHttp(answer)))
    expect(unknown).toMatchObject({
      code: 1,
      out: expect.stringMatching(/✗ key .*WeChat Pay lists no certificate [0-9A-F]+ for this merchant/),
    })
    const withoutKey = terminal.with({ WECHATPAY_APIV3_KEY: undefined })
    expect(await withoutKey('verify', terminal.file('answer'))).toMatchObject({
      code: 1,
      out: expect.stringMatching(/✗ key .*only a public key is configured\. Set WECHATPAY_APIV3_KEY/),
    })
    const none = await certified.run(
      'verify',
      await certified.write(
        'forged',
        asHttp({ ...answer, headers: new Headers([...answer.headers, ['Wechatpay-Serial', 'ABC']]) }),
      ),
    )
    expect(none.code).toBe(1)
  })

  it.each<[what: string, message: () => { headers: Headers; body: string }, line: RegExp]>([
    [
      'no headers',
      () => ({ ...notification, headers: new Headers({ 'content-type': 'x', 'wechatpay-serial': 'x' }) }),
      /^✗ headers +no Wechatpay-Timestamp, Wechatpay-Nonce, Wechatpay-Signature\. Save them too/m,
    ],
    [
      'one header less',
      () => ({ ...notification, headers: headersOf({ 'wechatpay-nonce': undefined }) }),
      /^✗ headers +no Wechatpay-Nonce\./m,
    ],
    [
      'another body',
      () => ({ ...notification, body: notification.body.replace('TRANSACTION', 'TRANSACTIOM') }),
      /^✗ signature +not valid with the key/m,
    ],
    [
      'a body that was parsed',
      () => ({ ...notification, body: JSON.stringify(JSON.parse(notification.body), undefined, 2) }),
      /^✗ signature .*it was parsed and serialized again\. Verify the text as received/m,
    ],
    [
      'a probe',
      () => ({ ...notification, headers: headersOf({ 'wechatpay-signature': 'WECHATPAY/SIGNTEST/x' }) }),
      /^✗ signature +a probe by WeChat Pay/m,
    ],
    [
      'an unknown public key',
      () => ({ ...notification, headers: headersOf({ 'wechatpay-serial': 'PUB_KEY_ID_1' }) }),
      /^✗ key +it names PUB_KEY_ID_1, and WECHATPAY_PUBLIC_KEY_ID is PUB_KEY_ID_/m,
    ],
    [
      'no time',
      () => ({ ...notification, headers: headersOf({ 'wechatpay-timestamp': 'x' }) }),
      /^✗ timestamp +Wechatpay-Timestamp is not a number/m,
    ],
    [
      'another time',
      () => ({ ...notification, headers: headersOf({ 'wechatpay-timestamp': '1700000000' }) }),
      /^✗ timestamp +2023-11-14T22:13:20\.000Z, \d+ s ago, more than 5 minutes\. If it was saved a while ago, .*--at sent/m,
    ],
  ])('%s: says so, as the library does', async (_, message, line) => {
    const { headers, body } = message()
    const { code, out, errors } = await terminal.run('verify', await save({ headers, body }))
    expect(out).toMatch(line)
    expect([code, errors]).toEqual([1, expect.stringMatching(/^Failed: /)])
    const { merchant } = terminal.simulator
    const received = receiveNotification(
      new Wechatpay(merchant),
      new Request('https://x', { method: 'POST', headers, body }),
    )
    await expect(received).rejects.toThrow()
  })

  it('judges a saved message by another time', async () => {
    const file = await save(notification)
    const later = String(Math.floor(Date.now() / 1000) + 1000)
    expect((await terminal.run('verify', file, '--at', later)).code).toBe(1)
    for (const at of ['sent', notification.headers.get('wechatpay-timestamp')!, new Date().toISOString()])
      expect((await terminal.run('verify', file, '--at', at)).code).toBe(0)
    expect(await terminal.run('verify', file, '--at', 'noon')).toMatchObject({
      code: 2,
      errors: expect.stringContaining('--at must be a time'),
    })
  })

  it('says when a body was saved as an object', async () => {
    const headers = Object.fromEntries(notification.headers)
    const body = { ...JSON.parse(notification.body), summary: 'changed' }
    const { code, out } = await terminal.run(
      'verify',
      await terminal.write('parsed.json', JSON.stringify({ headers, body })),
    )
    expect([code, out]).toEqual([1, expect.stringContaining('"body" was saved as an object')])
  })

  it('speaks JSON', async () => {
    const { out } = await terminal.run('verify', await save(notification), '--json')
    expect(JSON.parse(out)).toMatchObject({
      ok: true,
      checks: [{ name: 'headers', ok: true }, {}, {}, { name: 'signature' }],
    })
  })

  it("verifies APIv2: the sign of a notification, a refund's that opens, JSON", async () => {
    const paid = await terminal.notification('transaction-success', 'v2')
    const file = await terminal.write('paid.xml', paid.body)
    expect(await terminal.run('verify', file)).toMatchObject({
      code: 0,
      out: expect.stringMatching(/✓ sign +valid, (MD5|HMAC-SHA256)\./),
    })
    expect((await terminal.run('verify', await terminal.write('paid.http', asHttp(paid)))).code).toBe(0)
    const sign = /<sign>(?:<!\[CDATA\[)?(\w+)/.exec(paid.body)![1]!
    const bad = async (body: string) => terminal.run('verify', await terminal.write('bad.xml', body))
    expect(await bad(paid.body.replace(sign, sign.toLowerCase()))).toMatchObject({
      code: 1,
      out: expect.stringContaining('lower case'),
    })
    expect(await bad(paid.body.replace('<xml>', '<xml><x>1</x>'))).toMatchObject({
      code: 1,
      out: expect.stringContaining('not valid with WECHATPAY_APIV2_KEY'),
    })
    expect(await bad('<xml><a>1</a></xml>')).toMatchObject({
      code: 1,
      out: expect.stringContaining('there is no "sign"'),
    })
    expect(await bad('<xml><a>1</a>')).toMatchObject({ code: 1, out: expect.stringMatching(/✗ message .*cut short/) })
    expect(await bad('<xml><return_code>FAIL</return_code><return_msg>签名错误</return_msg></xml>')).toMatchObject({
      code: 1,
      out: expect.stringContaining('签名错误'),
    })
    const refund = await terminal.write('refund.xml', (await terminal.notification('refund-processed', 'v2')).body)
    expect(await terminal.run('verify', refund)).toMatchObject({ code: 0, out: expect.stringContaining('✓ req_info') })
    expect(await terminal.with({ WECHATPAY_APIV2_KEY: 'another' })('verify', refund)).toMatchObject({
      code: 1,
      out: expect.stringContaining('✗ req_info'),
    })
    expect(await terminal.with({ WECHATPAY_APIV2_KEY: undefined })('verify', file)).toMatchObject({
      code: 1,
      out: expect.stringContaining('WECHATPAY_APIV2_KEY: this call needs'),
    })
  })

  it('shows nothing that steers a terminal', async () => {
    const headers = headersOf({ 'wechatpay-serial': 'PUB_KEY_ID_\x1b[2J\x9b' })
    const { out, errors } = await terminal.run('verify', await save({ ...notification, headers }))
    expect(out + errors).not.toMatch(/[\x1b\x9b]/)
    expect(out).toContain('\\x1b')
  })

  it.each<[argv: string[], code: number, line: RegExp]>([
    [[], 2, /^No file is given/],
    [['a', 'b'], 2, /^Give one file/],
    [['none.http'], 1, /^The file none\.http does not exist/],
    [['test'], 1, /it is a folder/],
    [['LICENSE'], 1, /^LICENSE is not a saved message\. Give HTTP as printed by curl -i/],
    [['LICENSE', '--certificates', 'none'], 1, /not a saved message/],
  ])('%j: one line, exit code %i', async (argv, code, line) => {
    expect(await terminal.run('verify', ...argv)).toEqual({ code, out: '', errors: expect.stringMatching(line) })
  })

  it('names a folder of certificates that is none', async () => {
    const file = await save(notification)
    expect(await terminal.run('verify', file, '--certificates', 'none')).toMatchObject({
      code: 1,
      errors: expect.stringMatching(/the folder none does not exist\. Download/),
    })
    expect(await terminal.run('verify', file, '--certificates', 'test')).toMatchObject({
      code: 1,
      errors: expect.stringMatching(/test has no wechatpay_<serial>\.pem/),
    })
  })
})

describe('decrypt', () => {
  it.each([
    ['{"a":'.repeat(100_000) + 1 + '}'.repeat(100_000), 'nested more than 512 levels'],
    [`{"headers":{},"body":${'['.repeat(200_000)}${']'.repeat(200_000)}}`, 'nested too deeply'],
  ])('refuses %.20s, which is nested without end', async (text, reason) => {
    const { code, errors } = await terminal.run('decrypt', await terminal.write('deep.json', text))
    expect([code, errors]).toEqual([1, expect.stringContaining(reason)])
  })

  it('opens a notification, saved whole or its body alone', async () => {
    const { resource } = await receiveNotification(
      new Wechatpay(terminal.simulator.merchant),
      new Request('https://x', { method: 'POST', ...notification }),
    )
    for (const file of [await save(notification), await terminal.write('body.json', notification.body)]) {
      const { code, out } = await terminal.run('decrypt', file)
      expect([code, JSON.parse(out)]).toEqual([0, resource])
    }
    const { out } = await terminal.run(
      'decrypt',
      await terminal.write('resource.json', JSON.stringify(JSON.parse(notification.body).resource)),
      '--json',
    )
    expect(JSON.parse(out)).toEqual({ key: 'WECHATPAY_APIV3_KEY', decrypted: resource })
  })

  it("opens an APIv2 refund's req_info", async () => {
    const { body } = await terminal.notification('refund-processed', 'v2')
    const { code, out } = await terminal.run('decrypt', await terminal.write('refund.xml', body))
    expect([code, JSON.parse(out)]).toEqual([0, expect.objectContaining({ refund_id: expect.any(String) })])
  })

  it('opens platform certificates', async () => {
    const { body } = await certified.response('v3/certificates')
    const { code, out } = await certified.run('decrypt', await certified.write('certificates.json', body))
    const certificates = Object.entries(certified.simulator.certificates).map(([serial, pem]) =>
      expect.objectContaining({ serial, pem }),
    )
    expect([code, JSON.parse(out)]).toEqual([0, certificates])
  })

  it('decrypts a value, and a response with encrypted fields', async () => {
    const { publicEncrypt, constants, X509Certificate } = await import('node:crypto')
    const { publicKey: key } = new X509Certificate(terminal.simulator.merchant.certificate)
    const encrypted = publicEncrypt({ key, padding: constants.RSA_PKCS1_OAEP_PADDING }, Buffer.from('张三')).toString(
      'base64',
    )
    expect(await terminal.run('decrypt', '--value', encrypted)).toMatchObject({ code: 0, out: '张三' })
    const answer = await terminal.write('encrypted.json', JSON.stringify({ id: 1, list: [{ name: encrypted }] }))
    expect(JSON.parse((await terminal.run('decrypt', answer)).out)).toEqual({ id: 1, list: [{ name: '张三' }] })
    const other = await terminal.with({
      WECHATPAY_PRIVATE_KEY: keys.OTHER_PRIVATE_KEY,
      WECHATPAY_CERTIFICATE: undefined,
    })('decrypt', '--value', encrypted)
    expect(other).toMatchObject({
      code: 1,
      errors: expect.stringMatching(/^WECHATPAY_PRIVATE_KEY does not decrypt this/),
    })
  })

  it.each<[what: string, changes: Record<string, string | undefined>, line: RegExp]>([
    ['a wrong APIv3 key', { WECHATPAY_APIV3_KEY: 'x'.repeat(32) }, /^WECHATPAY_APIV3_KEY does not decrypt this/],
    ['a short one', { WECHATPAY_APIV3_KEY: 'short' }, /^WECHATPAY_APIV3_KEY: the APIv3 key .*32 bytes, not 5/],
    ['none', { WECHATPAY_APIV3_KEY: undefined }, /^WECHATPAY_APIV3_KEY: this call needs the APIv3 key/],
  ])('%s: one line', async (_, changes, line) => {
    const { code, errors } = await terminal.with(changes)('decrypt', await save(notification))
    expect([code, errors]).toEqual([1, expect.stringMatching(line)])
  })

  it('says when nothing is encrypted', async () => {
    for (const text of ['{"a":1}', '<xml><a>1</a></xml>', '{"data":[]}', '{"resource":null}'])
      expect(await terminal.run('decrypt', await terminal.write('nothing', text))).toMatchObject({
        code: 1,
        errors: expect.stringMatching(/^Nothing in the message is encrypted/),
      })
    expect(await terminal.run('decrypt', await terminal.write('cut', '{"a":'))).toMatchObject({
      code: 1,
      errors: expect.stringContaining('cut short'),
    })
    expect(await terminal.run('decrypt', await terminal.write('cut', '<xml><a>'))).toMatchObject({
      code: 1,
      errors: expect.stringContaining('cut short'),
    })
    expect(await terminal.run('decrypt')).toMatchObject({ code: 2 })
    expect(await terminal.run('decrypt', 'x', '--value', 'y')).toMatchObject({ code: 2 })
    expect(await terminal.run('decrypt', '--value', 'not base64!')).toMatchObject({ code: 1 })
  })
})
