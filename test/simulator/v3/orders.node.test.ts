import { constants, privateDecrypt, publicEncrypt, randomBytes } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import { createSimulator, Rejection, type Simulator } from '../../../src/simulator/index.ts'
import { certificates, isSigned, v3 } from '../node-client.ts'

let simulator: Simulator
let id: string
let pem: string
beforeAll(async () => {
  simulator = await createSimulator()
  ;[[id, pem]] = Object.entries(simulator.merchant.platformKeys) as [[string, string]]
})

const number = () => `T${randomBytes(10).toString('hex')}`
const order = (more: object = {}) => ({
  appid: simulator.merchant.appid,
  mchid: simulator.merchant.mchid,
  description: 'Image形象店-深圳腾大-QQ公仔',
  out_trade_no: number(),
  notify_url: 'https://example.com/notify',
  amount: { total: 100, currency: 'CNY' },
  ...more,
})
const jsapi = (more: object = {}) => order({ payer: { openid: 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o' }, ...more })
const place = (body: object, kind = 'native') => v3(simulator, 'POST', `/v3/pay/transactions/${kind}`, { body })
const query = (out_trade_no: string, mchid = '?mchid=1900000109') =>
  v3(simulator, 'GET', `/v3/pay/transactions/out-trade-no/${out_trade_no}${mchid}`)
const close = (out_trade_no: string, body: object = { mchid: '1900000109' }) =>
  v3(simulator, 'POST', `/v3/pay/transactions/out-trade-no/${out_trade_no}/close`, { body })

describe('prepay', () => {
  it.each([
    ['jsapi', { prepay_id: expect.stringMatching(/^wx\d{14}[\da-f]{20}$/) }, {}],
    ['app', { prepay_id: expect.stringMatching(/^wx/) }, {}],
    ['native', { code_url: expect.stringMatching(/^weixin:\/\/wxpay\/bizpayurl\?pr=\w+$/) }, {}],
    [
      'h5',
      { h5_url: expect.stringMatching(/^https:\/\/wx\.tenpay\.com\/.*prepay_id=wx/) },
      { scene_info: { payer_client_ip: '127.0.0.1', h5_info: { type: 'Wap' } } },
    ],
  ])('%s', async (kind, result, more) => {
    const answer = await place(kind === 'jsapi' ? jsapi(more) : order(more), kind)
    expect(answer.status).toBe(200)
    expect(answer.json).toEqual(result)
    expect(isSigned(answer, pem)).toBe(true)
  })

  it('repeats an order for the same parameters in any order', async () => {
    const body = jsapi()
    const first = await place(body, 'jsapi')
    const again = await place(Object.fromEntries(Object.entries(body).reverse()), 'jsapi')
    expect(again.json).toEqual(first.json)
  })

  it('refuses other parameters under the same number', async () => {
    const payer = { openid: 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o' }
    const body = order()
    await place({ ...body, payer }, 'jsapi')
    const others = [place({ ...body, payer, amount: { total: 101, currency: 'CNY' } }, 'jsapi'), place(body, 'native')]
    for (const answer of await Promise.all(others)) {
      expect([answer.status, answer.json.code]).toEqual([403, 'OUT_TRADE_NO_USED'])
      expect(isSigned(answer, pem)).toBe(true)
    }
  })

  const scene = { payer_client_ip: '127.0.0.1' }
  const wrong: [name: string, kind: string, more: object, field: string, issue: RegExp][] = [
    ['missing', 'native', { description: undefined }, '/description', /missing/],
    ['null', 'native', { notify_url: null }, '/notify_url', /missing/],
    ['empty', 'native', { description: '' }, '/description', /empty/],
    ['nested missing', 'native', { amount: {} }, '/amount/total', /missing/],
    ['fraction', 'native', { amount: { total: 0.01 } }, '/amount/total', /not of type integer/],
    ['zero', 'native', { amount: { total: 0 } }, '/amount/total', /less than 1/],
    ['beyond 2^53', 'native', { amount: { total: 1e300 } }, '/amount/total', /not of type integer/],
    ['text for a number', 'native', { amount: { total: '1' } }, '/amount/total', /not of type integer/],
    ['list for an object', 'native', { amount: [] }, '/amount', /not of type object/],
    ['unknown enum', 'native', { amount: { total: 1, currency: 'XYZ' } }, '/amount/currency', /not one of CNY/],
    ['too long', 'native', { attach: '长'.repeat(129) }, '/attach', /longer than 128/],
    ['bad number', 'native', { out_trade_no: 'a b c d e' }, '/out_trade_no', /format/],
    ['bad time', 'native', { time_expire: 'tomorrow' }, '/time_expire', /format/],
    ['boolean', 'native', { support_fapiao: 'true' }, '/support_fapiao', /boolean/],
    [
      'in a list',
      'native',
      { detail: { goods_detail: [{ merchant_goods_id: 'a', quantity: 1 }] } },
      '/detail/goods_detail/0/unit_price',
      /missing/,
    ],
    ['list of texts', 'native', { limit_pay: ['no_credit', 'cash'] }, '/limit_pay', /not one of/],
    ['no openid', 'jsapi', { payer: {} }, '/payer/openid', /missing/],
    ['no payer', 'jsapi', { payer: undefined }, '/payer', /missing/],
    ['no scene', 'h5', {}, '/scene_info', /missing/],
    ['no h5_info', 'h5', { scene_info: scene }, '/scene_info/h5_info', /missing/],
    ['another merchant', 'native', { mchid: '1900000108' }, '/mchid', /not the one/],
  ]
  it.each(wrong)('%s: %s', async (_, kind, more, field, issue) => {
    const answer = await place(order(more), kind)
    expect([answer.status, answer.json.code]).toEqual([400, 'PARAM_ERROR'])
    expect(answer.json.detail).toMatchObject({ field, issue: expect.stringMatching(issue), location: 'body' })
    expect(isSigned(answer, pem)).toBe(true)
  })

  it('words an error as the service does', async () => {
    const answer = await place(order({ amount: { total: 0.01 } }))
    expect(answer.json.message).toBe(
      '无法将 JSON 输入源“/body/amount/total”映射到目标字段“总金额”中，此字段需要一个合法的 64 位有符号整数',
    )
    expect(answer.json.detail.value).toBe(0.01)
  })

  it('refuses an appid of another merchant', async () => {
    const answer = await place(order({ appid: 'wx0000000000000000' }))
    expect([answer.status, answer.json.code]).toEqual([400, 'APPID_MCHID_NOT_MATCH'])
  })
})

describe('encrypted fields', () => {
  const encrypt = (text: string, key = pem) =>
    publicEncrypt({ key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha1' }, Buffer.from(text)).toString(
      'base64',
    )
  const add = (name: string, serial: string | undefined = id, to = simulator) =>
    v3(to, 'POST', '/v3/profitsharing/receivers/add', {
      body: { appid: to.merchant.appid, type: 'PERSONAL_OPENID', account: 'o', name, relation_type: 'USER' },
      headers: { 'Wechatpay-Serial': serial },
    })
  const opened = (name: string, of = simulator) =>
    privateDecrypt(
      { key: of.merchant.privateKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha1' },
      Buffer.from(name, 'base64'),
    ).toString()

  it('are decrypted, and the response shows them', async () => {
    const first = await add(encrypt('张三'))
    expect([first.status, opened(first.json.name)]).toEqual([200, '张三'])
    expect(JSON.stringify(simulator.journal)).not.toContain('张三')
  })

  it.each([
    ['no serial', undefined],
    ['an unknown serial', 'PUB_KEY_ID_0000'],
  ])('%s', async (_, serial) => {
    const answer = await v3(simulator, 'POST', '/v3/profitsharing/receivers/add', {
      body: {
        appid: simulator.merchant.appid,
        type: 'PERSONAL_OPENID',
        account: 'o',
        name: encrypt('张三'),
        relation_type: 'USER',
      },
      headers: { 'Wechatpay-Serial': serial },
    })
    expect(answer.status).toBe(400)
    expect(answer.json).toMatchObject({
      code: 'PARAM_ERROR',
      detail: { field: 'Wechatpay-Serial', location: 'header' },
    })
  })

  it('are refused if they are encrypted for an unknown key', async () => {
    const answer = await add('张三')
    expect(answer.json).toMatchObject({
      code: 'PARAM_ERROR',
      detail: { field: '/name', location: 'body', issue: expect.any(String) },
    })
    expect(answer.text).not.toContain('张三')
  })

  it('are decrypted if an older platform certificate is named', async () => {
    const of = await createSimulator({ platform: 'certificate' })
    const { list } = await certificates(of)
    const { serial_no, pem: older } = list[0]!
    await of.rotate()
    const answer = await add(encrypt('李四', older), serial_no, of)
    expect([answer.status, opened(answer.json.name, of)]).toEqual([200, '李四'])
    expect(answer.headers.get('wechatpay-serial')).not.toBe(serial_no)
  })

  it('do not include the payer’s identity, which is plain', async () => {
    const identity = { type: 'IDCARD', number: '43102119910910512X', name: '张三' }
    const body = jsapi({ payer: { openid: 'oUpF8uMuAJO', identity } })
    expect((await v3(simulator, 'POST', '/v3/pay/transactions/jsapi', { body })).status).toBe(200)
    expect(simulator.order(body.out_trade_no)!.payer.identity).toEqual(identity)
  })
})

describe('the life of an order', () => {
  it('is unknown before it is placed', async () => {
    const byNumber = await query('none-such')
    expect([byNumber.status, byNumber.json.code, byNumber.json.message]).toEqual([404, 'ORDER_NOT_EXIST', '订单不存在'])
    const byTransaction = await v3(simulator, 'GET', '/v3/pay/transactions/id/420000?mchid=1900000109')
    expect([byTransaction.status, byTransaction.json.code]).toEqual([404, 'ORDER_NOT_EXIST'])
    expect((await close('none-such')).json.code).toBe('ORDER_NOT_EXIST')
    expect(() => simulator.pay({ out_trade_no: 'none-such' })).toThrow(Rejection)
  })

  it('is queried with the number of the merchant', async () => {
    expect((await query('none-such', '')).json).toMatchObject({
      code: 'PARAM_ERROR',
      detail: { field: 'mchid', location: 'uri_template' },
    })
    expect((await query('none-such', '?mchid=1')).json).toMatchObject({
      code: 'PARAM_ERROR',
      detail: { field: 'mchid', location: 'query' },
    })
  })

  it('is placed, paid and queried by both numbers', async () => {
    const body = jsapi({ attach: '自定义数据' })
    await place(body, 'jsapi')
    const open = await query(body.out_trade_no)
    expect(open.json).toMatchObject({
      trade_state: 'NOTPAY',
      trade_state_desc: '订单未支付',
      amount: { total: 100, currency: 'CNY' },
    })
    expect(open.json).not.toHaveProperty('transaction_id')
    const paid = simulator.pay(body)
    const answer = await query(body.out_trade_no)
    expect(answer.json).toMatchObject({
      appid: body.appid,
      mchid: body.mchid,
      out_trade_no: body.out_trade_no,
      transaction_id: expect.stringMatching(/^4200\d{24}$/),
      trade_type: 'JSAPI',
      trade_state: 'SUCCESS',
      trade_state_desc: '支付成功',
      bank_type: 'OTHERS',
      attach: '自定义数据',
      success_time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+08:00$/),
      payer: { openid: 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o' },
      amount: { total: 100, payer_total: 100, currency: 'CNY', payer_currency: 'CNY' },
    })
    expect(
      (await v3(simulator, 'GET', `/v3/pay/transactions/id/${paid.transaction_id}?mchid=1900000109`)).json,
    ).toEqual(answer.json)
  })

  it('is neither placed, closed nor paid again once paid', async () => {
    const body = order()
    await place(body)
    simulator.pay(body)
    for (const answer of [await place(body), await close(body.out_trade_no)])
      expect([answer.status, answer.json.code]).toEqual([400, 'ORDERPAID'])
    expect(() => simulator.pay(body)).toThrow(/ORDER_PAID/)
  })

  it('is closed, and closed again', async () => {
    const body = order()
    await place(body)
    for (const answer of [await close(body.out_trade_no), await close(body.out_trade_no)]) {
      expect([answer.status, answer.text]).toEqual([204, ''])
      expect(isSigned(answer, pem)).toBe(true)
    }
    expect((await query(body.out_trade_no)).json.trade_state).toBe('CLOSED')
    expect((await place(body)).json.code).toBe('ORDER_CLOSED')
    expect(() => simulator.pay(body)).toThrow(/ORDER_CLOSED/)
  })

  it('is closed only with the number of its merchant', async () => {
    expect((await close('none-such', {})).json.detail.field).toBe('mchid')
    expect((await close('none-such', { mchid: '1' })).json.detail.field).toBe('/mchid')
  })
})
