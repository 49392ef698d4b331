import { constants, createHash, createSign, publicEncrypt, randomBytes } from 'node:crypto'
import { gunzipSync } from 'node:zlib'
import { beforeAll, describe, expect, it } from 'vitest'
import { createSimulator, type Simulator } from '../../../src/simulator/index.ts'
import { isSigned, v3 } from '../node-client.ts'

let simulator: Simulator
beforeAll(async () => {
  simulator = await createSimulator()
})
const code = async (method: string, url: string, body?: object) => {
  const { status, json } = await v3(simulator, method, url, { body })
  return [status, json.code]
}

describe('支付分', () => {
  const URL = '/v3/payscore/serviceorder'
  const order = { appid: 'wxd678efh567hg6787', service_id: '500001', out_order_no: 'PS1' }
  const time_range = { start_time: '20301128080000' }
  const risk_fund = { name: 'DEPOSIT', amount: 10000 }
  const created = {
    ...order,
    service_introduction: '充电宝',
    time_range,
    risk_fund,
    notify_url: 'https://example.com/',
  }

  it('creates an order that is not done, with the amounts of the request', async () => {
    const { status, json } = await v3(simulator, 'POST', URL, { body: created })
    expect(status).toBe(200)
    expect(json).toMatchObject({ state: 'CREATED', risk_fund, out_order_no: 'PS1' })
    const { out_order_no: _, ...name } = order
    const body = { ...name, post_payments: [{ name: '费用', amount: 100 }], total_amount: 100 }
    expect((await v3(simulator, 'POST', `${URL}/PS1/complete`, { body })).json).toMatchObject({
      code: 'INVALID_REQUEST',
      message: '当前订单状态不合法',
    })
    simulator.confirmServiceOrder('PS1')
    expect((await v3(simulator, 'POST', `${URL}/PS1/complete`, { body })).json).toMatchObject({ total_amount: 100 })
  })
})

describe('微工卡核身', () => {
  const URL = '/v3/payroll-card/authentications'
  const order = (more: object = {}) => ({
    openid: 'onqOjjmo8wmTOOtSKwXtGjg9Gb58',
    sub_mchid: '1900000110',
    authenticate_number: `N${randomBytes(8).toString('hex')}`,
    project_name: '某项目',
    employer_name: '某单位名称',
    authenticate_type: 'SIGN_IN',
    ...more,
  })

  it('knows an authentication once it was pre-ordered', async () => {
    const body = order()
    expect(await code('GET', `${URL}/${body.authenticate_number}?sub_mchid=1900000110`)).toEqual([404, 'NOT_FOUND'])
    const { json } = await v3(simulator, 'POST', `${URL}/pre-order`, { body })
    expect(json).toEqual({
      authenticate_number: body.authenticate_number,
      openid: body.openid,
      mchid: simulator.merchant.mchid,
      sub_mchid: body.sub_mchid,
      token: expect.any(String),
      expires_in: 300,
    })
    const found = await v3(simulator, 'GET', `${URL}/${body.authenticate_number}?sub_mchid=1900000110`)
    expect(found.json).toMatchObject({
      authenticate_state: 'AUTHENTICATE_PROCESSING',
      authenticate_type: 'SIGN_IN',
      project_name: '某项目',
    })
    expect(await code('GET', `${URL}/${body.authenticate_number}?sub_mchid=1900000111`)).toEqual([404, 'NOT_FOUND'])
    expect(await code('GET', `${URL}/${body.authenticate_number}`)).toEqual([400, 'PARAM_ERROR'])
    expect(await code('POST', `${URL}/pre-order`, { ...body, openid: 'oOther' })).toEqual([400, 'INVALID_REQUEST'])
    expect(await code('POST', `${URL}/pre-order`, body)).toEqual([200, undefined])
  })

  it('accepts no type, or the ordinary one, as official SDKs send it', async () => {
    const { authenticate_type: _, ...body } = order()
    expect(await code('POST', `${URL}/pre-order`, body)).toEqual([200, undefined])
    const { json } = await v3(simulator, 'GET', `${URL}/${body.authenticate_number}?sub_mchid=1900000110`)
    expect(json.authenticate_number).toBe(body.authenticate_number)
    expect(json).not.toHaveProperty('authenticate_type')
    expect(await code('POST', `${URL}/pre-order`, order({ authenticate_type: 'NORMAL' }))).toEqual([200, undefined])
  })

  it('knows one example, and three types', async () => {
    const { authenticate_number, sub_mchid } = simulator.examples
    const { json } = await v3(simulator, 'GET', `${URL}/${authenticate_number}?sub_mchid=${sub_mchid}`)
    expect(json).toMatchObject({ authenticate_state: 'AUTHENTICATE_SUCCESS', authenticate_number, sub_mchid })
    for (const authenticate_type of ['SIGN_IN', 'INSURANCE', 'CONTRACT'])
      expect(await code('POST', `${URL}/pre-order`, order({ authenticate_type }))).toEqual([200, undefined])
    expect(await code('POST', `${URL}/pre-order`, order({ authenticate_type: 'OTHER' }))).toEqual([400, 'PARAM_ERROR'])
  })
})

it('微工卡 transfers name each payee, encrypted', async () => {
  const [serial, key] = Object.entries(simulator.merchant.platformKeys)[0]!
  const encrypted = publicEncrypt({ key, padding: constants.RSA_PKCS1_OAEP_PADDING }, Buffer.from('张三'))
  const transfer = (user_name?: string) => ({
    sub_mchid: '1900000110',
    authorization_type: 'INFORMATION_AUTHORIZATION_TYPE',
    out_batch_no: `B${randomBytes(8).toString('hex')}`,
    batch_name: '工资',
    batch_remark: '工资',
    total_amount: 100,
    total_num: 1,
    transfer_detail_list: [
      {
        out_detail_no: 'D1',
        transfer_amount: 100,
        transfer_remark: '工资',
        openid: 'onqOjjmo8wmTOOtSKwXtGjg9Gb58',
        user_name,
      },
    ],
  })
  const send = async (body: object) => {
    const headers = { 'Wechatpay-Serial': serial }
    const { status, json } = await v3(simulator, 'POST', '/v3/payroll-card/transfer-batches', { body, headers })
    return [status, json.code]
  }
  // As the official Go SDK sends it, without employment_type and employment_scene.
  expect(await send(transfer(encrypted.toString('base64')))).toEqual([200, undefined])
  expect(await send(transfer())).toEqual([400, 'PARAM_ERROR'])
  expect((await send(transfer('张三')))[0]).toBe(400)
})

it('a product coupon that is used several times has a bundle of stocks in place of one', async () => {
  const coupon = {
    brand_id: '120344',
    out_request_no: `R${randomBytes(8).toString('hex')}`,
    scope: 'SINGLE',
    type: 'NORMAL',
    usage_mode: 'PROGRESSIVE_BUNDLE',
    progressive_bundle_usage_info: { count: 3, interval_days: 1 },
    display_info: {
      name: '三次减',
      image_url: 'https://example.com/a.png',
      background_url: 'https://example.com/b.png',
    },
    stock_bundle: {
      coupon_code_mode: 'API_ASSIGN',
      stock_send_rule: { max_count: 100, max_count_per_user: 1 },
      progressive_bundle_usage_rule: {
        coupon_available_period: {
          available_begin_time: '2026-01-01T00:00:00+08:00',
          available_end_time: '2026-02-01T00:00:00+08:00',
        },
        normal_coupon_list: [{ threshold: 1000, discount_amount: 100 }],
      },
      usage_rule_display_info: { coupon_usage_method_list: ['OFFLINE'], usage_description: '到店使用' },
      coupon_display_info: { code_display_mode: 'QRCODE' },
      notify_config: { notify_appid: 'wx4fd12345678' },
      store_scope: 'ALL',
    },
  }
  const { status, json } = await v3(simulator, 'POST', '/v3/marketing/partner/product-coupon/product-coupons', {
    body: coupon,
  })
  expect([status, json.usage_mode]).toEqual([200, 'PROGRESSIVE_BUNDLE'])
  expect(json.stock_bundle.stock_list[0].stock_bundle_info.stock_bundle_id).toEqual(expect.any(String))
})

it('不活跃商户身份核实', async () => {
  const { verification_id: ids, sub_mchid } = simulator.examples
  const url = (id: string, merchant = sub_mchid) =>
    `/v3/compliance/inactive-merchant-identity-verification/merchants/${merchant}/verifications/${id}`
  const state = async (id: string) => (await v3(simulator, 'GET', url(id))).json
  expect(await state(ids.processing)).toMatchObject({ state: 'PROCESSING', sub_mchid, verification_id: ids.processing })
  expect(await state(ids.success)).toMatchObject({ state: 'SUCCESS', finish_time: expect.stringMatching(/\+08:00$/) })
  expect(await state(ids.fail)).toMatchObject({ state: 'FAIL', fail_reason: 'MATERIALS_ABNORMAL' })
  expect(await code('GET', url('0'))).toEqual([404, 'NOT_FOUND'])
  expect(await code('GET', url(ids.success, '1'))).toEqual([404, 'NOT_FOUND'])
})

it('开户意愿申请单 is named by exactly one of its numbers', async () => {
  const url = '/v3/apply4subject/applyment'
  const { applyment_id, business_code } = simulator.examples
  for (const query of [`applyment_id=${applyment_id}`, `business_code=${business_code}`]) {
    const { status, json } = await v3(simulator, 'GET', `${url}?${query}`)
    expect(status).toBe(200)
    expect(json).toMatchObject({ applyment_state: expect.stringMatching(/^APPLYMENT_STATE_/) })
    expect(Buffer.from(json.qrcode_data, 'base64').subarray(1, 4).toString()).toBe('PNG')
  }
  expect(await code('GET', url)).toEqual([400, 'PARAM_ERROR'])
  expect(await code('GET', `${url}?applyment_id=${applyment_id}&business_code=${business_code}`)).toEqual([
    400,
    'PARAM_ERROR',
  ])
  // The number that a double makes of it is another application's.
  expect(await code('GET', `${url}?applyment_id=${Number(applyment_id)}`)).toEqual([404, 'RESOURCE_NOT_EXISTS'])
  expect(await code('GET', `${url}?applyment_id=x`)).toEqual([400, 'PARAM_ERROR'])
})

describe('media upload', () => {
  const png = (size: number) => Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), randomBytes(size)])
  const file = png(3000)
  const sha256 = createHash('sha256').update(file).digest('hex')
  const boundary = 'boundary'

  const upload = (meta: string, { content = file, name = 'file', signed = meta, end = `--${boundary}--\r\n` } = {}) => {
    const body = Buffer.concat([
      Buffer.from(
        `--${boundary}\r\nContent-Disposition: form-data; name="meta"\r\nContent-Type: application/json\r\n\r\n${meta}\r\n`,
      ),
      Buffer.from(
        `--${boundary}\r\nContent-Disposition: form-data; name="${name}"; filename="a.png"\r\nContent-Type: image/png\r\n\r\n`,
      ),
      content,
      Buffer.from(`\r\n${end}`),
    ])
    const { mchid, serial, privateKey } = simulator.merchant
    const url = '/v3/merchant/media/upload'
    const timestamp = Math.floor(Date.now() / 1000)
    const nonce = randomBytes(8).toString('hex')
    const signature = createSign('RSA-SHA256')
      .update(`POST\n${url}\n${timestamp}\n${nonce}\n${signed}\n`)
      .sign(privateKey, 'base64')
    const Authorization = `WECHATPAY2-SHA256-RSA2048 mchid="${mchid}",nonce_str="${nonce}",timestamp="${timestamp}",serial_no="${serial}",signature="${signature}"`
    const headers = {
      Accept: 'application/json',
      'User-Agent': 'x',
      'Content-Type': `multipart/form-data; boundary=${boundary}`,
      Authorization,
    }
    return simulator.fetch(`https://api.mch.weixin.qq.com${url}`, { method: 'POST', headers, body })
  }
  const meta = JSON.stringify({ filename: 'a.png', sha256 })
  const outcome = async (response: Promise<Response>) => {
    const answer = await response
    const json = (await answer.json()) as { code?: string; detail?: { field: string } }
    return [answer.status, json.code, json.detail?.field]
  }

  it('signs the text of meta, and hashes the file', async () => {
    const answer = await upload(meta)
    expect(answer.status).toBe(200)
    expect(await answer.json()).toEqual({ media_id: expect.any(String) })
    expect(simulator.journal.at(-1)!.signedText.endsWith(`\n${meta}\n`)).toBe(true)
    expect((await upload(` ${meta} `)).status).toBe(200)
  })

  it('are refused with the documented errors', async () => {
    expect(await outcome(upload(meta, { content: randomBytes(3000) }))).toEqual([400, 'PARAM_ERROR', '/sha256'])
    expect(await outcome(upload(meta, { name: 'picture' }))).toEqual([400, 'PARAM_ERROR', '/file'])
    expect(await outcome(upload('{"filename":"a.png"}'))).toEqual([400, 'PARAM_ERROR', '/sha256'])
    expect(await outcome(upload(JSON.stringify({ filename: 'a.exe', sha256 })))).toEqual([
      400,
      'PARAM_ERROR',
      '/filename',
    ])
    expect(await outcome(upload('no json'))).toEqual([400, 'PARAM_ERROR', ''])
    expect(await outcome(upload(meta, { signed: '{}' }))).toEqual([401, 'SIGN_ERROR', 'signature'])
    expect(await outcome(upload(meta, { end: '' }))).toEqual([400, 'PARAM_ERROR', 'Content-Type'])
    expect(await code('POST', '/v3/merchant/media/upload', { filename: 'a.png', sha256 })).toEqual([400, 'PARAM_ERROR'])
  })
})

describe('bills', () => {
  it('agree with the accounts and with their hash', async () => {
    const now = Date.parse('2026-03-01T23:30:00+08:00')
    const of = await createSimulator({ now: () => now })
    const { appid, mchid } = of.merchant
    const get = (url: string) => v3(of, 'GET', url, { now })
    const bill = '/v3/bill/tradebill?bill_date='
    expect((await get(`${bill}2026-03-01`)).json.code).toBe('NO_STATEMENT_EXIST')
    for (const [out_trade_no, total] of [
      ['order-1', 12_345],
      ['order-2', 5],
      ['order-3', 1],
    ] as const)
      await v3(of, 'POST', '/v3/pay/transactions/native', {
        now,
        body: { appid, mchid, out_trade_no, description: 'a, b', notify_url: 'https://example.com', amount: { total } },
      })
    of.pay({ out_trade_no: 'order-1' })
    of.pay({ out_trade_no: 'order-2' })
    await v3(of, 'POST', '/v3/refund/domestic/refunds', {
      now,
      body: {
        out_trade_no: 'order-1',
        out_refund_no: 'refund-1',
        amount: { refund: 345, total: 12_345, currency: 'CNY' },
      },
    })

    expect((await get(`${bill}2026-03-01`)).json.code).toBe('NO_STATEMENT_EXIST')
    await of.advance(12 * 3_600_000)
    const { json } = await get(`${bill}2026-03-01`)
    expect(json).toMatchObject({
      hash_type: 'SHA1',
      download_url: expect.stringContaining('https://api.mch.weixin.qq.com/v3/billdownload/file?token='),
    })
    const path = json.download_url.slice('https://api.mch.weixin.qq.com'.length)
    const file = await get(path)
    expect([file.status, file.headers.get('wechatpay-signature')]).toEqual([200, null])
    const { text } = file
    // `Response.text` takes the byte order mark off.
    expect(createHash('sha1').update(`\ufeff${text}`).digest('hex')).toBe(json.hash_value)
    const lines = text.trimEnd().split('\r\n')
    expect(lines).toHaveLength(6)
    expect(new Set(lines.slice(0, 4).map(line => line.split(',').length))).toEqual(new Set([27]))
    expect(lines[0]).toMatch(/^交易时间,公众账号ID,商户号,/)
    expect(lines[1]).toContain('`2026-03-01 23:30:00')
    expect(lines[1]).toContain('`123.45')
    // A comma of the merchant's is written otherwise.
    expect(lines[1]).toContain('`a\\  b')
    expect(lines[3]).toContain('`refund-1,`3.45')
    expect(lines[5]).toBe('`3,`123.50,`3.45,`0.00,`0.72000,`123.50,`3.45')

    const zipped = await get(`${bill}2026-03-01&bill_type=REFUND&tar_type=GZIP`)
    const response = await signedBytes(of, zipped.json.download_url, now)
    const plain = gunzipSync(response)
    expect(createHash('sha1').update(plain).digest('hex')).toBe(zipped.json.hash_value)
    expect(plain.toString().split('\r\n')[0]).toContain('退款申请时间')
    expect((await get(`${bill}2026-03-02`)).json.code).toBe('NO_STATEMENT_EXIST')
    expect((await get(`${bill}01.03.2026`)).json.code).toBe('PARAM_ERROR')
    expect((await get('/v3/billdownload/file?token=0')).json.code).toBe('PARAM_ERROR')
    const unsigned = await of.fetch(json.download_url, { headers: { accept: '*/*', 'user-agent': 'x' } })
    expect(unsigned.status).toBe(401)
  })

  async function signedBytes(of: Simulator, url: string, now: number): Promise<Buffer> {
    const { mchid, serial, privateKey } = of.merchant
    const timestamp = Math.floor(now / 1000)
    const path = url.slice('https://api.mch.weixin.qq.com'.length)
    const signature = createSign('RSA-SHA256').update(`GET\n${path}\n${timestamp}\nn\n\n`).sign(privateKey, 'base64')
    const Authorization = `WECHATPAY2-SHA256-RSA2048 mchid="${mchid}",nonce_str="n",timestamp="${timestamp}",serial_no="${serial}",signature="${signature}"`
    const answer = await of.fetch(url, { headers: { Accept: '*/*', 'User-Agent': 'x', Authorization } })
    return Buffer.from(await answer.arrayBuffer())
  }
})

it('signs a response of every product', async () => {
  const { applyment_id } = simulator.examples
  const answer = await v3(simulator, 'GET', `/v3/apply4subject/applyment?applyment_id=${applyment_id}`)
  expect(isSigned(answer, Object.values(simulator.merchant.platformKeys)[0]!)).toBe(true)
})
