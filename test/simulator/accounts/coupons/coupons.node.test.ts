import { createHash } from 'node:crypto'
import { beforeEach, describe, expect, it } from 'vitest'
import { DAY, HOUR, MINUTE } from '../../../../src/core/base/time.ts'
import { pages } from '../../../../src/flows/paging/index.ts'
import { createSimulatorMount } from '../../../../src/simulator/index.ts'
import { v3 } from '../../node-client.ts'
import { createTestMerchant, NOTIFY_URL, newNumber, refusalOf, START, type TestMerchant } from '../../test-merchant.ts'

// Codes: the table of errors of the documents of 2019, and reports in the community where they are later. From one report each
// are: RULE_LIMIT 用户已达最大领券次数, PARAM_ERROR 批次预算等于批次面额乘以发券数, REQUEST_BLOCKED 活动未开始或已结束, INVALID_REQUEST
// 批次发放规则或核销规则有误, 账户余额不足. No source names the code of a reused out_request_no.

const ROOT = '/v3/marketing/favor'
const BEGIN = '2026-03-01T00:00:00+08:00'
const END = '2026-03-05T00:00:00+08:00'
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

const sendRule = (more: object = {}) => ({
  max_coupons: 3,
  max_amount: 300,
  max_coupons_per_user: 2,
  natural_person_limit: false,
  prevent_api_abuse: false,
  ...more,
})
const useRule = (more: object = {}) => ({
  fixed_normal_coupon: { coupon_amount: 100, transaction_minimum: 500 },
  available_merchants: [mchid],
  ...more,
})
const stock = (more: object = {}) => ({
  stock_name: '三月满减',
  belong_merchant: mchid,
  available_begin_time: BEGIN,
  available_end_time: END,
  stock_use_rule: sendRule(),
  coupon_use_rule: useRule(),
  pattern_info: { description: '每单一张' },
  no_cash: false,
  stock_type: 'NORMAL',
  out_request_no: newNumber(),
  ...more,
})
const create = async (more: object = {}): Promise<string> =>
  (await call(`POST ${ROOT}/coupon-stocks`, stock(more))).stock_id
const change = (stock_id: string, action: string) =>
  call(`POST ${ROOT}/stocks/${stock_id}/${action}`, { stock_creator_mchid: mchid })
const started = async (more: object = {}): Promise<string> => {
  const stock_id = await create(more)
  await change(stock_id, 'start')
  return stock_id
}
const queryStock = (stock_id: string) => call(`GET ${ROOT}/stocks/${stock_id}?stock_creator_mchid=${mchid}`)
const send = async (stock_id: string, user = USER, out_request_no = newNumber()): Promise<string> => {
  const body = { stock_id, out_request_no, appid, stock_creator_mchid: mchid }
  return (await call(`POST ${ROOT}/users/${user}/coupons`, body)).coupon_id
}
const query = (coupon_id: string, user = USER) => call(`GET ${ROOT}/users/${user}/coupons/${coupon_id}?appid=${appid}`)
const place = async (total = 600, more: object = {}): Promise<string> => {
  const out_trade_no = newNumber()
  const order = { appid, mchid, out_trade_no, description: 'd', notify_url: NOTIFY_URL, amount: { total }, ...more }
  await call('POST /v3/pay/transactions/native', order)
  return out_trade_no
}
const queryOrder = (out_trade_no: string) =>
  call(`GET /v3/pay/transactions/out-trade-no/${out_trade_no}?mchid=${mchid}`)

describe('a stock (批次)', () => {
  it('is created, activated, paused, restarted and stopped', async () => {
    const stock_id = await create()
    expect(await queryStock(stock_id)).toEqual({
      stock_id,
      stock_creator_mchid: mchid,
      stock_name: '三月满减',
      status: 'unactivated',
      create_time: '2026-03-01T20:30:00+08:00',
      description: '每单一张',
      stock_use_rule: {
        ...sendRule(),
        fixed_normal_coupon: { coupon_amount: 100, transaction_minimum: 500 },
        coupon_type: 'NORMAL',
        combine_use: false,
      },
      available_begin_time: BEGIN,
      available_end_time: END,
      distributed_coupons: 0,
      no_cash: false,
      singleitem: false,
      stock_type: 'NORMAL',
    })
    const steps = [
      ['start', 'start_time', 'running'],
      ['pause', 'pause_time', 'paused'],
      ['restart', 'restart_time', 'running'],
      ['stop', 'stop_time', 'stoped'],
    ] as const
    for (const [action, time, status] of steps) {
      await simulator.advance(MINUTE)
      const first = await change(stock_id, action)
      expect(first).toEqual({ stock_id, [time]: expect.stringMatching(/\+08:00$/) })
      await simulator.advance(MINUTE)
      // 接口支持幂等重入.
      expect(await change(stock_id, action)).toEqual(first)
      expect(await queryStock(stock_id)).toMatchObject({ status })
    }
    for (const action of ['start', 'pause', 'restart'])
      expect(await refusalOf(change(stock_id, action))).toEqual([400, 'PARAM_ERROR'])
  })

  it('is the same for the same out_request_no', async () => {
    const body = stock()
    const first = await call(`POST ${ROOT}/coupon-stocks`, body)
    expect(await call(`POST ${ROOT}/coupon-stocks`, body)).toEqual(first)
    const other = call(`POST ${ROOT}/coupon-stocks`, { ...body, stock_name: '别的' })
    expect(await refusalOf(other)).toEqual([400, 'RESOURCE_ALREADY_EXISTS'])
  })

  const refused: [what: string, more: () => object, status: number, code: string][] = [
    ['a budget that is not the product', () => ({ stock_use_rule: sendRule({ max_amount: 299 }) }), 400, 'PARAM_ERROR'],
    ['no amount', () => ({ coupon_use_rule: { available_merchants: [mchid] } }), 400, 'INVALID_REQUEST'],
    ['another type', () => ({ stock_type: 'DISCOUNT' }), 400, 'INVALID_REQUEST'],
    [
      'more than 60 for a shopper',
      () => ({ stock_use_rule: sendRule({ max_coupons_per_user: 61 }) }),
      400,
      'INVALID_REQUEST',
    ],
    ['its end in the past', () => ({ available_end_time: '2026-03-01T20:29:00+08:00' }), 403, 'REQUEST_BLOCKED'],
    [
      'its end before its beginning',
      () => ({ available_begin_time: '2026-03-06T00:00:00+08:00' }),
      403,
      'REQUEST_BLOCKED',
    ],
    ['no coupons', () => ({ stock_use_rule: sendRule({ max_coupons: 0, max_amount: 0 }) }), 400, 'PARAM_ERROR'],
  ]
  it.each(refused)('with %s is refused', async (_, more, status, code) => {
    expect(await refusalOf(create(more()))).toEqual([status, code])
  })

  it('belongs to its merchant', async () => {
    const stock_id = await create()
    const foreign = call(`GET ${ROOT}/stocks/${stock_id}?stock_creator_mchid=1900000110`)
    expect(await refusalOf(foreign)).toEqual([403, 'REQUEST_BLOCKED'])
    expect(await refusalOf(queryStock('98065001'))).toEqual([404, 'RESOURCE_NOT_EXISTS'])
  })

  it('is listed by state and time, page by page', async () => {
    const ids = [await create(), await started(), await create()]
    const params = { stock_creator_mchid: mchid, limit: 2, offset: 0 }
    const found: string[] = []
    for await (const { stock_id } of pages(shop.wxpay.v3.marketing.favor.stocks, { params })) found.push(stock_id!)
    expect(found).toEqual(ids)
    const list = (more: string) => call(`GET ${ROOT}/stocks?stock_creator_mchid=${mchid}&offset=0&limit=10${more}`)
    expect((await list('&status=running')).data.map((one: { stock_id: string }) => one.stock_id)).toEqual([ids[1]])
    expect((await list('&create_start_time=2026-03-02T00:00:00%2B08:00')).total_count).toBe(0)
    expect(await refusalOf(call(`GET ${ROOT}/stocks?stock_creator_mchid=${mchid}&offset=0&limit=11`))).toEqual([
      400,
      'PARAM_ERROR',
    ])
  })

  it('lists its merchants and its items', async () => {
    const stock_id = await create({ coupon_use_rule: useRule({ available_items: ['a', 'b', 'c'] }) })
    const list = (name: string) =>
      call(`GET ${ROOT}/stocks/${stock_id}/${name}?stock_creator_mchid=${mchid}&offset=1&limit=2`)
    expect(await list('items')).toEqual({ total_count: 3, data: ['c'], offset: 1, limit: 2, stock_id })
    expect(await list('merchants')).toEqual({ total_count: 1, data: [], offset: 1, limit: 2, stock_id })
  })

  it('freezes its budget until its coupons are used, or its end', async () => {
    const before = simulator.balance('OPERATION')
    const stock_id = await started()
    expect(simulator.balance('OPERATION')).toEqual({ available: before.available - 300, pending: 300 })
    const coupon_id = await send(stock_id)
    simulator.pay({ out_trade_no: await place() }, coupon_id)
    expect(simulator.balance('OPERATION')).toEqual({ available: before.available - 300, pending: 200 })
    await simulator.advance(4 * DAY)
    expect(await queryStock(stock_id)).toMatchObject({ status: 'stoped', distributed_coupons: 1 })
    expect(simulator.balance('OPERATION')).toEqual({ available: before.available - 100, pending: 0 })
  })

  it('is not activated without the money', async () => {
    simulator.fund(-simulator.balance('OPERATION').available + 299)
    const stock_id = await create()
    expect(await refusalOf(change(stock_id, 'start'))).toEqual([403, 'NOT_ENOUGH'])
    expect(await queryStock(stock_id)).toMatchObject({ status: 'unactivated' })
    await started({ no_cash: true })
  })
})

describe('sending a coupon', () => {
  it('is limited by the budget, for each shopper, and for each day', async () => {
    const stock_id = await started({ stock_use_rule: sendRule({ max_amount_by_day: 200 }) })
    await send(stock_id)
    await send(stock_id)
    expect(await refusalOf(send(stock_id))).toEqual([403, 'RULE_LIMIT'])
    expect(await refusalOf(send(stock_id, 'oOther'))).toEqual([403, 'NOT_ENOUGH'])
    await simulator.advance(DAY)
    await send(stock_id, 'oOther')
    await simulator.advance(DAY)
    expect(await refusalOf(send(stock_id, 'oOther'))).toEqual([403, 'NOT_ENOUGH'])
    expect(await queryStock(stock_id)).toMatchObject({ distributed_coupons: 3 })
  })

  it('requires a stock that runs', async () => {
    const stock_id = await create()
    expect(await refusalOf(send(stock_id))).toEqual([400, 'INVALID_REQUEST'])
    const later = await started({ available_begin_time: '2026-03-02T00:00:00+08:00' })
    expect(await refusalOf(send(later))).toEqual([400, 'INVALID_REQUEST'])
    expect(await refusalOf(send('98065001'))).toEqual([404, 'RESOURCE_NOT_EXISTS'])
  })

  it('is repeated for the same number, and refused for another shopper', async () => {
    const stock_id = await started()
    const number = newNumber()
    const coupon_id = await send(stock_id, USER, number)
    expect(await send(stock_id, USER, number)).toBe(coupon_id)
    expect(await refusalOf(send(stock_id, 'oOther', number))).toEqual([400, 'INVALID_REQUEST'])
    expect(await queryStock(stock_id)).toMatchObject({ distributed_coupons: 1 })
  })

  it('requires the appid of the merchant', async () => {
    const body = { stock_id: await started(), out_request_no: '1', appid: 'wx0', stock_creator_mchid: mchid }
    expect(await refusalOf(call(`POST ${ROOT}/users/${USER}/coupons`, body))).toEqual([400, 'APPID_MCHID_NOT_MATCH'])
  })
})

describe('a coupon (代金券)', () => {
  it('takes its amount off an order, and says so in the query and both notifications', async () => {
    await call(`POST ${ROOT}/callbacks`, { mchid, notify_url: `${NOTIFY_URL}/coupon` })
    const stock_id = await started()
    const coupon_id = await send(stock_id)
    const out_trade_no = await place()
    const { transaction_id } = simulator.pay({ out_trade_no }, coupon_id)
    await simulator.settled()
    const promotion = {
      coupon_id,
      name: '三月满减',
      scope: 'GLOBAL',
      type: 'CASH',
      amount: 100,
      stock_id,
      wechatpay_contribute: 0,
      merchant_contribute: 100,
      other_contribute: 0,
      currency: 'CNY',
    }
    const order = await queryOrder(out_trade_no)
    expect(order).toMatchObject({
      amount: { total: 600, payer_total: 500 },
      payer: { openid: USER },
      promotion_detail: [promotion],
    })
    const [payment, use] = ['TRANSACTION.SUCCESS', 'COUPON.USE'].map(name =>
      shop.received.find(({ event }) => event === name),
    )
    expect(payment).toMatchObject({ resource: order })
    expect(use).toMatchObject({ url: `${NOTIFY_URL}/coupon` })
    const consume_time = '2026-03-01T20:30:00+08:00'
    const consume_information = { consume_time, consume_mchid: mchid, transaction_id }
    expect(await query(coupon_id)).toMatchObject({ status: 'USED', consume_information })
    expect(use!.resource).toEqual({
      stock_creator_mchid: mchid,
      stock_id,
      coupon_id,
      coupon_name: '三月满减',
      status: 'USED',
      description: '每单一张',
      create_time: consume_time,
      coupon_type: 'NORMAL',
      no_cash: false,
      available_begin_time: consume_time,
      available_end_time: END,
      singleitem: false,
      normal_coupon_information: { coupon_amount: 100, transaction_minimum: 500 },
      consume_information: { ...consume_information, consume_amount: 100 },
    })
  })

  it('is used only once, in time, by its shopper, at its merchants, from its threshold on, with its tag', async () => {
    const coupon_use_rule = useRule({
      goods_tag: ['spring'],
      coupon_available_time: { second_day_available: true, available_time_after_receive: 60 },
    })
    const stock_id = await started({ coupon_use_rule })
    const coupon_id = await send(stock_id)
    const pay = async (total = 600, more: object = { goods_tag: 'spring' }) => {
      const out_trade_no = await place(total, more)
      return () => simulator.pay({ out_trade_no }, coupon_id)
    }
    expect(await pay()).toThrow(/COUPON_NOT_USABLE.*not valid yet/)
    await simulator.advance(3.5 * HOUR)
    expect(await pay(499)).toThrow(/COUPON_NOT_USABLE.*below 500 fen/)
    expect(await pay(600, {})).toThrow(/COUPON_NOT_USABLE.*goods tags spring/)
    expect((await pay())().coupon).toMatchObject({ coupon_id, amount: 100 })
    expect(await pay()).toThrow(/COUPON_STATE.*USED/)
    const other = await send(stock_id)
    await simulator.advance(DAY + HOUR)
    expect(await query(other)).toMatchObject({ status: 'EXPIRED' })
    const out_trade_no = await place(600, { goods_tag: 'spring' })
    expect(() => simulator.pay({ out_trade_no }, other)).toThrow(/COUPON_STATE.*EXPIRED/)
    expect(await queryOrder(out_trade_no)).toMatchObject({ trade_state: 'NOTPAY' })
  })

  it('is valid at its hours of its days of the week', async () => {
    // 1 March 2026 is a Sunday.
    const fix_available_time = { available_week_day: [1], begin_time: 3600, end_time: 7200 }
    const coupon_id = await send(
      await started({ coupon_use_rule: useRule({ coupon_available_time: { fix_available_time } }) }),
    )
    const out_trade_no = await place()
    const pay = () => simulator.pay({ out_trade_no }, coupon_id)
    expect(pay).toThrow(/this time of the week/)
    await simulator.advance(4.5 * HOUR)
    const again = await place()
    expect(simulator.pay({ out_trade_no: again }, coupon_id).coupon).toMatchObject({ coupon_id })
  })

  it('of another shopper or merchant is not used', async () => {
    const coupon_id = await send(await started({ coupon_use_rule: useRule({ available_merchants: ['1900000110'] }) }))
    const out_trade_no = await place()
    expect(() => simulator.pay({ out_trade_no }, coupon_id)).toThrow(/not for the merchant/)
    const own = await send(await started())
    const jsapi = newNumber()
    const order = {
      appid,
      mchid,
      out_trade_no: jsapi,
      description: 'd',
      notify_url: NOTIFY_URL,
      amount: { total: 600 },
    }
    await call('POST /v3/pay/transactions/jsapi', { ...order, payer: { openid: 'oOther' } })
    expect(() => simulator.pay({ out_trade_no: jsapi }, own)).toThrow(/another shopper/)
    expect(await refusalOf(query(own, 'oOther'))).toEqual([404, 'RESOURCE_NOT_EXISTS'])
  })

  it('is listed for its shopper', async () => {
    const stock_id = await started()
    const ids = [await send(stock_id), await send(stock_id)]
    await send(stock_id, 'oOther')
    const list = async (more = '') => {
      const { data } = await call(`GET ${ROOT}/users/${USER}/coupons?appid=${appid}${more}`)
      return data.map((one: { coupon_id: string }) => one.coupon_id)
    }
    expect(await list(`&available_mchid=${mchid}&stock_id=${stock_id}`)).toEqual(ids)
    simulator.pay({ out_trade_no: await place() }, ids[0])
    expect(await list('&status=SENDED')).toEqual([ids[1]])
    expect(await list('&creator_mchid=1900000110')).toEqual([])
  })
})

describe('a refund of an order that was paid with a coupon', () => {
  const refund = (out_trade_no: string, amount: number) =>
    call('POST /v3/refund/domestic/refunds', {
      out_trade_no,
      out_refund_no: newNumber(),
      amount: { refund: amount, total: 600, currency: 'CNY' },
    })

  it.each([
    ['prepaid (预充值)', false, 'CASH', 600, [150, 450]],
    ['borne by the payee (免充值)', true, 'NOCASH', 500, [125, 375]],
  ] as const)('%s returns the coupon in proportion', async (_, no_cash, type, settled, parts) => {
    const operation = simulator.balance('OPERATION').available
    const coupon_id = await send(await started({ no_cash }))
    const out_trade_no = await place()
    simulator.pay({ out_trade_no }, coupon_id)
    expect(simulator.balance('BASIC').pending).toBe(settled - 4 + (no_cash ? 1 : 0))
    const first = await refund(out_trade_no, 150)
    expect(first).toMatchObject({
      amount: {
        refund: 150,
        payer_total: 500,
        payer_refund: 125,
        discount_refund: 25,
        settlement_total: settled,
        settlement_refund: parts[0],
      },
      promotion_detail: [{ promotion_id: coupon_id, scope: 'GLOBAL', type, amount: 100, refund_amount: 25 }],
    })
    const second = await refund(out_trade_no, 450)
    expect(second.amount).toMatchObject({ payer_refund: 375, discount_refund: 75, settlement_refund: parts[1] })
    await simulator.advance(MINUTE)
    expect(simulator.balance('BASIC')).toEqual({ available: 0, pending: 0 })
    await simulator.advance(5 * DAY)
    expect(simulator.balance('OPERATION')).toEqual({ available: operation, pending: 0 })
    expect((await query(coupon_id)).status).toBe('USED')
  })

  it('stands in the bill and in the files of the stock', async () => {
    const stock_id = await started()
    const coupon_id = await send(stock_id)
    const out_trade_no = await place()
    const { transaction_id } = simulator.pay({ out_trade_no }, coupon_id)
    await refund(out_trade_no, 150)
    await simulator.advance(MINUTE)
    const read = async (name: string) => {
      const { url, hash_value, hash_type } = await call(`GET ${ROOT}/stocks/${stock_id}/${name}`)
      const { text } = await v3(simulator, 'GET', url.slice(new URL(url).origin.length), { now: START })
      // `Response.text` takes the byte order mark off.
      const hash = createHash('sha1').update(`\ufeff${text}`).digest('hex')
      expect([hash_type, hash]).toEqual(['SHA1', hash_value])
      return text.split('\r\n')[1]!.replaceAll('`', '').split(',')
    }
    const row = [stock_id, coupon_id, '预充值', '1.00', '6.00', 'NATIVE', transaction_id, '2026-03-01 20:30:00', mchid]
    expect(await read('use-flow')).toEqual([...row, '', '', ''])
    expect((await read('refund-flow')).slice(0, 5)).toEqual([stock_id, coupon_id, '预充值', '0.25', '6.00'])
  })
})

describe('where the merchant is notified', () => {
  it('is set, read, and switched off', async () => {
    const read = () => call(`GET ${ROOT}/callbacks?mchid=${mchid}`)
    expect(await refusalOf(read())).toEqual([404, 'RESOURCE_NOT_EXISTS'])
    await call(`POST ${ROOT}/callbacks`, { mchid, notify_url: NOTIFY_URL, switch: false })
    expect(await read()).toEqual({ mchid, notify_url: NOTIFY_URL })
    simulator.pay({ out_trade_no: await place(600, { notify_url: `${NOTIFY_URL}/pay` }) }, await send(await started()))
    await simulator.settled()
    expect(shop.received.map(({ url }) => url)).toEqual([`${NOTIFY_URL}/pay`])
    const foreign = call(`POST ${ROOT}/callbacks`, { mchid: '1', notify_url: NOTIFY_URL })
    expect(await refusalOf(foreign)).toEqual([400, 'PARAM_ERROR'])
  })
})

it('APIv2 shows the coupon of an order and of its refund', async () => {
  const coupon_id = await send(await started({ no_cash: true }))
  const out_trade_no = await place()
  simulator.pay({ out_trade_no }, coupon_id)
  const query = { appid, mch_id: mchid, out_trade_no }
  expect(await call('POST /pay/orderquery', query)).toMatchObject({
    total_fee: '600',
    settlement_total_fee: '500',
    cash_fee: '500',
    coupon_fee: '100',
    coupon_count: '1',
    coupon_type_0: 'NO_CASH',
    coupon_id_0: coupon_id,
    coupon_fee_0: '100',
  })
  const refund = { ...query, out_refund_no: newNumber(), total_fee: 600, refund_fee: 300 }
  expect(await call('POST /secapi/pay/refund', refund)).toMatchObject({
    settlement_refund_fee: '250',
    cash_refund_fee: '250',
    coupon_refund_fee: '50',
    coupon_refund_count: '1',
  })
})

it('the control API pays with a coupon, and shows stocks and coupons', async () => {
  const stock_id = await started()
  const coupon_id = await send(stock_id)
  const mount = createSimulatorMount(simulator)
  const control = async (method: string, path: string, body?: object) => {
    const response = await mount(
      new Request(`http://localhost/simulator${path}`, {
        method,
        ...(body && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
      }),
    )
    return [response.status, await response.json()] as const
  }
  const out_trade_no = await place()
  expect((await control('POST', '/pay', { out_trade_no, coupon_id }))[1].coupon).toMatchObject({ coupon_id })
  expect((await control('GET', `/coupons/${coupon_id}`))[1]).toMatchObject({ status: 'USED', use: { amount: 100 } })
  expect((await control('GET', '/coupon-stocks'))[1]).toMatchObject([{ stock_id, sent: 1, frozen: 200 }])
  expect((await control('GET', '/coupons/0'))[0]).toBe(404)
  expect((await control('POST', '/pay', { out_trade_no: await place(), coupon_id }))[1].code).toMatch(/COUPON_STATE/)
})
