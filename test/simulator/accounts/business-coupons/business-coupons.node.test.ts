import { beforeEach, describe, expect, it } from 'vitest'
import { DAY, HOUR } from '../../../../src/core/base/time.ts'
import { createSimulatorMount } from '../../../../src/simulator/index.ts'
import { createTestMerchant, NOTIFY_URL, newNumber, refusalOf, type TestMerchant } from '../../test-merchant.ts'

// The documents list one table of errors for all calls of 商家券; which of its codes a call answers with where the table names
// none (limits of a stock, states of a coupon other than used) has no source.

const ROOT = '/v3/marketing/busifavor'
const USER = 'oShopper'

let shop: TestMerchant
let simulator: TestMerchant['simulator']
let call: TestMerchant['call']
let mchid: string
let appid: string
beforeEach(async () => {
  shop = await createTestMerchant()
  ;({ simulator, call } = shop)
  ;({ mchid, appid } = simulator.merchant)
})

const time = (more: object = {}) => ({
  available_begin_time: '2026-03-01T00:00:00+08:00',
  available_end_time: '2026-03-05T00:00:00+08:00',
  ...more,
})
const stock = (more: object = {}) => ({
  stock_name: '八折',
  belong_merchant: mchid,
  goods_name: '全场',
  stock_type: 'NORMAL',
  coupon_use_rule: {
    coupon_available_time: time(),
    fixed_normal_coupon: { discount_amount: 100, transaction_minimum: 500 },
    use_method: 'OFF_LINE',
  },
  stock_send_rule: { max_coupons: 3, max_coupons_per_user: 2, max_coupons_by_day: 2 },
  coupon_code_mode: 'WECHATPAY_MODE',
  out_request_no: newNumber(),
  ...more,
})
const create = async (more: object = {}): Promise<string> => (await call(`POST ${ROOT}/stocks`, stock(more))).stock_id
const queryStock = (stock_id: string) => call(`GET ${ROOT}/stocks/${stock_id}`)
const send = async (stock_id: string, openid = USER, more: object = {}): Promise<string> =>
  (await call(`POST ${ROOT}/coupons/send`, { stock_id, openid, appid, out_request_no: newNumber(), ...more }))
    .coupon_code
const query = (code: string, openid = USER) => call(`GET ${ROOT}/users/${openid}/coupons/${code}/appids/${appid}`)
const use = (coupon_code: string, more: object = {}) =>
  call(`POST ${ROOT}/coupons/use`, {
    coupon_code,
    appid,
    use_time: '2026-03-01T20:30:00+08:00',
    use_request_no: newNumber(),
    ...more,
  })

describe('a stock (商家券批次)', () => {
  it('is read as it was created, with what has been sent of it', async () => {
    const body = stock()
    const { stock_id } = await call(`POST ${ROOT}/stocks`, body)
    expect(await call(`POST ${ROOT}/stocks`, body)).toMatchObject({ stock_id })
    await send(stock_id)
    const { out_request_no, ...text } = body
    expect(await queryStock(stock_id)).toEqual({
      ...text,
      stock_send_rule: { ...text.stock_send_rule, max_amount: 300 },
      stock_id,
      stock_state: 'RUNNING',
      send_count_information: { total_send_num: 1, total_send_amount: 100, today_send_num: 1, today_send_amount: 100 },
    })
    await simulator.advance(4 * DAY)
    expect(await queryStock(stock_id)).toMatchObject({
      stock_state: 'STOPED',
      send_count_information: { total_send_num: 1, today_send_num: 0 },
    })
    const other = call(`POST ${ROOT}/stocks`, { ...body, stock_name: '别的' })
    expect(await refusalOf(other)).toEqual([400, 'RESOURCE_ALREADY_EXISTS'])
    expect(await refusalOf(queryStock('98065001'))).toEqual([404, 'RESOURCE_NOT_EXISTS'])
  })

  it('needs the rule of its type, and an end in the future', async () => {
    expect(await refusalOf(create({ stock_type: 'DISCOUNT' }))).toEqual([400, 'PARAM_ERROR'])
    const coupon_use_rule = {
      ...stock().coupon_use_rule,
      coupon_available_time: time({ available_end_time: '2026-03-01T01:00:00+08:00' }),
    }
    expect(await refusalOf(create({ coupon_use_rule }))).toEqual([400, 'PARAM_ERROR'])
  })

  it('is modified in its texts and in its budget', async () => {
    const stock_id = await create()
    await call2('PATCH', `${ROOT}/stocks/${stock_id}`, { stock_name: '九折', out_request_no: newNumber() })
    expect(await queryStock(stock_id)).toMatchObject({ stock_name: '九折', goods_name: '全场' })
    await send(stock_id)
    const change = (more: object) =>
      call2('PATCH', `${ROOT}/stocks/${stock_id}/budget`, { modify_budget_request_no: newNumber(), ...more })
    expect(await change({ target_max_coupons: 5, current_max_coupons: 3 })).toEqual({
      max_coupons: 5,
      max_coupons_by_day: 2,
    })
    expect(await refusalOf(change({ target_max_coupons: 6, current_max_coupons: 3 }))).toEqual([400, 'PARAM_ERROR'])
    expect(await refusalOf(change({ target_max_coupons_by_day: 0 }))).toEqual([400, 'PARAM_ERROR'])
    expect(await refusalOf(change({}))).toEqual([400, 'PARAM_ERROR'])
  })

  const call2 = (method: 'PATCH' | 'DELETE', path: string, body?: object) => call(`${method} ${path}`, body)
})

describe('sending', () => {
  it('is limited for each shopper, each day and in all, and needs a stock that runs', async () => {
    const stock_id = await create()
    await send(stock_id)
    await send(stock_id)
    expect(await refusalOf(send(stock_id))).toEqual([403, 'RULELIMIT'])
    expect(await refusalOf(send(stock_id, 'oOther'))).toEqual([403, 'RULELIMIT'])
    await simulator.advance(DAY)
    await send(stock_id, 'oOther')
    expect(await refusalOf(send(stock_id, 'oOther'))).toEqual([403, 'RULELIMIT'])
    const paused = await create()
    simulator.pauseBusinessStock(paused)
    expect(await refusalOf(send(paused))).toEqual([403, 'RULELIMIT'])
    simulator.pauseBusinessStock(paused, false)
    await send(paused)
  })

  it('is repeated for the same number, and refused for another shopper', async () => {
    const stock_id = await create()
    const number = { out_request_no: newNumber() }
    const code = await send(stock_id, USER, number)
    expect(code).toMatch(/^\d{22}$/)
    expect(await send(stock_id, USER, number)).toBe(code)
    expect(await refusalOf(send(stock_id, 'oOther', number))).toEqual([400, 'INVALID_REQUEST'])
  })

  it('takes the code that the merchant chooses (MERCHANT_API)', async () => {
    const stock_id = await create({ coupon_code_mode: 'MERCHANT_API' })
    expect(await send(stock_id, USER, { coupon_code: 'MINE1' })).toBe('MINE1')
    expect(await refusalOf(send(stock_id, 'oOther', { coupon_code: 'MINE1' }))).toEqual([400, 'INVALID_REQUEST'])
    expect(await refusalOf(send(stock_id))).toEqual([400, 'INVALID_REQUEST'])
    const other = await create()
    expect(await refusalOf(send(other, USER, { coupon_code: 'MINE2' }))).toEqual([400, 'INVALID_REQUEST'])
    // Such a code names a coupon only together with its stock.
    expect(await refusalOf(use('MINE1'))).toEqual([400, 'INVALID_REQUEST'])
    expect(await use('MINE1', { stock_id })).toMatchObject({ openid: USER })
  })

  it('notifies the merchant of a coupon that a shopper receives', async () => {
    expect(await refusalOf(call(`GET ${ROOT}/callbacks`))).toEqual([404, 'RESOURCE_NOT_EXISTS'])
    await call(`POST ${ROOT}/callbacks`, { notify_url: NOTIFY_URL })
    expect(await call(`GET ${ROOT}/callbacks?mchid=${mchid}`)).toEqual({ mchid, notify_url: NOTIFY_URL })
    const stock_id = await create()
    const { coupon_code } = simulator.giveBusinessCoupon({ stock_id, openid: USER })
    await simulator.settled()
    expect(shop.received).toEqual([
      {
        url: NOTIFY_URL,
        event: 'COUPON.SEND',
        resource: {
          event_type: 'EVENT_TYPE_BUSICOUPON_SEND',
          coupon_code,
          stock_id,
          send_time: '2026-03-01T20:30:00+08:00',
          openid: USER,
          send_channel: 'BUSICOUPON_SEND_CHANNEL_MINIAPP',
          send_merchant: mchid,
        },
      },
    ])
  })
})

describe('uploaded codes (预存code)', () => {
  it('are uploaded once each, given out, listed and deleted', async () => {
    const stock_id = await create({ coupon_code_mode: 'MERCHANT_UPLOAD' })
    const url = `${ROOT}/stocks/${stock_id}/couponcodes`
    const upload = (codes: string[]) => call(`POST ${url}`, { coupon_code_list: codes, upload_request_no: newNumber() })
    const long = 'L'.repeat(33)
    expect(await upload(['A', 'B', 'A', long])).toEqual({
      stock_id,
      total_count: 3,
      success_count: 2,
      success_codes: ['A', 'B'],
      success_time: '2026-03-01T20:30:00+08:00',
      fail_count: 1,
      fail_codes: [{ coupon_code: 'L'.repeat(32), code: 'LENGTH_LIMIT', message: '长度超过最大值32位' }],
      exist_codes: [],
      duplicate_codes: ['A'],
    })
    expect(await upload(['B', 'C'])).toMatchObject({ success_codes: ['C'], exist_codes: ['B'] })
    expect(await send(stock_id)).toBe('A')
    expect(await queryStock(stock_id)).toMatchObject({ coupon_code_count: { total_count: 3, available_count: 2 } })
    expect(await call(`GET ${url}?status=AVAILABLE`)).toMatchObject({
      total_count: 2,
      data: [{ code: 'B' }, { code: 'C' }],
    })
    expect(await call(`GET ${url}/A`)).toMatchObject({
      code_information: { code_status: 'DISPATCHED', openid: USER },
      coupon_information: { coupon_code: 'A', coupon_state: 'SENDED' },
    })
    const remove = (code: string) => call(`DELETE ${url}/${code}?delete_request_no=${newNumber()}`)
    expect(await refusalOf(remove('A'))).toEqual([400, 'INVALID_REQUEST'])
    await remove('B')
    expect(await refusalOf(call(`GET ${url}/B`))).toEqual([404, 'RESOURCE_NOT_EXISTS'])
    await send(stock_id)
    await simulator.advance(DAY)
    expect(await refusalOf(send(stock_id, 'oOther'))).toEqual([403, 'RULELIMIT'])
    expect(await refusalOf(upload(Array.from({ length: 201 }, (_, at) => `X${at}`)))).toEqual([400, 'PARAM_ERROR'])
  })

  it('belong to stocks of their mode only', async () => {
    const url = `${ROOT}/stocks/${await create()}/couponcodes`
    expect(await refusalOf(call(`GET ${url}`))).toEqual([400, 'INVALID_REQUEST'])
  })
})

describe('a business coupon (商家券)', () => {
  it('is used, returned, and used again', async () => {
    const code = await send(await create())
    const first = { use_request_no: newNumber() }
    const stock_id = expect.any(String)
    const used = { stock_id, openid: USER, wechatpay_use_time: '2026-03-01T20:30:00+08:00' }
    expect(await use(code, first)).toEqual(used)
    await simulator.advance(HOUR)
    expect(await use(code, first)).toEqual(used)
    expect(await refusalOf(use(code))).toEqual([400, 'RESOURCE_ALREADY_EXISTS'])
    const coupon = await query(code)
    expect(coupon).toMatchObject({
      coupon_state: 'USED',
      use_request_no: first.use_request_no,
      use_time: used.wechatpay_use_time,
    })
    const back = { coupon_code: code, stock_id: coupon.stock_id, return_request_no: newNumber() }
    const returned = await call(`POST ${ROOT}/coupons/return`, back)
    expect(returned).toEqual({ wechatpay_return_time: '2026-03-01T21:30:00+08:00' })
    expect(await call(`POST ${ROOT}/coupons/return`, back)).toEqual(returned)
    expect(await query(code)).toMatchObject({ coupon_state: 'SENDED', return_request_no: back.return_request_no })
    expect(await query(code)).not.toHaveProperty('use_time')
    const again = call(`POST ${ROOT}/coupons/return`, { ...back, return_request_no: newNumber() })
    expect(await refusalOf(again)).toEqual([400, 'INVALID_REQUEST'])
    // Late repetitions have the first result, and change nothing.
    expect(await use(code, first)).toEqual(used)
    expect(await query(code)).toMatchObject({ coupon_state: 'SENDED' })
    await use(code)
    expect(await call(`POST ${ROOT}/coupons/return`, back)).toEqual(returned)
    expect(await query(code)).toMatchObject({ coupon_state: 'USED' })
  })

  it('is used by its shopper, under the appid of the merchant', async () => {
    const code = await send(await create())
    expect(await refusalOf(use(code, { openid: 'oOther' }))).toEqual([404, 'USER_NOT_EXISTS'])
    expect(await refusalOf(use(code, { appid: 'wx0' }))).toEqual([400, 'APPID_MCHID_NOT_MATCH'])
    expect(await refusalOf(use('0'))).toEqual([404, 'RESOURCE_NOT_EXISTS'])
    expect(await refusalOf(query(code, 'oOther'))).toEqual([404, 'RESOURCE_NOT_EXISTS'])
    await use(code, { openid: USER })
  })

  const times: [what: string, rule: object, hours: number, isValid: boolean][] = [
    ['from the midnight after it was received', { wait_days_after_receive: 1 }, 3, false],
    ['then', { wait_days_after_receive: 1 }, 3.5, true],
    ['on the day itself', { available_day_after_receive: 1 }, 3, true],
    ['not on the next day', { available_day_after_receive: 1 }, 3.5, false],
    ['for seconds', { available_second_after_receive: 7200 }, 2, false],
    ['on its days of the week', { available_week: { week_day: [1] } }, 0, false],
    ['on Monday', { available_week: { week_day: [1] } }, 4, true],
    ['at its hours', { available_week: { available_day_time: [{ begin_time: 0, end_time: 3600 }] } }, 4, true],
    ['not after them', { available_week: { available_day_time: [{ begin_time: 0, end_time: 3600 }] } }, 5, false],
    [
      'in its periods',
      {
        irregulary_avaliable_time: [{ begin_time: '2026-03-02T00:00:00+08:00', end_time: '2026-03-02T01:00:00+08:00' }],
      },
      4,
      true,
    ],
  ]
  it.each(times)('is valid %s: %j after %d hours: %s', async (_, rule, hours, isValid) => {
    const coupon_use_rule = { ...stock().coupon_use_rule, coupon_available_time: time(rule) }
    const code = await send(await create({ coupon_use_rule }))
    await simulator.advance(hours * HOUR)
    if (isValid) await use(code)
    else expect(await refusalOf(use(code))).toEqual([403, 'RULELIMIT'])
  })

  it('is deactivated, unless it is used', async () => {
    const stock_id = await create()
    const deactivate = (coupon_code: string) =>
      call(`POST ${ROOT}/coupons/deactivate`, {
        coupon_code,
        stock_id,
        deactivate_request_no: newNumber(),
        deactivate_reason: '错误',
      })
    const [code, used] = [await send(stock_id), await send(stock_id)]
    await deactivate(code)
    expect(await query(code)).toMatchObject({ coupon_state: 'DEACTIVATED', deactivate_reason: '错误' })
    expect(await refusalOf(use(code))).toEqual([400, 'INVALID_REQUEST'])
    await use(used)
    expect(await refusalOf(deactivate(used))).toEqual([400, 'INVALID_REQUEST'])
  })

  it('is associated with one order at a time', async () => {
    const stock_id = await create({ coupon_code_mode: 'MERCHANT_API' })
    await send(stock_id, USER, { coupon_code: 'C1' })
    const change = (action: string, out_trade_no: string) =>
      call(`POST ${ROOT}/coupons/${action}`, { stock_id, coupon_code: 'C1', out_trade_no, out_request_no: newNumber() })
    await change('associate', 'T1')
    expect(await query('C1')).toMatchObject({ associate_out_trade_no: 'T1' })
    expect(await refusalOf(change('associate', 'T2'))).toEqual([400, 'INVALID_REQUEST'])
    expect(await refusalOf(change('disassociate', 'T2'))).toEqual([400, 'INVALID_REQUEST'])
    await change('disassociate', 'T1')
    expect(await query('C1')).not.toHaveProperty('associate_out_trade_no')
  })

  it('is listed for its shopper by state, page by page', async () => {
    const stock_id = await create()
    const codes = [await send(stock_id), await send(stock_id)]
    await use(codes[0]!)
    const list = (more = '') => call(`GET ${ROOT}/users/${USER}/coupons?appid=${appid}${more}`)
    expect((await list()).data.map((one: { coupon_code: string }) => one.coupon_code)).toEqual(codes)
    expect(await list('&coupon_state=USED')).toMatchObject({ total_count: 1, data: [{ coupon_code: codes[0] }] })
    expect(await list('&offset=1&limit=1')).toMatchObject({ total_count: 2, data: [{ coupon_code: codes[1] }] })
    expect(await list('&creator_merchant=1')).toMatchObject({ total_count: 0, data: [] })
  })
})

it('the control API gives a coupon to a shopper, and shows coupons and stocks', async () => {
  const stock_id = await create()
  const mount = createSimulatorMount(simulator)
  const control = async (method: string, path: string, body?: object) => {
    const init = body && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }
    const response = await mount(new Request(`http://localhost/simulator${path}`, { method, ...init }))
    return (await response.json()) as Record<string, unknown>
  }
  const { coupon_code } = await control('POST', '/give-business-coupon', { stock_id, openid: USER })
  expect(await control('GET', `/business-coupons/${coupon_code}`)).toMatchObject({ openid: USER, state: 'SENDED' })
  expect(await control('GET', `/business-stocks/${stock_id}`)).toMatchObject({ sent: 1 })
  expect(await control('POST', '/pause-business-stock', { stock_id })).toMatchObject({ state: 'PAUSED' })
  expect((await control('POST', '/give-business-coupon', { stock_id, openid: 'b' })).code).toMatch(
    /BUSINESS_STOCK_INACTIVE/,
  )
})
