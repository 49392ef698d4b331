import { beforeAll, expect, it } from 'vitest'
import { createSimulatorMount } from '../../../../src/simulator/index.ts'
import { createTestMerchant, newNumber, type TestMerchant } from '../../test-merchant.ts'

// Actions of users, the tax office and the insurance over HTTP: other languages have nothing else.

let shop: TestMerchant
let mount: ReturnType<typeof createSimulatorMount>
beforeAll(async () => {
  shop = await createTestMerchant()
  mount = createSimulatorMount(shop.simulator)
})

/** Returns the status and the JSON of a response of the control API. */
async function control(method: string, path: string, body?: object) {
  const init = body && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }
  const response = await mount(new Request(`http://localhost/simulator${path}`, { method, ...init }))
  return [response.status, await response.json()]
}
const post = (path: string, body: object) => control('POST', path, body)
const get = (path: string) => control('GET', path)

async function pay(): Promise<string> {
  const { mchid, appid } = shop.simulator.merchant
  const out_trade_no = newNumber()
  const amount = { total: 1000 }
  const order = { mchid, appid, out_trade_no, description: 'd', notify_url: 'https://merchant.example', amount }
  await shop.call('POST /v3/pay/transactions/native', order)
  return shop.simulator.pay({ out_trade_no }).transaction_id!
}

it('parking: a plate is opened and changed, and a fee advanced and repaid', async () => {
  const { appid } = shop.simulator.merchant
  const plate = { plate_number: '粤B888888', plate_color: 'BLUE' }
  expect(await post('/open-plate', { ...plate, openid: 'o' })).toEqual([
    200,
    expect.objectContaining({ state: 'NORMAL' }),
  ])
  expect(await post('/open-plate', plate)).toEqual([409, expect.objectContaining({ code: 'PLATE_STATE' })])
  expect(await post('/open-plate', { ...plate, plate_color: 'PINK' })).toEqual([400, expect.anything()])
  for (const event of ['pause', 'resume'])
    expect(await post('/change-plate', { ...plate, event })).toEqual([200, expect.anything()])
  const parking = { start_time: '2026-03-01T18:00:00+08:00', parking_name: '停车场' }
  const { id } = await shop.call('POST /v3/vehicle/parking/parkings', {
    out_parking_no: 'E1',
    ...plate,
    ...parking,
    notify_url: 'https://merchant.example',
    free_duration: 0,
  })
  expect(await get('/parkings/E1')).toEqual([200, expect.objectContaining({ id, state: 'NORMAL' })])
  expect(await get('/parkings/E2')).toEqual([404, expect.anything()])
  expect((await get('/parkings'))[1]).toHaveLength(1)
  await shop.call('POST /v3/vehicle/transactions/parking', {
    appid,
    description: 'd',
    out_trade_no: 'PARKING-1',
    trade_scene: 'PARKING',
    notify_url: 'https://merchant.example',
    amount: { total: 1000 },
    parking_info: {
      parking_id: id,
      ...plate,
      ...parking,
      end_time: '2026-03-01T20:30:00+08:00',
      charging_duration: 1,
      device_id: '1',
    },
  })
  const number = { out_trade_no: 'PARKING-1' }
  expect(await post('/advance-parking-fee', number)).toEqual([200, expect.objectContaining({ user_repaid: 'N' })])
  expect(await post('/repay-parking-fee', number)).toEqual([200, expect.objectContaining({ user_repaid: 'Y' })])
})

it('invoices: a title is filled in, and an invoice refused', async () => {
  const fapiao_apply_id = await pay()
  const buyer = { type: 'INDIVIDUAL', name: '张三' }
  const filled = await post('/fill-fapiao-title', { fapiao_apply_id, ...buyer })
  expect(filled).toEqual([200, expect.objectContaining({ buyer, scene: 'WITH_WECHATPAY' })])
  await shop.call('POST /v3/new-tax-control-fapiao/fapiao-applications', {
    scene: 'WITH_WECHATPAY',
    fapiao_apply_id,
    buyer_information: buyer,
    fapiao_information: [
      {
        fapiao_id: 'F1',
        total_amount: 1000,
        need_list: false,
        items: [{ tax_code: '3', quantity: 100000000, total_amount: 1000, discount: false }],
      },
    ],
  })
  expect(await post('/fail-fapiao', { fapiao_apply_id, fapiao_id: 'F1', message: '信息有误' })).toEqual([
    200,
    expect.objectContaining({ status: 'ISSUE_FAILED' }),
  ])
  expect(await post('/fail-fapiao', { fapiao_apply_id, fapiao_id: 'F2' })).toEqual([409, expect.anything()])
  expect((await get(`/fapiao-applications/${fapiao_apply_id}`))[1]).toMatchObject({ fapiaos: [{ fapiao_id: 'F1' }] })
  expect((await get('/fapiao-applications'))[1]).toHaveLength(1)
})

/** The path of each list of records that the console reads at once. */
const PATHS = {
  serviceOrders: '/service-orders',
  permissions: '/permissions',
  contracts: '/contracts',
  complaints: '/complaints',
  couponStocks: '/coupon-stocks',
  coupons: '/coupons',
  businessStocks: '/business-stocks',
  businessCoupons: '/business-coupons',
  authorizations: '/authorizations',
  withdrawals: '/withdrawals',
  applyments: '/applyments',
  settlementChanges: '/settlement-changes',
  payrollRelations: '/payroll-relations',
  parkings: '/parkings',
  fapiaoApplications: '/fapiao-applications',
  medicalOrders: '/medical-orders',
  redPackets: '/red-packets',
}

it('medical insurance, payroll cards, red packets and combined orders: what there is not is said to be not there', async () => {
  const number = { out_trade_no: 'none' }
  expect(await post('/pay-medical-order', number)).toEqual([
    409,
    expect.objectContaining({ code: 'MEDICAL_ORDER_UNKNOWN' }),
  ])
  expect(await post('/fail-medical-order', number)).toEqual([409, expect.anything()])
  expect(await get('/medical-orders/none')).toEqual([404, expect.anything()])
  expect(await get('/medical-orders')).toEqual([200, []])
  expect(await post('/receive-red-packet', { mch_billno: 'none' })).toEqual([409, expect.anything()])
  expect(await get('/red-packets/none')).toEqual([404, expect.anything()])
  expect(await get('/red-packets')).toEqual([200, []])
  const [status, records] = await get('/product-records')
  expect(status).toBe(200)
  const { plates, payrollAuthentications, ...lists } = records
  expect(plates).toHaveLength(1)
  expect(payrollAuthentications).toEqual([])
  for (const [name, path] of Object.entries(PATHS)) expect([name, await get(path)]).toEqual([name, [200, lists[name]]])
  expect(Object.keys(lists).sort()).toEqual(Object.keys(PATHS).sort())
  for (const name of ['parkings', 'fapiaoApplications']) expect(lists[name]).not.toEqual([])
  expect(await get('/combined-orders')).toEqual([200, []])
  const worker = { openid: 'o', sub_mchid: '1900000110' }
  expect(await post('/authorize-payroll-card', worker)).toEqual([
    200,
    expect.objectContaining({ authorize_state: 'AUTHORIZED' }),
  ])
  expect((await get('/payroll-relations'))[1]).toMatchObject([{ ...worker, authorize_state: 'AUTHORIZED' }])
  expect(await post('/deauthorize-payroll-card', worker)).toEqual([200, expect.anything()])
  expect(await post('/deauthorize-payroll-card', worker)).toEqual([409, expect.anything()])
  expect(await post('/authenticate-employee', { authenticate_number: 'none' })).toEqual([409, expect.anything()])
})
