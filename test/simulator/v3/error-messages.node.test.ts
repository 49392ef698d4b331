import { beforeAll, describe, expect, it } from 'vitest'
import { createSimulator, type Simulator } from '../../../src/simulator/index.ts'
import { v3 } from '../node-client.ts'

// Responses of the real service, as merchants published them. A response may have more members in its `detail` (`field`,
// `issue`: the documented form), but the message, the place and the value are these.

let simulator: Simulator
beforeAll(async () => {
  simulator = await createSimulator()
})

const CLOSE = '/v3/pay/transactions/out-trade-no/1217752501201407033233368018/close'
const PLACE = '/v3/pay/transactions/jsapi'
const order = (more: object) => ({
  appid: 'wxd678efh567hg6787',
  mchid: '1900000109',
  description: '茶',
  out_trade_no: 'W-000001',
  notify_url: 'https://example.com/',
  amount: { total: 1 },
  payer: { openid: 'o1' },
  ...more,
})

const said: [what: string, method: string, url: string, body: object | undefined, message: string, detail: object][] = [
  [
    'an order to close, without mchid (IJPay 79, Senparc 2606)',
    'POST',
    CLOSE,
    {},
    '输入源“/uri_template/mchid”映射到字段“直连商户号”必填性规则校验失败，此字段为必填项',
    { location: 'uri_template', value: '' },
  ],
  [
    'an order to query, without mchid (EasyWeChat 2833)',
    'GET',
    '/v3/pay/transactions/id/1217752501201407033233368018',
    undefined,
    '输入源“/uri_template/mchid”映射到字段“直连商户号”必填性规则校验失败，此字段为必填项',
    { location: 'uri_template', value: '' },
  ],
  [
    'a number in the path that is too long (wechatpay-php 114)',
    'GET',
    `/v3/pay/transactions/out-trade-no/${'x'.repeat(33)}?mchid=1900000109`,
    undefined,
    '输入源“/uri_template/out_trade_no”映射到值字段“商户订单号”字符串规则校验失败，字节数 33，大于最大值 32',
    { location: 'uri_template', value: 33 },
  ],
  [
    'no payer (WeChat Pay Java)',
    'POST',
    PLACE,
    order({ payer: {} }),
    '输入源“/body/payer/openid”映射到字段“用户标识”必填性规则校验失败，此字段为必填项',
    { location: 'body', value: '' },
  ],
  [
    'an amount in yuan (wechatpay-axios-plugin 38)',
    'POST',
    PLACE,
    order({ amount: { total: 0.01 } }),
    '无法将 JSON 输入源“/body/amount/total”映射到目标字段“总金额”中，此字段需要一个合法的 64 位有符号整数',
    { location: 'body', value: 0.01 },
  ],
  [
    'no amount at all (official FAQ 4012791869)',
    'POST',
    PLACE,
    order({ amount: { total: 0 } }),
    '输入源“/body/amount/total”映射到数值字段“总金额”规则校验失败，值低于最小值 1',
    { location: 'body', value: 0 },
  ],
  [
    'a number for a text',
    'POST',
    PLACE,
    order({ payer: { openid: 4 } }),
    '无法将 JSON 输入源“/body/payer/openid”映射到目标字段“用户标识”中，此字段需要一个 string 类型的 Json 值',
    { location: 'body', value: 4 },
  ],
  [
    'a text that is too long',
    'POST',
    PLACE,
    order({ attach: 'x'.repeat(203) }),
    '输入源“/body/attach”映射到值字段“附加数据”字符串规则校验失败，字节数 203，大于最大值 128',
    { location: 'body', value: 203 },
  ],
  [
    'a time in the format of APIv2 (payment-spring-boot 66)',
    'POST',
    PLACE,
    order({ time_expire: '20220421191948' }),
    '输入源“/body/time_expire”映射到值字段“交易结束时间”字符串规则校验失败，字符串必须是符合 RFC3339 日期时间格式',
    { location: 'body', value: '20220421191948' },
  ],
  [
    "another merchant's number (official FAQ 4012791869)",
    'POST',
    PLACE,
    order({ mchid: '1900000108' }),
    'http header中的mchid与post payload中的mchid不匹配',
    { location: 'body', value: '1900000108' },
  ],
]

describe('an error has the message of the real service', () => {
  it.each([
    [
      'a refund with appid and mchid (PowerWeChat 5)',
      '/v3/refund/domestic/refunds',
      { appid: 'wx', mchid: '1' },
      ['appid', 'mchid'],
    ],
    [
      'a Native order with a payer (Senparc)',
      '/v3/pay/transactions/native',
      { payer: { openid: 'o1' } },
      ['payer/openid'],
    ],
    ['a Native order with trade_type', '/v3/pay/transactions/native', { trade_type: 'NATIVE' }, ['trade_type']],
    ['a payer with more than an openid', PLACE, { payer: { openid: 'o1', sub_openid: 'o2' } }, ['payer/sub_openid']],
    [
      'an item with a price in yuan',
      PLACE,
      { detail: { goods_detail: [{ merchant_goods_id: 'g', quantity: 1, unit_price: 1, yuan: 1 }] } },
      ['detail/goods_detail/0/yuan'],
    ],
  ])('undefined parameters: %s', async (_, url, more, names) => {
    const { payer: _payer, ...native } = order({})
    const refund = { out_trade_no: 'W-000001', out_refund_no: 'R1', amount: { refund: 1, total: 1, currency: 'CNY' } }
    const body = url === PLACE ? order(more) : { ...(url.includes('refund') ? refund : native), ...more }
    const { status, json } = await v3(simulator, 'POST', url, { body })
    expect([status, json]).toEqual([
      400,
      {
        code: 'PARAM_ERROR',
        message: '请求中含有未在API文档中定义的参数',
        detail: { location: null, value: names.map(name => `/body/${name}`) },
      },
    ])
  })

  it('a length is counted in characters, and the error has the bytes: 127 Chinese ones are accepted', async () => {
    const describe = (description: string) =>
      v3(simulator, 'POST', PLACE, { body: order({ description, out_trade_no: `W-1${description.length}` }) })
    expect((await describe('茶'.repeat(127))).status).toBe(200)
    const { status, json } = await describe('茶'.repeat(128))
    expect([status, json.message]).toEqual([400, expect.stringContaining('字节数 384，大于最大值 127')])
  })

  it.each([
    [undefined, 'zh-CN', /^输入源/],
    ['zh-CN', 'zh-CN', /^输入源/],
    ['*', 'zh-CN', /^输入源/],
    ['fr, en-US;q=0.8, zh-CN;q=0.5', 'en', /^Parameter error: \/amount: required field is missing$/],
    ['en;q=0, zh-TW', 'zh-TW', /^输入源/],
    ['zh-HK', 'zh-HK', /^输入源/],
  ])('in the language that Accept-Language prefers: %s', async (accepted, language, message) => {
    const body = order({ amount: undefined })
    const { json, headers } = await v3(simulator, 'POST', PLACE, { body, headers: { 'Accept-Language': accepted } })
    expect(headers.get('content-language')).toBe(language)
    expect(json.message).toMatch(message)
    // As the headers of a real response (wechatpay-java 49).
    expect(headers.get('cache-control')).toBe('no-cache, must-revalidate')
    expect(headers.get('x-content-type-options')).toBe('nosniff')
  })

  it('names undefined parameters at an endpoint without state if the simulator is strict', async () => {
    const body = { url: 'https://example.com/', undefined_field: 1 }
    const strict = await createSimulator({ strict: true })
    const send = async (to: Simulator) =>
      (await v3(to, 'POST', '/v3/global/merchant-service/complaint-notifications', { body })).json
    expect(await send(simulator)).not.toHaveProperty('code')
    expect((await send(strict)).detail.value).toEqual(['/body/undefined_field'])
  })

  it.each(said)('%s', async (_, method, url, body, message, detail) => {
    const { status, json } = await v3(simulator, method, url, body && { body })
    expect([status, json.code, json.message]).toEqual([400, 'PARAM_ERROR', message])
    expect(json.detail).toMatchObject(detail)
  })

  it('names a malformed number in the path (商户进件)', async () => {
    const { json } = await v3(simulator, 'GET', '/v3/applyment4sub/applyment/applyment_id/APPLYMENT_20210312084316')
    expect(json.message).toMatch(
      /^无法将输入源“\/uri_template\/applyment_id”映射到目标字段“申请单号”中，此字段需要一个合法的 64 位无符号整数$/,
    )
    expect(json.detail).toMatchObject({ location: 'uri_template', value: 'APPLYMENT_20210312084316' })
  })

  it('distinguishes an unknown merchant from an unknown certificate', async () => {
    const refused = (authorization: object) => v3(simulator, 'GET', '/v3/certificates', { authorization })
    const [merchant, serial] = await Promise.all([
      refused({ mchid: '1900000108' }),
      refused({ serial_no: '1'.repeat(40) }),
    ])
    expect([merchant.status, merchant.json.code, serial.status, serial.json.code]).toEqual([
      401,
      'SIGN_ERROR',
      401,
      'SIGN_ERROR',
    ])
    expect(merchant.json.message).toMatch(/^商户未申请过证书。/)
    expect(serial.json.message).toMatch(/^商户证书序列号有误。/)
  })

  it.each([
    ['multipart/form-data', 'Http头Content-Type缺少boundary，请设置为multipart/form-data; boundary=…'],
    ['multipart/form-data; boundary=another', '请求体未按Http头Content-Type中的boundary分隔'],
  ])('an upload of type %s is told so, not that its signature is wrong', async (type, message) => {
    const body = '--a\r\nContent-Disposition: form-data; name="meta"\r\n\r\n{}\r\n--a--\r\n'
    const { status, json } = await v3(simulator, 'POST', '/v3/merchant/media/upload', {
      body,
      headers: { 'Content-Type': type },
    })
    expect([status, json.code, json.message]).toEqual([400, 'PARAM_ERROR', message])
    expect(json.detail).toMatchObject({ field: 'Content-Type', location: 'header' })
  })
})

describe('不活跃商户身份核实', () => {
  const URL = '/v3/compliance/inactive-merchant-identity-verification/merchants'

  it('knows the numbers of the official sample request', async () => {
    const { status, json } = await v3(simulator, 'GET', `${URL}/1900000000/verifications/28011678863778000000123124312`)
    expect([status, json]).toEqual([
      200,
      expect.objectContaining({ sub_mchid: '1900000000', verification_id: '28011678863778000000123124312' }),
    ])
  })

  it('does not find any other', async () => {
    const { status, json } = await v3(simulator, 'GET', `${URL}/1900000000/verifications/28011678863778000000123124313`)
    expect([status, json]).toEqual([404, { code: 'NOT_FOUND', message: '查询不到此单据' }])
  })

  it('knows them after a restart from a state that lacks them', async () => {
    const older = JSON.parse(simulator.snapshot())
    const text = JSON.stringify(older).replaceAll('28011678863778000000123124312', '1'.repeat(29))
    const restarted = await createSimulator({ state: text })
    const { status } = await v3(restarted, 'GET', `${URL}/1900000000/verifications/28011678863778000000123124312`)
    expect(status).toBe(200)
  })
})
