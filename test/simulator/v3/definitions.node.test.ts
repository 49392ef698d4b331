import { constants, createHash, privateDecrypt, publicEncrypt } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import { createSimulator, type Simulator } from '../../../src/simulator/index.ts'
import { isSigned, v3 } from '../node-client.ts'

/** How the simulator treats the endpoints of which it has nothing but the definition. */
let simulator: Simulator
beforeAll(async () => {
  simulator = await createSimulator({ seed: 'definitions' })
})

const get = (url: string) => v3(simulator, 'GET', url)
const send = (method: string, url: string, body?: unknown, headers?: Record<string, string>) =>
  v3(simulator, method, url, { body, ...(headers && { headers }) })
const platformKey = () => Object.entries(simulator.merchant.platformKeys)[0]!
const OAEP = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha1' }
const encrypt = (text: string) =>
  publicEncrypt({ key: platformKey()[1], ...OAEP }, Buffer.from(text)).toString('base64')
const encryptedFor = () => ({ 'Wechatpay-Serial': platformKey()[0] })

describe('a request is checked against its definition', () => {
  const stock = (more: object = {}) => ({
    stock_name: '批次',
    belong_merchant: '1900000109',
    available_begin_time: '2026-03-01T00:00:00+08:00',
    available_end_time: '2026-04-01T00:00:00+08:00',
    no_cash: false,
    stock_type: 'NORMAL',
    out_request_no: '1',
    coupon_use_rule: { coupon_available_time: {} },
    stock_use_rule: {
      max_coupons: 10,
      max_amount: 1000,
      max_coupons_per_user: 1,
      natural_person_limit: false,
      prevent_api_abuse: false,
    },
    ...more,
  })
  const rule = (more: object) => ({ stock_use_rule: { ...stock().stock_use_rule, ...more } })

  const use = (more: object) => ({ coupon_use_rule: { ...stock().coupon_use_rule, ...more } })
  const TRADE_TYPES = 'not one of MICROAPP, APPPAY, PPAY, CARD, FACE, OTHER'

  const faults: [what: string, body: object, field: string, issue: string, value?: unknown][] = [
    ['missing', { stock_name: undefined }, '/stock_name', 'required field is missing', ''],
    ['null', { stock_name: null }, '/stock_name', 'required field is missing', ''],
    ['empty', { stock_name: '' }, '/stock_name', 'empty', 0],
    ['nested, missing', rule({ max_amount: undefined }), '/stock_use_rule/max_amount', 'required field is missing', ''],
    ['number for text', { stock_name: 7 }, '/stock_name', 'not of type string', 7],
    ['text for a number', rule({ max_coupons: '10' }), '/stock_use_rule/max_coupons', 'not of type integer', '10'],
    ['fraction', rule({ max_coupons: 1.5 }), '/stock_use_rule/max_coupons', 'not of type integer', 1.5],
    ['number for a boolean', { no_cash: 0 }, '/no_cash', 'not of type boolean', 0],
    ['list for an object', { stock_use_rule: [] }, '/stock_use_rule', 'not of type object'],
    ['object for a list', use({ goods_tag: {} }), '/coupon_use_rule/goods_tag', 'not of type string[]'],
    ['list of other things', use({ goods_tag: ['a', 1] }), '/coupon_use_rule/goods_tag', 'not of type string[]'],
    ['in a list', use({ trade_type: ['CARD', 'NONE'] }), '/coupon_use_rule/trade_type', TRADE_TYPES, 'NONE'],
    [
      'unknown enum value',
      { stock_type: 'NONE' },
      '/stock_type',
      'not one of NORMAL, DISCOUNT, EXCHAHGE, RANDOM, DISCOUNT_CUT',
      'NONE',
    ],
    [
      'no time',
      { available_begin_time: '2026-03-01' },
      '/available_begin_time',
      'does not match the required format',
      '2026-03-01',
    ],
  ]
  it.each(faults)('%s', async (_, more, field, issue, value) => {
    const { status, json } = await send('POST', '/v3/marketing/favor/coupon-stocks', stock(more))
    expect([status, json.code]).toEqual([400, 'PARAM_ERROR'])
    expect(json.detail).toEqual({ field, issue, location: 'body', ...(value !== undefined && { value }) })
    expect(json.message).toContain(`/body${field}`)
  })

  it('is accepted when it conforms, with further members too', async () => {
    const plan = { sub_mchid: '1900000110', operation_type: 'OPEN', unheard_of: [{}] }
    const { status, json } = await send('POST', '/v3/goldplan/merchants/changegoldplanstatus', plan)
    expect([status, json]).toEqual([200, { sub_mchid: '1900000110' }])
  })

  const urls: [what: string, url: string, field: string, location: string][] = [
    ['a query parameter missing', '/v3/smartguide/guides', 'store_id', 'query'],
    ['the same where the path has a placeholder', '/v3/pay/transactions/id/1', 'mchid', 'uri_template'],
    ['a query parameter of a wrong type', '/v3/smartguide/guides?store_id=x', 'store_id', 'query'],
    ['a number that a double does not hold', '/v3/smartguide/guides?store_id=9007199254740993', 'store_id', 'query'],
    ['an unknown enum value in a query', '/v3/certificates?algorithm_type=DSA', 'algorithm_type', 'query'],
    ['an unknown enum value in a path', '/v3/merchant/fund/balance/NONE', 'account_type', 'uri_template'],
    ['a path parameter of a wrong type', '/v3/merchant-store/stores/x', 'store_id', 'uri_template'],
    ['a uint64 that is none', '/v3/ecommerce/applyments/18446744073709551616', 'applyment_id', 'uri_template'],
  ]
  it.each(urls)('%s', async (_, url, field, location) => {
    const { status, json } = await get(url)
    expect([status, json.code, json.detail.field, json.detail.location]).toEqual([400, 'PARAM_ERROR', field, location])
  })

  it('requires a header', async () => {
    const body = { partner: { type: 'APPID', appid: 'wx1' }, authorized_data: { business_type: 'FAVOR_STOCK' } }
    const lacking = await send('POST', '/v3/marketing/partnerships/build', body)
    expect(lacking.json.detail).toMatchObject({ field: 'Idempotency-Key', location: 'header' })
    expect((await send('POST', '/v3/marketing/partnerships/build', body, { 'Idempotency-Key': '1' })).status).toBe(200)
  })

  it('reads the first of repeated query parameters', async () => {
    expect((await get('/v3/smartguide/guides?store_id=1&store_id=x')).status).toBe(200)
    expect((await get('/v3/smartguide/guides?store_id=x&store_id=1')).status).toBe(400)
  })
})

describe('its path', () => {
  it('matches definitions that differ only in the name of a placeholder', async () => {
    for (const name of ['applyment_id', 'business_code'] as const) {
      const fresh = await createSimulator()
      const path = `/v3/apply4subject/applyment/${fresh.examples[name]}/cancel`
      expect((await v3(fresh, 'POST', path)).status).toBe(204)
    }
  })

  it('the prefix of an access point is part of it, and signed', async () => {
    const url = '/v3/transactions/id/4200000001?mchid=1900000109&sub_mchid=1900000110&sp_mchid=1900000111'
    expect((await get(`/hk${url}`)).status).toBe(200)
    expect((await get(url)).json.code).toBe('RESOURCE_NOT_EXISTS')
    const other = await v3(simulator, 'GET', `/hk${url}`, { signed: { url } })
    expect([other.status, other.json.code]).toEqual([401, 'SIGN_ERROR'])
  })

  it('another method is refused', async () => {
    const { status, json } = await send('DELETE', '/v3/smartguide/guides')
    expect([status, json.code]).toEqual([405, 'METHOD_NOT_ALLOWED'])
  })
})

describe('encrypted fields of a definition', () => {
  const verify = (id: string, name: string, headers?: Record<string, string>) =>
    send(
      'GET',
      `/v3/realname/verify?${new URLSearchParams({ credential_type: '1', wxp_trade_no: '1', encrypted_credential_id: id, encrypted_name: name })}`,
      undefined,
      headers,
    )

  it('are decrypted, in a query too', async () => {
    const { status, json } = await verify(encrypt('43102119910910512X'), encrypt('张三'), encryptedFor())
    expect([status, json.verify_result]).toEqual([200, expect.any(Number)])
  })

  it.each([
    ['the id of no key', () => ({}), 'Wechatpay-Serial', 'header'],
    ['the id of an unknown key', () => ({ 'Wechatpay-Serial': 'PUB_KEY_ID_0' }), 'Wechatpay-Serial', 'header'],
  ])('with %s', async (_, headers, field, location) => {
    const { status, json } = await verify(encrypt('1'), encrypt('2'), headers())
    expect([status, json.code, json.detail.field, json.detail.location]).toEqual([400, 'PARAM_ERROR', field, location])
  })

  it('must be encrypted', async () => {
    const { json } = await verify(encrypt('1'), '张三', encryptedFor())
    expect(json.detail).toMatchObject({ field: 'encrypted_name', location: 'query', issue: 'cannot be decrypted' })
  })

  it('are decrypted within a list', async () => {
    const batch = (...names: string[]) => ({
      sub_mchid: '1900000110',
      authorization_type: 'INFORMATION_AUTHORIZATION_TYPE',
      out_batch_no: 'b1',
      batch_name: '批次',
      batch_remark: '备注',
      total_amount: 100,
      total_num: 2,
      employment_type: 'LONG_TERM_EMPLOYMENT',
      employment_scene: 'LOGISTICS',
      transfer_detail_list: names.map((user_name, at) => ({
        out_detail_no: `d${at}`,
        transfer_amount: 50,
        transfer_remark: '工资',
        openid: 'o1',
        user_name,
      })),
    })
    const url = '/v3/payroll-card/transfer-batches'
    expect((await send('POST', url, batch(encrypt('张三'), encrypt('李四')), encryptedFor())).status).toBe(200)
    const { json } = await send('POST', url, batch(encrypt('张三'), '李四'), encryptedFor())
    expect(json.detail).toMatchObject({ field: '/transfer_detail_list/1/user_name', location: 'body' })
  })

  it('are encrypted for the merchant in a response', async () => {
    const { json } = await get('/v3/smartguide/guides?store_id=1')
    for (const { name, mobile } of json.data)
      for (const encrypted of [name, mobile])
        expect(
          privateDecrypt({ key: simulator.merchant.privateKey, ...OAEP }, Buffer.from(encrypted, 'base64')).length,
        ).toBeGreaterThan(0)
  })
})

describe('the response', () => {
  it('is the same for the same seed and request, and signed', async () => {
    const other = await createSimulator({ seed: 'definitions' })
    const another = await createSimulator({ seed: 'another' })
    const url = '/v3/marketing/paygiftactivity/activities/9856000'
    const [first, again, same, different] = await Promise.all([
      get(url),
      get(url),
      v3(other, 'GET', url),
      v3(another, 'GET', url),
    ])
    expect(again.json).toEqual(first.json)
    expect(same.json).toEqual(first.json)
    expect(different.json).not.toEqual(first.json)
    expect(isSigned(first, platformKey()[1])).toBe(true)
    expect((await get('/v3/marketing/paygiftactivity/activities/9856001')).json).not.toEqual(first.json)
  })

  it('repeats the values of the request', async () => {
    const { json } = await get('/v3/marketing/paygiftactivity/activities/9856000')
    expect(json).toMatchObject({ activity_id: '9856000' })
  })

  it('returns a list page by page, to its end', async () => {
    const url = '/v3/global/merchant-service/complaints?begin_date=2026-01-01&end_date=2026-01-02'
    const pages = await Promise.all([0, 1, 2].map(offset => get(`${url}&limit=1&offset=${offset}`)))
    expect(pages.map(({ json }) => [json.data.length, json.offset, json.limit, json.total_count])).toEqual([
      [1, 0, 1, 2],
      [1, 1, 1, 2],
      [0, 2, 1, 2],
    ])
    const whole = await get(`${url}&limit=50`)
    const ids = (json: { data: { complaint_id: string }[] }) => json.data.map(({ complaint_id }) => complaint_id)
    expect(ids(whole.json)).toEqual(pages.flatMap(({ json }) => ids(json)))
  })

  it('has ids beyond 2^53, which a double rounds', async () => {
    const info = { out_request_no: '1' }
    const { text } = await send('POST', '/v3/ecommerce/applyments/submit-sign-verify-info', info)
    const [, digits] = /"applyment_id":(\d+)/.exec(text)!
    expect(BigInt(digits!)).toBeGreaterThan(BigInt(Number.MAX_SAFE_INTEGER))
    expect(String(Number(digits))).not.toBe(digits)
  })

  it('is a file where the definition has one', async () => {
    const { status, headers, text } = await get('/v3/global/merchant-service/images/1?complaint_id=1')
    expect([status, headers.get('content-type')]).toEqual([200, 'application/octet-stream'])
    expect(text).toContain('PNG')
    expect(headers.get('wechatpay-signature')).toBeNull()
  })

  it('is empty where the definition has nothing', async () => {
    const answer = await send('POST', '/v3/global/merchant-service/complaints/1/complete', {
      complainted_mchid: '1900000109',
    })
    expect([answer.status, answer.text, isSigned(answer, platformKey()[1])]).toEqual([204, '', true])
  })
})

it('an uploaded file must have the digest that meta states', async () => {
  const content = Buffer.from('file')
  const upload = (digest: string) => {
    const meta = JSON.stringify({ filename: 'a.mp4', sha256: digest })
    const body = `--b\r\nContent-Disposition: form-data; name="meta"\r\n\r\n${meta}\r\n--b\r\nContent-Disposition: form-data; name="file"; filename="a.mp4"\r\n\r\n${content}\r\n--b--`
    return v3(simulator, 'POST', '/v3/merchant/media/video_upload', {
      body,
      signed: { body: meta },
      headers: { 'Content-Type': 'multipart/form-data; boundary=b' },
    })
  }
  expect((await upload(createHash('sha256').update(content).digest('hex'))).json).toEqual({
    media_id: expect.any(String),
  })
  expect((await upload('0'.repeat(64))).json.detail).toMatchObject({
    field: '/sha256',
    issue: 'not the hash of the file',
  })
})

it('offers a download that exists and has the stated hash', async () => {
  const { json } = await get('/v3/fund-app/mch-transfer/elecsign/out-bill-no/plfk2020042013')
  expect(json.hash_type).toBe('SHA256')
  const { status, text } = await get(json.download_url.slice('https://api.mch.weixin.qq.com'.length))
  // `Response.text` takes the byte order mark off.
  expect([status, createHash('sha256').update(`\ufeff${text}`).digest('hex')]).toEqual([200, json.hash_value])
  expect((await get('/v3/fund-app/mch-transfer/elecsign/out-bill-no/plfk2020042013')).json).toEqual(json)
})
