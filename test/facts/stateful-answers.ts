import { createTestMerchant, NOTIFY_URL, newNumber, type TestMerchant } from '../simulator/test-merchant.ts'

type Responses = Readonly<Record<string, readonly unknown[]>>

const COUPONS = '/v3/marketing/busifavor'
const USER = 'oShopper'
const SUB_MERCHANT = '1900000110'

/**
 * Takes objects through their states and returns the responses on the way, by endpoint: an optional field stands in the
 * responses of some states only.
 */
export async function statefulAnswers(): Promise<Responses> {
  const merchant = await createTestMerchant()
  return { ...(await businessCoupons(merchant)), ...(await couponStocks(merchant)), ...(await subsidies(merchant)) }
}

async function businessCoupons({ call, simulator }: TestMerchant): Promise<Responses> {
  const { mchid, appid } = simulator.merchant
  const { stock_id } = await call(`POST ${COUPONS}/stocks`, {
    stock_name: '八折',
    belong_merchant: mchid,
    goods_name: '全场',
    stock_type: 'NORMAL',
    coupon_use_rule: {
      coupon_available_time: {
        available_begin_time: '2026-03-01T00:00:00+08:00',
        available_end_time: '2026-03-05T00:00:00+08:00',
      },
      fixed_normal_coupon: { discount_amount: 100, transaction_minimum: 500 },
      use_method: 'OFF_LINE',
    },
    stock_send_rule: { max_coupons: 9, max_coupons_per_user: 9 },
    coupon_code_mode: 'MERCHANT_UPLOAD',
    custom_entrance: { code_display_mode: 'BARCODE' },
    out_request_no: newNumber(),
  })
  const codes = ['C1', 'C2', 'C3', 'C4', 'C5']
  const uploaded = `${COUPONS}/stocks/${stock_id}/couponcodes`
  await call(`POST ${uploaded}`, { coupon_code_list: codes, upload_request_no: newNumber() })
  const act = (action: string, coupon_code: string, more: object) =>
    call(`POST ${COUPONS}/coupons/${action}`, { stock_id, coupon_code, ...more })
  const send = () =>
    call(`POST ${COUPONS}/coupons/send`, { stock_id, openid: USER, appid, out_request_no: newNumber() })
  const sent = [await send(), await send(), await send(), await send()]
  const [used, returned, deactivated, associated] = sent.map(
    one => one.send_coupon_result?.coupon_code ?? one.coupon_code,
  )
  for (const code of [used, returned])
    await act('use', code, { appid, use_time: '2026-03-01T20:30:00+08:00', use_request_no: newNumber() })
  await act('return', returned, { return_request_no: newNumber() })
  await act('deactivate', deactivated, { deactivate_request_no: newNumber(), deactivate_reason: '错误' })
  await act('associate', associated, { out_trade_no: 'T1', out_request_no: newNumber() })
  const each = (path: (code: string) => string) => Promise.all(codes.map(code => call(`GET ${path(code)}`)))
  const held = await Promise.all(
    [used, returned, deactivated, associated].map(code =>
      call(`GET ${COUPONS}/users/${USER}/coupons/${code}/appids/${appid}`),
    ),
  )
  return {
    [`v3 GET ${COUPONS}/stocks/{stock_id}/couponcodes`]: [await call(`GET ${uploaded}`)],
    [`v3 GET ${COUPONS}/stocks/{stock_id}/couponcodes/{coupon_code}`]: await each(code => `${uploaded}/${code}`),
    [`v3 GET ${COUPONS}/users/{openid}/coupons`]: [await call(`GET ${COUPONS}/users/${USER}/coupons?appid=${appid}`)],
    [`v3 GET ${COUPONS}/users/{openid}/coupons/{coupon_code}/appids/{appid}`]: held,
    [`v3 POST ${COUPONS}/coupons/send`]: sent,
  }
}

async function couponStocks({ call, simulator }: TestMerchant): Promise<Responses> {
  const { mchid } = simulator.merchant
  const root = '/v3/marketing/favor'
  const { stock_id } = await call(`POST ${root}/coupon-stocks`, {
    stock_name: '满减',
    belong_merchant: mchid,
    available_begin_time: '2026-03-01T00:00:00+08:00',
    available_end_time: '2026-03-05T00:00:00+08:00',
    stock_use_rule: {
      max_coupons: 3,
      max_amount: 300,
      max_coupons_per_user: 2,
      natural_person_limit: false,
      prevent_api_abuse: false,
    },
    coupon_use_rule: {
      fixed_normal_coupon: { coupon_amount: 100, transaction_minimum: 500 },
      available_merchants: [mchid],
      trade_type: ['MICROAPP', 'APPPAY'],
    },
    no_cash: false,
    stock_type: 'NORMAL',
    out_request_no: newNumber(),
  })
  const query = `stock_creator_mchid=${mchid}`
  return {
    [`v3 GET ${root}/stocks`]: [await call(`GET ${root}/stocks?${query}&offset=0&limit=5`)],
    [`v3 GET ${root}/stocks/{stock_id}`]: [await call(`GET ${root}/stocks/${stock_id}?${query}`)],
  }
}

async function subsidies({ call, simulator }: TestMerchant): Promise<Responses> {
  const root = '/v3/ecommerce/subsidies'
  const paid = await sharingOrder({ call, simulator })
  const order = { sub_mchid: SUB_MERCHANT, transaction_id: paid.transaction_id }
  const created = await call(`POST ${root}/create`, { ...order, amount: 300, out_subsidy_no: 'U1', description: 'd' })
  const { refund_id } = await refund(paid.out_trade_no, { call, simulator })
  const returned = await call(`POST ${root}/return`, {
    ...order,
    out_order_no: newNumber(),
    refund_id,
    amount: 100,
    description: 'd',
    subsidy_id: created.subsidy_id,
    from: [{ account: 'UNAVAILABLE', amount: 100 }],
  })
  const unpaid = await sharingOrder({ call, simulator })
  await refund(unpaid.out_trade_no, { call, simulator })
  const canceled = await call(`POST ${root}/cancel`, {
    sub_mchid: SUB_MERCHANT,
    transaction_id: unpaid.transaction_id,
    description: 'd',
  })
  return {
    [`v3 POST ${root}/create`]: [created],
    [`v3 POST ${root}/return`]: [returned],
    [`v3 POST ${root}/cancel`]: [canceled],
  }
}

type Caller = Pick<TestMerchant, 'call' | 'simulator'>

async function sharingOrder({ call, simulator }: Caller): Promise<{ out_trade_no: string; transaction_id: string }> {
  const { appid, mchid } = simulator.merchant
  const out_trade_no = newNumber()
  const combine_out_trade_no = newNumber()
  await call('POST /v3/combine-transactions/native', {
    combine_appid: appid,
    combine_mchid: mchid,
    combine_out_trade_no,
    notify_url: NOTIFY_URL,
    sub_orders: [
      {
        mchid,
        sub_mchid: SUB_MERCHANT,
        out_trade_no,
        description: 'd',
        attach: 'a',
        amount: { total_amount: 1000, currency: 'CNY' },
        settle_info: { profit_sharing: true },
      },
    ],
  })
  simulator.pay({ combine_out_trade_no })
  return { out_trade_no, transaction_id: simulator.order(out_trade_no, SUB_MERCHANT)!.transaction_id! }
}

const refund = (out_trade_no: string, { call, simulator }: Caller): Promise<{ refund_id: string }> =>
  call('POST /v3/ecommerce/refunds/apply', {
    sub_mchid: SUB_MERCHANT,
    sp_appid: simulator.merchant.appid,
    out_trade_no,
    out_refund_no: newNumber(),
    amount: { refund: 500, total: 1000, currency: 'CNY' },
  })
