import { beforeEach, expect, it } from 'vitest'
import { createTestMerchant, newNumber, refusalOf, type TestMerchant } from '../../test-merchant.ts'

// Codes: the table of errors of https://pay.weixin.qq.com/wiki/doc/api/tools/sp_coupon.php?chapter=12_3, as Weixin.Next.Pay, OSS.PaySdk and
// several PHP SDKs quote it; the numbers of coupon_stock_status as WxJava and node-tenpay quote them.

let simulator: TestMerchant['simulator']
let call: TestMerchant['call']
let mchid: string
let appid: string
beforeEach(async () => {
  ;({ simulator, call } = await createTestMerchant())
  ;({ mchid, appid } = simulator.merchant)
})

/** Creates a stock by APIv3, the only one that creates any. */
const create = async (): Promise<string> =>
  (
    await call('POST /v3/marketing/favor/coupon-stocks', {
      stock_name: '三月满减',
      belong_merchant: mchid,
      available_begin_time: '2026-03-01T00:00:00+08:00',
      available_end_time: '2026-03-05T00:00:00+08:00',
      stock_use_rule: {
        max_coupons: 3,
        max_amount: 300,
        max_coupons_per_user: 1,
        natural_person_limit: false,
        prevent_api_abuse: false,
      },
      coupon_use_rule: {
        fixed_normal_coupon: { coupon_amount: 100, transaction_minimum: 500 },
        available_merchants: [mchid],
      },
      pattern_info: { description: '每单一张' },
      no_cash: false,
      stock_type: 'NORMAL',
      out_request_no: newNumber(),
    })
  ).stock_id
const change = (stock_id: string, action: string) =>
  call(`POST /v3/marketing/favor/stocks/${stock_id}/${action}`, { stock_creator_mchid: mchid })
const who = () => ({ appid, mch_id: mchid })
const send = (coupon_stock_id: string, more: object = {}) =>
  call('POST /mmpaymkttransfers/send_coupon', {
    ...who(),
    coupon_stock_id,
    openid_count: 1,
    partner_trade_no: newNumber(),
    openid: 'oShopper',
    ...more,
  })
const stockOf = (coupon_stock_id: string) =>
  call('POST /mmpaymkttransfers/query_coupon_stock', { ...who(), coupon_stock_id })
const couponOf = (stock_id: string, coupon_id: string, openid = 'oShopper') =>
  call('POST /mmpaymkttransfers/querycouponsinfo', { ...who(), stock_id, coupon_id, openid })
const code = async (run: Promise<unknown>) => (await refusalOf(run))[1]

it('a coupon (代金券) of APIv2 is one of APIv3: sent, shown, and used when the shopper pays', async () => {
  const stock_id = await create()
  expect(await stockOf(stock_id)).toMatchObject({
    coupon_stock_id: stock_id,
    coupon_name: '三月满减',
    coupon_value: '100',
    coupon_mininumn: '500',
    coupon_stock_status: '1',
    coupon_total: '3',
    max_quota: '1',
    is_send_num: '0',
    coupon_budget: '300',
    begin_time: String(Date.parse('2026-03-01T00:00:00+08:00') / 1000),
    begin_time_t: '20260301000000',
    end_time_t: '20260305000000',
    create_time_t: '20260301203000',
  })
  await change(stock_id, 'start')
  const number = newNumber()
  const sent = await send(stock_id, { partner_trade_no: number })
  expect(sent).toMatchObject({
    coupon_stock_id: stock_id,
    resp_count: '1',
    success_count: '1',
    failed_count: '0',
    openid: 'oShopper',
    ret_code: 'SUCCESS',
    coupon_id: expect.stringMatching(/^\d+$/),
  })
  expect((await send(stock_id, { partner_trade_no: number })).coupon_id).toBe(sent.coupon_id)
  expect(await stockOf(stock_id)).toMatchObject({ coupon_stock_status: '4', is_send_num: '1' })
  const coupon = { coupon_stock_id: stock_id, coupon_id: sent.coupon_id, coupon_value: '100', send_source: 'NORMAL' }
  expect(await couponOf(stock_id, sent.coupon_id)).toMatchObject({
    ...coupon,
    coupon_state: 'SENDED',
    coupon_use_value: '0',
    coupon_remain_value: '100',
  })
  expect(await call(`GET /v3/marketing/favor/users/oShopper/coupons/${sent.coupon_id}?appid=${appid}`)).toMatchObject({
    status: 'SENDED',
  })
  const out_trade_no = newNumber()
  await call('POST /pay/unifiedorder', {
    ...who(),
    body: 'd',
    out_trade_no,
    total_fee: 600,
    spbill_create_ip: '127.0.0.1',
    notify_url: 'https://merchant.example',
    trade_type: 'JSAPI',
    openid: 'oShopper',
  })
  simulator.pay({ out_trade_no }, sent.coupon_id)
  expect(await couponOf(stock_id, sent.coupon_id)).toMatchObject({
    ...coupon,
    coupon_state: 'USED',
    coupon_use_value: '100',
    coupon_remain_value: '0',
  })
})

it('is refused with the documented codes', async () => {
  expect(await code(stockOf('1757'))).toBe('COUPON_STOCK_NOT_FOUND')
  const stock_id = await create()
  expect(await code(send(stock_id))).toBe('AL_STOCK_OVER')
  await change(stock_id, 'start')
  expect(await code(send(stock_id, { openid_count: 2 }))).toBe('PARAM_ERROR')
  const number = newNumber()
  const { coupon_id } = await send(stock_id, { partner_trade_no: number })
  expect(await code(send(stock_id))).toBe('USER_AL_GET_COUPON')
  expect(await code(send(stock_id, { partner_trade_no: number, openid: 'oOther' }))).toBe('INVALID_REQUEST')
  expect(await code(couponOf(stock_id, '1'))).toBe('COUPON_NOT_FOUND')
  expect(await code(couponOf(stock_id, coupon_id, 'oOther'))).toBe('COUPON_NOT_FOUND')
  await change(stock_id, 'pause')
  expect(await stockOf(stock_id)).toMatchObject({ coupon_stock_status: '16' })
  expect(await code(send(stock_id, { openid: 'oOther' }))).toBe('AL_STOCK_OVER')
})
