import { describe, expect, test } from 'vitest'
import { Wechatpay } from '../../../src/core/index.ts'
import * as keys from '../../fixtures/keys.ts'
import { crypto } from '../../webcrypto.ts'

/** A client whose requests end here: what would have been sent. */
function recorded(baseUrl?: string) {
  const requests: Request[] = []
  const wxpay = new Wechatpay({
    mchid: '1900000109',
    serial: '4A8B1C2D3E4F5061728394A5B6C7D8E9F0011223',
    privateKey: keys.PRIVATE_KEY,
    apiv2Key: '192006250b4c09247ec02edce69f6a2d',
    platformKeys: { PUB_KEY_ID_0119000001092026112100000001: keys.PUBLIC_KEY },
    crypto,
    retry: false,
    ...(baseUrl && { baseUrl }),
    fetch: async (input, init) => {
      requests.push(new Request(input, init))
      throw new TypeError('not sent')
    },
  })
  const sent = async (call: (client: Wechatpay) => Promise<unknown>): Promise<string> => {
    await expect(call(wxpay)).rejects.toMatchObject({ code: 'NETWORK_ERROR' })
    const { method, url } = requests.pop()!
    return `${method} ${url}`
  }
  return { wxpay, sent }
}

describe('one call in every spelling', () => {
  const { sent } = recorded()
  const body = { version: '1.0', mch_id: '1900000109' }
  // biome-ignore lint/suspicious/noExplicitAny: spellings that the types have not
  type Any = any

  test.each<[string, (wxpay: Wechatpay) => Promise<unknown>]>([
    ['a chain', (wxpay: Any) => wxpay.v2.secsvc.realnameauth.post(body)],
    ['chain(…)', (wxpay: Any) => wxpay.chain('v2/secsvc/realnameauth').post(body)],
    ['chain(…) with a slash before it', (wxpay: Any) => wxpay.chain('/v2/secsvc/realnameauth').post(body)],
    ['an index', (wxpay: Any) => wxpay['v2/secsvc/realnameauth'].post(body)],
    ['an index on a chain', (wxpay: Any) => wxpay.v2['secsvc/realnameauth'].post(body)],
    ['request(…)', wxpay => wxpay.request('POST', 'v2/secsvc/realnameauth', { body })],
  ])('APIv2: %s', async (_, call) => {
    expect(await sent(call)).toBe('POST https://fraud.mch.weixin.qq.com/secsvc/realnameauth')
  })

  const options = { authenticate_number: 'a/b c', params: { sub_mchid: '1' } }
  test.each<[string, (wxpay: Wechatpay) => Promise<unknown>]>([
    ['_name_', wxpay => wxpay.v3.payrollCard.authentications._authenticate_number_.get(options)],
    ['$name$', wxpay => wxpay.v3.payrollCard.authentications.$authenticate_number$.get(options)],
    ['{name}', wxpay => wxpay.v3.payrollCard.authentications['{authenticate_number}'].get(options)],
    ['kebab-case', (wxpay: Any) => wxpay.v3['payroll-card'].authentications._authenticate_number_.get(options)],
    ['chain(_name_)', wxpay => wxpay.chain('v3/payroll-card/authentications/_authenticate_number_').get(options)],
    ['chain({name})', wxpay => wxpay.chain('v3/payroll-card/authentications/{authenticate_number}').get(options)],
    ['an index with $name$', wxpay => wxpay['v3/payroll-card/authentications/$authenticate_number$'].get(options)],
    [
      'request(…), filled in',
      wxpay => wxpay.request('get', '/v3/payroll-card/authentications/a%2Fb%20c', { params: { sub_mchid: '1' } }),
    ],
  ])('APIv3: %s', async (_, call) => {
    expect(await sent(call)).toBe(
      'GET https://api.mch.weixin.qq.com/v3/payroll-card/authentications/a%2Fb%20c?sub_mchid=1',
    )
  })

  test('delete, apply, bind, then and constructor are segments where a segment is due', async () => {
    const { sent, wxpay } = recorded()
    const v3 = wxpay.v3 as Any
    expect(await sent(() => v3.profitsharing.receivers.delete.post({}))).toMatch(
      /POST .*\/v3\/profitsharing\/receivers\/delete$/,
    )
    expect(await sent(() => v3.profitsharing.receivers.delete())).toMatch(/DELETE .*\/v3\/profitsharing\/receivers$/)
    expect(await sent(() => v3.x.apply.post({}))).toMatch(/\/v3\/x\/apply$/)
    expect(await sent(() => v3.x.bind.post({}))).toMatch(/\/v3\/x\/bind$/)
    expect(await sent(() => v3.x.call.constructor.get.post({}))).toMatch(/\/v3\/x\/call\/constructor\/get$/)
    expect(await sent(() => (wxpay.v2 as Any).x.queryInstitutionX.post({}))).toMatch(/query-institution-x$/)
  })

  test('addInstitutionsub keeps its capital', async () => {
    const { wxpay } = recorded()
    // It requires a client certificate, and the error names the path.
    await expect(wxpay.v2.secapi.mch.addInstitutionsub.post({} as Any)).rejects.toMatchObject({
      code: 'OPTION_MISSING',
      option: 'mtlsFetch',
      message: expect.stringContaining('/secapi/mch/addInstitutionsub'),
    })
  })
})

test('a chain is no thenable, and tells its path', async () => {
  const { wxpay } = recorded()
  expect(typeof (await wxpay.v3.pay.transactions)).toBe('function')
  expect(await Promise.resolve(wxpay)).toBe(wxpay)
  expect(`${wxpay.v3.pay.transactions}`).toBe('v3/pay/transactions')
  expect(JSON.stringify({ wxpay })).toBeTypeOf('string')
  expect((wxpay as { nothing?: unknown }).nothing).toBeUndefined()
})

test('a base URL of the user stands for every access point and keeps the path prefix', async () => {
  const { sent } = recorded('http://127.0.0.1:8080/mock/')
  expect(await sent(wxpay => wxpay.request('POST', 'v2/secsvc/realnameauth', { body: {} }))).toBe(
    'POST http://127.0.0.1:8080/mock/secsvc/realnameauth',
  )
  expect(await sent(wxpay => wxpay.v3.certificates.get())).toBe('GET http://127.0.0.1:8080/mock/v3/certificates')
})

describe('a call that cannot be sent says which parameter to fix, and is not sent', () => {
  const { wxpay } = recorded()
  // biome-ignore lint/suspicious/noExplicitAny: mistakes that the types forbid
  const v3 = wxpay.v3 as any
  const byNumber = (out_trade_no: unknown, more = {}) =>
    v3.pay.transactions.outTradeNo._out_trade_no_.get({ out_trade_no, params: { mchid: '1' }, ...more })

  test.each<[string, () => Promise<unknown>, string, string]>([
    ['a missing path parameter', () => byNumber(undefined), 'PATH_PARAMETER_MISSING', 'out_trade_no'],
    [
      'no options at all',
      () => v3.pay.transactions.outTradeNo._out_trade_no_.get(),
      'PATH_PARAMETER_MISSING',
      'out_trade_no',
    ],
    ['an empty one', () => byNumber(''), 'PATH_PARAMETER_INVALID', 'out_trade_no'],
    ['.', () => byNumber('.'), 'PATH_PARAMETER_INVALID', 'out_trade_no'],
    ['..', () => byNumber('..'), 'PATH_PARAMETER_INVALID', 'out_trade_no'],
    ['%2e%2E', () => byNumber('%2e%2E'), 'PATH_PARAMETER_INVALID', 'out_trade_no'],
    ['.%2e', () => byNumber('.%2e'), 'PATH_PARAMETER_INVALID', 'out_trade_no'],
    ['an object', () => byNumber({}), 'PATH_PARAMETER_INVALID', 'out_trade_no'],
    ['a rounded integer', () => byNumber(2 ** 53), 'PATH_PARAMETER_INVALID', 'out_trade_no'],
    ['half a surrogate pair', () => byNumber('\ud83d'), 'PATH_PARAMETER_INVALID', 'out_trade_no'],
    ['a left-over one', () => byNumber('1', { mchid: '1' }), 'OPTION_UNKNOWN', 'mchid'],
    ['dots in a path', () => wxpay.chain('v3/pay/../certificates').get(), 'PATH_PARAMETER_INVALID', '..'],
    ['an empty segment', () => wxpay.chain('v3/pay//certificates').get(), 'PATH_PARAMETER_INVALID', ''],
    ['a query in a path', () => wxpay.chain('v3/certificates?a=1').get(), 'PATH_PARAMETER_INVALID', 'certificates?a=1'],
    [
      'a backslash, which URL takes for a slash',
      () => wxpay.chain('v3/a\\..\\b').get(),
      'PATH_PARAMETER_INVALID',
      'a\\..\\b',
    ],
    ['an API that is none', () => wxpay.chain('v4/pay').get(), 'PATH_PARAMETER_INVALID', 'v4'],
    [
      'a full URL',
      () => wxpay.request('GET', 'https://api.mch.weixin.qq.com/v3/x'),
      'PATH_PARAMETER_INVALID',
      'https:',
    ],
    ['no verb', async () => v3.certificates(), 'VERB_UNKNOWN', 'v3.certificates'],
    ['an APIv3 URL', () => v3.certificates.url(), 'URL_UNSIGNED', '/v3/certificates'],
    ['an object in the query', () => v3.certificates.get({ params: { a: {} } }), 'QUERY_INVALID', 'a'],
    ['NaN in the body', () => v3.x.post({ amount: { total: Number.NaN } }), 'BODY_INVALID', 'amount.total'],
    [
      'a encrypted field that is no text',
      () => v3.profitsharing.receivers.add.post({ name: 1 }),
      'BODY_INVALID',
      'name',
    ],
    [
      'a encrypted field that is too long',
      () => v3.profitsharing.receivers.add.post({ name: 'x'.repeat(215) }),
      'BODY_INVALID',
      'name',
    ],
    [
      'a list as an APIv2 message',
      () => wxpay.request('POST', 'v2/pay/orderquery', { body: [] }),
      'BODY_INVALID',
      'body',
    ],
    [
      'a sign type that is none',
      () => wxpay.request('POST', 'v2/pay/orderquery', { body: { sign_type: 'SHA1' } }),
      'BODY_INVALID',
      'sign_type',
    ],
  ])('%s rejects with a CallError that names the field', async (_, call, code, field) => {
    const error = await call().catch(error => error)
    expect(error).toMatchObject({ name: 'CallError', code, field })
  })
})
