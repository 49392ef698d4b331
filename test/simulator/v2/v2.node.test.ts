import { randomBytes } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import { importHmacKey } from '../../../src/core/crypto/digest.ts'
import { createSimulator, type Simulator } from '../../../src/simulator/index.ts'
import { sign } from '../../../src/simulator/v2/signature.ts'
import { fromXml, v2, v2Sign, v3, xml } from '../node-client.ts'

let simulator: Simulator
beforeAll(async () => {
  simulator = await createSimulator()
})

const number = () => `V${randomBytes(10).toString('hex')}`
const order = (more: Record<string, string | null> = {}) => ({
  body: '腾讯充值中心-QQ会员充值',
  out_trade_no: number(),
  total_fee: '100',
  spbill_create_ip: '123.12.12.123',
  notify_url: 'https://example.com/notify',
  trade_type: 'NATIVE',
  ...more,
})
const place = (params: Record<string, string | null>) => v2(simulator, '/pay/unifiedorder', params)
const query = (params: Record<string, string>) => v2(simulator, '/pay/orderquery', params)
const refund = (params: Record<string, string | null | undefined>) => v2(simulator, '/secapi/pay/refund', params, true)
async function paid(): Promise<{ out_trade_no: string; transaction_id: string }> {
  const params = order()
  await place(params)
  const { out_trade_no, transaction_id } = simulator.pay(params)
  return { out_trade_no, transaction_id: transaction_id! }
}

describe('the signature', () => {
  it('gives the known answers', async () => {
    const params = {
      appid: 'wxd930ea5d5a258f4f',
      mch_id: '10000100',
      device_info: '1000',
      body: 'test',
      nonce_str: 'ibuaiVcKdpRxkhJA',
    }
    const apiv2Key = '192006250b4c09247ec02edce69f6a2d'
    const keys = { merchant: { apiv2Key }, hmacKey: await importHmacKey(apiv2Key), crypto }
    expect(await sign(params, 'MD5', keys)).toBe('9A0A8659F005D6984697E2CA0A9CF3B7')
    expect(await sign(params, 'HMAC-SHA256', keys)).toBe(
      '6A9AE1657590FD6257D693A078E1C3E4BB6BA4DC30B23E0EE2496E54170DACD6',
    )
  })

  it.each(['MD5', 'HMAC-SHA256'])('%s: signs the response by the same algorithm', async sign_type => {
    const answer = await place(order({ sign_type }))
    expect(answer).toMatchObject({
      return_code: 'SUCCESS',
      return_msg: 'OK',
      result_code: 'SUCCESS',
      sign: expect.any(String),
    })
    expect(answer.sign).toHaveLength(sign_type === 'MD5' ? 32 : 64)
    expect(simulator.journal.at(-1)).toMatchObject({
      api: 'v2',
      signature: 'valid',
      signedBy: sign_type,
      status: 200,
      method: 'POST',
    })
    expect(simulator.journal.at(-1)!.signedText).toMatch(/^appid=.*&key=\*\*\*$/)
    expect(JSON.stringify(simulator.journal)).not.toContain(simulator.merchant.apiv2Key)
  })

  it('leaves empty values out, and sorts names by code unit', async () => {
    const answer = await place(order({ attach: '', Z: '1', a_b: '2', aB: '3' }))
    expect(answer.result_code).toBe('SUCCESS')
  })

  const refused: [name: string, params: Record<string, string | null>, message: string][] = [
    ['wrong sign', { sign: 'F'.repeat(32) }, '签名错误，请检查后再试'],
    ['lower case', { sign: 'f' }, '签名错误，请检查后再试'],
    ['no sign', { sign: '' }, '缺少参数sign'],
    ['unknown merchant', { mch_id: '1900000108' }, 'mch_id参数格式错误'],
    ['unknown sign type', { sign_type: 'SM3' }, 'sign_type参数格式错误'],
  ]
  it.each(refused)('%s → FAIL, unsigned', async (_, params, return_msg) => {
    expect(await place(order(params))).toEqual({ return_code: 'FAIL', return_msg })
    expect(simulator.journal.at(-1)).toMatchObject({
      code: 'FAIL',
      signature: params.sign === '' ? 'absent' : 'invalid',
    })
  })

  it.each([
    '',
    'a=1',
    '{}',
    '<xml><a>1</xml>',
    '<!DOCTYPE x><xml></xml>',
    '<xml><a><b>1</b></a></xml>',
    '<xml><a>1</a><a>2</a></xml>',
  ])('no message: %s', async body => {
    const answer = await simulator.fetch('https://x.example/pay/orderquery', { method: 'POST', body })
    expect(answer.status).toBe(200)
    expect(fromXml(await answer.text())).toEqual({ return_code: 'FAIL', return_msg: 'XML格式错误' })
  })

  it('refuses GET where POST is expected, and unknown paths', async () => {
    const get = await simulator.fetch('https://x.example/pay/orderquery')
    expect(fromXml(await get.text())).toEqual({ return_code: 'FAIL', return_msg: '请使用post方法' })
    expect((await simulator.fetch('https://x.example/nowhere')).status).toBe(404)
  })
})

describe('the message', () => {
  it.each([
    ['Java writes it', '<?xml version="1.0" encoding="UTF-8" standalone="no"?>'],
    ['xml2js writes it', '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'],
  ])('may begin with an XML declaration as %s', async (_, declaration) => {
    const { mchid: mch_id, apiv2Key } = simulator.merchant
    const params = { mch_id, appid: simulator.merchant.appid, out_trade_no: number(), nonce_str: 'n' }
    const body = declaration + xml({ ...params, sign: v2Sign(params, apiv2Key) })
    const response = await simulator.fetch('https://api.mch.weixin.qq.com/pay/orderquery', { method: 'POST', body })
    expect(fromXml(await response.text())).toMatchObject({ return_code: 'SUCCESS', err_code: 'ORDERNOTEXIST' })
  })
})

describe('orders', () => {
  it.each([
    ['NATIVE', { code_url: expect.stringMatching(/^weixin:/) }, {}],
    ['JSAPI', {}, { openid: 'oUpF8uMuAJO' }],
    ['APP', {}, {}],
    ['MWEB', { mweb_url: expect.stringMatching(/^https:\/\/wx\.tenpay\.com/) }, {}],
  ])('%s', async (trade_type, result, more) => {
    const answer = await place(order({ trade_type, ...more }))
    expect(answer).toMatchObject({
      result_code: 'SUCCESS',
      trade_type,
      prepay_id: expect.stringMatching(/^wx/),
      ...result,
    })
  })

  it.each([
    ['LACK_PARAMS', { body: null }],
    ['LACK_PARAMS', { trade_type: 'JSAPI' }],
    ['LACK_PARAMS', { nonce_str: null }],
    ['PARAM_ERROR', { total_fee: '1.00' }],
    ['PARAM_ERROR', { trade_type: 'MICROPAY' }],
    ['APPID_MCHID_NOT_MATCH', { appid: 'wx0' }],
  ])('%s for %o', async (err_code, more) => {
    expect(await place(order(more))).toMatchObject({
      return_code: 'SUCCESS',
      result_code: 'FAIL',
      err_code,
      err_code_des: expect.any(String),
    })
    expect(simulator.journal.at(-1)!.code).toBe(err_code)
  })

  it('are placed again, paid and closed', async () => {
    const params = order({ attach: '深圳分店 ]]> \u0001<&>' })
    const first = await place(params)
    expect((await place(params)).prepay_id).toBe(first.prepay_id)
    expect((await place({ ...params, total_fee: '101' })).err_code).toBe('OUT_TRADE_NO_USED')
    const { out_trade_no } = params
    expect(await query({ out_trade_no })).toMatchObject({
      result_code: 'SUCCESS',
      trade_state: 'NOTPAY',
      trade_state_desc: '订单未支付',
    })
    const { transaction_id } = simulator.pay(params)
    const answer = await query({ transaction_id: transaction_id! })
    expect(answer).toMatchObject({
      attach: '深圳分店 ]]> <&>',
      trade_state: 'SUCCESS',
      total_fee: '100',
      cash_fee: '100',
      fee_type: 'CNY',
      time_end: expect.stringMatching(/^\d{14}$/),
      out_trade_no,
    })
    expect((await place(params)).err_code).toBe('ORDERPAID')
    expect((await v2(simulator, '/pay/closeorder', { out_trade_no })).err_code).toBe('ORDERPAID')
    expect((await query({ out_trade_no: 'none-such' })).err_code).toBe('ORDERNOTEXIST')
    expect((await query({})).err_code).toBe('LACK_PARAMS')
    expect((await v2(simulator, '/pay/closeorder', { out_trade_no: 'none-such' })).err_code).toBe('ORDERNOTEXIST')
  })

  it('are neither closed nor placed again once closed', async () => {
    const params = order()
    await place(params)
    const close = () => v2(simulator, '/pay/closeorder', { out_trade_no: params.out_trade_no })
    expect((await close()).result_code).toBe('SUCCESS')
    expect((await close()).err_code).toBe('ORDERCLOSED')
    expect((await place(params)).err_code).toBe('ORDERCLOSED')
  })

  it('are the same in both API versions', async () => {
    const { appid, mchid } = simulator.merchant
    const out_trade_no = number()
    const body = {
      appid,
      mchid,
      out_trade_no,
      description: 'd',
      notify_url: 'https://example.com',
      amount: { total: 7 },
      attach: '\ud800\u0001x',
    }
    await v3(simulator, 'POST', '/v3/pay/transactions/native', { body })
    expect(await query({ out_trade_no })).toMatchObject({ trade_state: 'NOTPAY', total_fee: '7' })
    simulator.pay({ out_trade_no })
    await refund({ out_trade_no, out_refund_no: out_trade_no, total_fee: '7', refund_fee: '3' })
    const refunded = await v3(simulator, 'GET', `/v3/refund/domestic/refunds/${out_trade_no}`)
    expect(refunded.json).toMatchObject({ out_trade_no, amount: { total: 7, refund: 3 } })
    const fromV2 = order()
    await place(fromV2)
    const queried = await v3(
      simulator,
      'GET',
      `/v3/pay/transactions/out-trade-no/${fromV2.out_trade_no}?mchid=${mchid}`,
    )
    expect(queried.json).toMatchObject({ trade_state: 'NOTPAY', amount: { total: 100, currency: 'CNY' } })
  })
})

describe('refunds', () => {
  it('require the client certificate: otherwise nginx refuses', async () => {
    const response = await simulator.fetch('https://api.mch.weixin.qq.com/secapi/pay/refund', {
      method: 'POST',
      body: '<xml></xml>',
    })
    expect([response.status, response.headers.get('content-type')]).toEqual([400, 'text/html'])
    expect(await response.text()).toContain('No required SSL certificate was sent')
    expect(response.headers.get('request-id')).toBeTruthy()
  })

  it('are applied for, and queried by each number', async () => {
    const { out_trade_no, transaction_id } = await paid()
    const parts = [number(), number()]
    for (const [at, out_refund_no] of parts.entries()) {
      const more = at ? { transaction_id } : { out_trade_no }
      const answer = await refund({
        ...more,
        out_refund_no,
        total_fee: '100',
        refund_fee: '30',
        sign_type: 'HMAC-SHA256',
      })
      expect(answer).toMatchObject({
        result_code: 'SUCCESS',
        out_trade_no,
        transaction_id,
        out_refund_no,
        refund_fee: '30',
        total_fee: '100',
        cash_fee: '100',
      })
    }
    const all = await v2(simulator, '/pay/refundquery', { out_trade_no })
    expect(all).toMatchObject({ refund_count: '2', total_refund_count: '2', transaction_id, total_fee: '100' })
    for (const n of [0, 1])
      expect(all).toMatchObject({
        [`out_refund_no_${n}`]: parts[n],
        [`refund_fee_${n}`]: '30',
        [`refund_status_${n}`]: 'SUCCESS',
        [`refund_success_time_${n}`]: expect.stringMatching(/^[\d-]{10} [\d:]{8}$/),
      })
    for (const params of [
      { out_refund_no: parts[1]! },
      { refund_id: all.refund_id_1! },
      { transaction_id, offset: '1' },
    ])
      expect(await v2(simulator, '/pay/refundquery', params)).toMatchObject({
        refund_count: '1',
        out_refund_no_0: parts[1],
      })
    expect((await query({ out_trade_no })).trade_state).toBe('REFUND')
  })

  it('are refused with the documented errors', async () => {
    const { out_trade_no } = await paid()
    const out_refund_no = number()
    const base = { out_trade_no, out_refund_no, total_fee: '100', refund_fee: '60' }
    const code = async (more: Record<string, string | null>) => (await refund({ ...base, ...more })).err_code
    expect(await code({ out_trade_no: 'none-such' })).toBe('ORDERNOTEXIST')
    expect(await code({ out_trade_no: null })).toBe('LACK_PARAMS')
    expect(await code({ total_fee: '99' })).toBe('REFUND_FEE_MISMATCH')
    expect(await code({ refund_account: 'REFUND_SOURCE_RECHARGE_FUNDS' })).toBe('NOTENOUGH')
    const unpaid = order()
    await place(unpaid)
    expect(await code({ out_trade_no: unpaid.out_trade_no })).toBe('TRADE_STATE_ERROR')
    expect(await refund({ ...base, refund_fee: '101' })).toEqual({
      return_code: 'FAIL',
      return_msg: 'invalid refund_fee',
    })
    const first = await refund(base)
    expect((await refund(base)).refund_id).toBe(first.refund_id)
    expect(await code({ refund_fee: '59' })).toBe('REFUND_FEE_MISMATCH')
    expect(await code({ out_refund_no: number() })).toBe('INVALID_REQUEST')
    expect(await code({ out_refund_no: number(), refund_fee: '40' })).toBeUndefined()
    expect(await code({ out_refund_no: number() })).toBe('ERROR')
    expect((await v2(simulator, '/pay/refundquery', { out_refund_no: 'none-such' })).err_code).toBe('REFUNDNOTEXIST')
    expect((await v2(simulator, '/pay/refundquery', { out_trade_no: unpaid.out_trade_no })).err_code).toBe(
      'REFUNDNOTEXIST',
    )
  })
})

describe('实名验证', () => {
  const params = (more: Record<string, string | null> = {}) => ({
    version: '1.0',
    openid: 'oUpF8uMuAJO',
    real_name: '张三',
    cred_type: '1',
    cred_id: '43102119910910512X',
    access_token: 'token',
    sign_type: 'HMAC-SHA256',
    ...more,
  })
  const call = (more?: Record<string, string | null>) => v2(simulator, '/secsvc/realnameauth', params(more))

  it('finds that a name and a number match', async () => {
    expect(await call()).toMatchObject({
      result_code: 'SUCCESS',
      openid: 'oUpF8uMuAJO',
      verify_openid: 'V_OP_NM_MA',
      verify_real_name: 'V_NM_ID_MA',
    })
    expect(await call({ version: '1.1', sign_type: 'MD5' })).toMatchObject({ bind_bankcard: 'YES' })
    expect(await call({ cred_id: '四' })).toMatchObject({ verify_real_name: 'V_NM_ID_UM' })
  })

  it('fails with its own messages', async () => {
    const answer = await call({ cred_type: '3' })
    expect(answer).toMatchObject({
      result_code: 'FAIL',
      error_code: 'PARAM_ERROR',
      error_code_des: 'cred_type参数格式错误',
    })
    expect(answer).not.toHaveProperty('err_code')
    expect((await call({ openid: null })).error_code).toBe('LACK_PARAMS')
  })
})

describe('纯签约', () => {
  const url = (more: Record<string, string> = {}) => {
    const { appid, mchid, apiv2Key } = simulator.merchant
    const params: Record<string, string> = {
      appid,
      mch_id: mchid,
      plan_id: '12535',
      contract_code: '100000',
      request_serial: '1000',
      contract_display_account: '微信代扣 +&=',
      notify_url: 'https://example.com/?a=1&b=2',
      version: '1.0',
      timestamp: '1414488825',
    }
    return `https://api.mch.weixin.qq.com/papay/entrustweb?${new URLSearchParams({ ...params, sign: v2Sign(params, apiv2Key), ...more })}`
  }

  it('redirects when the query is signed', async () => {
    const answer = await simulator.fetch(url())
    expect(answer.status).toBe(302)
    expect(answer.headers.get('location')).toMatch(/^https:\/\/payapp\.weixin\.qq\.com\/papay\//)
    expect(simulator.journal.at(-1)).toMatchObject({ method: 'GET', signature: 'valid', signedBy: 'MD5', status: 302 })
  })

  it('does not redirect when the query is not signed', async () => {
    const answer = await simulator.fetch(url({ plan_id: '1' }))
    expect(answer.status).toBe(200)
    expect(fromXml(await answer.text())).toEqual({ return_code: 'FAIL', return_msg: '签名错误，请检查后再试' })
  })
})

it('accepts entities instead of CDATA', async () => {
  const { appid, mchid, apiv2Key } = simulator.merchant
  const params = { appid, mch_id: mchid, nonce_str: 'n', out_trade_no: 'none-such', attach: 'a<b&c' }
  const body = xml({ ...params, sign: v2Sign(params, apiv2Key) }).replace('<![CDATA[a<b&c]]>', 'a&lt;b&amp;c')
  const answer = await simulator.fetch('https://x.example/pay/orderquery', { method: 'POST', body })
  expect(fromXml(await answer.text()).err_code).toBe('ORDERNOTEXIST')
})
