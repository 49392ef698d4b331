/** Responses and notifications of products with state, beside the definitions that the simulator itself does not write them by. */
import { beforeAll, expect, it } from 'vitest'
import { notificationsOf } from '../../../scripts/generate/notification.ts'
import { isReference } from '../../../scripts/generate/openapi.ts'
import { defined, document, misfits } from '../definition.node.ts'
import { createTestMerchant, newNumber, type TestMerchant } from '../test-merchant.ts'

const SUB_MERCHANT = '1900000110'
const PLATE = { plate_number: '粤B888888', plate_color: 'BLUE' } as const
const BUYER = { type: 'INDIVIDUAL', name: '张三', phone: '13800000000', email: 'a@b.cn' }
const FAPIAO = '/v3/new-tax-control-fapiao'

let shop: TestMerchant
let simulator: TestMerchant['simulator']
/** Places where a response or a notification does not fit. */
let faults: string[]
beforeAll(async () => {
  shop = await createTestMerchant()
  ;({ simulator } = shop)
  faults = []
})

/** Calls, and compares the response with its definition. */
async function call(endpoint: string, body?: object) {
  const response = await shop.call(endpoint, body)
  const [method, url = ''] = endpoint.split(' ')
  const path = url.split('?')[0]!
  const one = defined.find(
    ({ method: own, path: template }) =>
      own === method && new RegExp(`^${template.replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(path) && !/\{/.test(path),
  )!
  const exact = defined.find(({ method: own, path: template }) => own === method && template === path) ?? one
  const success = exact.operation.responses['200']
  const schema = success && !isReference(success) && success.content?.['application/json']?.schema
  if (!schema) throw new Error(`${exact.path} has no response to compare with.`)
  faults.push(...misfits(response, schema, `${method} ${exact.path}`, false))
  return response
}

/** Compares the resources of the notifications that came, and forgets them. */
async function compareNotifications(): Promise<string[]> {
  await simulator.settled()
  return shop.received.splice(0).map(({ event, resource }) => {
    const forms = notificationsOf(document).filter(one => one.api === 'v3' && one.event === event)
    const found = forms.map(({ resource: form }) => [...misfits(resource, form!.schema, event, false)])
    // The definitions of some events have several forms, one for each product.
    faults.push(...found.reduce((least, other) => (other.length < least.length ? other : least)))
    return event
  })
}

async function pay(): Promise<string> {
  const out_trade_no = newNumber()
  const { mchid, appid } = simulator.merchant
  await shop.call('POST /v3/pay/partner/transactions/native', {
    sp_mchid: mchid,
    sp_appid: appid,
    sub_mchid: SUB_MERCHANT,
    out_trade_no,
    description: 'd',
    notify_url: 'https://merchant.example/pay',
    amount: { total: 429900 },
  })
  const { transaction_id } = simulator.pay({ out_trade_no, sub_mchid: SUB_MERCHANT })
  await simulator.settled()
  shop.received.length = 0
  return transaction_id!
}

it('parking responds and notifies as its definitions say', async () => {
  const { appid } = simulator.merchant
  const enter = () =>
    call('POST /v3/vehicle/parking/parkings', {
      sub_mchid: SUB_MERCHANT,
      out_parking_no: newNumber(),
      ...PLATE,
      notify_url: 'https://merchant.example/entry',
      start_time: '2026-03-01T18:00:00+08:00',
      parking_name: '停车场',
      free_duration: 3600,
    })
  const find = () =>
    call(
      `GET /v3/vehicle/parking/services/find?appid=${appid}&sub_mchid=${SUB_MERCHANT}&openid=o&plate_number=粤B888888&plate_color=BLUE`,
    )
  await find()
  await enter()
  simulator.openPlate(PLATE, 'o')
  await find()
  const deduct = async () => {
    const { id } = await enter()
    const body = {
      appid,
      sub_appid: 'wxcbda96de0b165489',
      sub_mchid: SUB_MERCHANT,
      description: '停车场扣费',
      attach: 'a',
      out_trade_no: newNumber(),
      trade_scene: 'PARKING',
      notify_url: 'https://merchant.example/pay',
      amount: { total: 1000, currency: 'CNY' },
      parking_info: {
        parking_id: id,
        ...PLATE,
        start_time: '2026-03-01T18:00:00+08:00',
        end_time: '2026-03-01T20:30:00+08:00',
        parking_name: '停车场',
        charging_duration: 5400,
        device_id: '1',
      },
    }
    await call('POST /v3/vehicle/transactions/parking', body)
    return { out_trade_no: body.out_trade_no, sub_mchid: SUB_MERCHANT }
  }
  const query = (out_trade_no: string) =>
    call(`GET /v3/vehicle/transactions/out-trade-no/${out_trade_no}?sub_mchid=${SUB_MERCHANT}`)
  const advanced = await deduct()
  simulator.advanceParkingFee(advanced)
  await query(advanced.out_trade_no)
  simulator.repayParkingFee(advanced)
  const paid = await deduct()
  await simulator.advance(2000)
  await query(paid.out_trade_no)
  expect(new Set(await compareNotifications())).toEqual(
    new Set(['VEHICLE.ENTRANCE_STATE_CHANGE', 'TRANSACTION.SUCCESS', 'TRANSACTION.PAY_BACK']),
  )
  expect(faults.splice(0)).toEqual([])
})

it('invoices respond and notify as their definitions say', async () => {
  const { appid } = simulator.merchant
  const sub = `sub_mchid=${SUB_MERCHANT}`
  const config = { sub_mch_code: SUB_MERCHANT, callback_url: 'https://merchant.example/fapiao' }
  await call(`PATCH ${FAPIAO}/merchant/development-config`, config)
  await call(`GET ${FAPIAO}/merchant/development-config?sub_mch_code=${SUB_MERCHANT}`)
  await call(`GET ${FAPIAO}/merchant/base-information?${sub}`)
  await call(`POST ${FAPIAO}/card-template`, {
    card_appid: appid,
    card_template_information: { logo_url: 'https://a' },
  })
  const id = await pay()
  simulator.fillFapiaoTitle({ fapiao_apply_id: id, sub_mchid: SUB_MERCHANT }, BUYER)
  await call(`GET ${FAPIAO}/user-title?scene=WITH_WECHATPAY&fapiao_apply_id=${id}&${sub}`)
  await call(
    `GET ${FAPIAO}/user-title/title-url?fapiao_apply_id=A1&source=WEB&appid=${appid}&openid=o&total_amount=1&${sub}`,
  )
  await shop.call(`POST ${FAPIAO}/fapiao-applications`, {
    sub_mchid: SUB_MERCHANT,
    scene: 'WITH_WECHATPAY',
    fapiao_apply_id: id,
    buyer_information: BUYER,
    fapiao_information: ['F1', 'F2'].map(fapiao_id => ({
      fapiao_id,
      total_amount: 500,
      need_list: false,
      items: [{ tax_code: '3', quantity: 200000000, total_amount: 500, discount: false }],
    })),
  })
  const show = async () => {
    const { fapiao_information } = await call(`GET ${FAPIAO}/fapiao-applications/${id}?${sub}`)
    await call(`GET ${FAPIAO}/fapiao-applications/${id}/fapiao-files?${sub}&fapiao_id=F1`)
    return fapiao_information
  }
  await show()
  simulator.failFapiao({ fapiao_apply_id: id, sub_mchid: SUB_MERCHANT, fapiao_id: 'F2' })
  await simulator.advance(4000)
  const [{ blue_fapiao }] = await show()
  await shop.call(`POST ${FAPIAO}/fapiao-applications/${id}/reverse`, {
    sub_mchid: SUB_MERCHANT,
    reverse_reason: 'SALES_RETURN',
    fapiao_information: [{ fapiao_id: 'F1', fapiao_number: blue_fapiao.fapiao_number }],
  })
  await simulator.advance(4000)
  await show()
  expect(new Set(await compareNotifications())).toEqual(
    new Set(['USER_APPLIED', 'ISSUED', 'CARD_INSERTED', 'REVERSED', 'CARD_DISCARDED'].map(name => `FAPIAO.${name}`)),
  )
  // An invoice that was not issued has no card, whose state the definition requires, and its failure is no documented state.
  expect(faults.splice(0).filter(fault => !/card_status: missing|fapiao_status: ISSUE_FAILED/.test(fault))).toEqual([])
})

it('medical insurance and payroll cards respond and notify as their definitions say', async () => {
  const out_trade_no = newNumber()
  const { appid } = simulator.merchant
  await call('POST /v3/med-ins/orders', {
    mix_pay_type: 'INSURANCE_ONLY',
    order_type: 'REG_PAY',
    appid,
    sub_mchid: SUB_MERCHANT,
    openid: 'o',
    payer: { name: '张三', id_digest: '09eb26e839ff3a2e3980352ae45ef09e', card_type: 'ID_CARD' },
    out_trade_no,
    serial_no: 'S1',
    pay_order_id: 'O',
    pay_auth_no: 'A',
    geo_location: '1,2',
    med_ins_order_create_time: '2026-03-01T20:29:00+08:00',
    city_id: '530100',
    med_inst_name: '医院',
    med_inst_no: '1',
    total_fee: 100,
    med_ins_gov_fee: 100,
    med_ins_self_fee: 0,
    med_ins_other_fee: 0,
    med_ins_cash_fee: 0,
    callback_url: 'https://hospital.example/paid',
    attach: 'a',
  })
  simulator.payMedicalOrder({ out_trade_no, sub_mchid: SUB_MERCHANT })
  await simulator.advance(2000)
  await call(`GET /v3/med-ins/orders/out-trade-no/${out_trade_no}?sub_mchid=${SUB_MERCHANT}`)
  expect(await compareNotifications()).toEqual(['MEDICAL_INSURANCE.SUCCESS'])
  const worker = { openid: 'o', sub_mchid: SUB_MERCHANT }
  const person = { user_name: '张三', id_card_number: '110101199003070011' }
  await call('POST /v3/payroll-card/tokens', { ...worker, ...person })
  await call(`GET /v3/payroll-card/relations/o?sub_mchid=${SUB_MERCHANT}`)
  const order = { ...worker, authenticate_number: 'number-1', project_name: 'p', employer_name: 'e' }
  await call('POST /v3/payroll-card/authentications/pre-order', order)
  simulator.authenticateEmployee('number-1', '人脸验证未通过')
  simulator.authorizePayrollCard(worker)
  simulator.deauthorizePayrollCard(worker)
  await call(`GET /v3/payroll-card/relations/o?sub_mchid=${SUB_MERCHANT}`)
  await call(`GET /v3/payroll-card/authentications/number-1?sub_mchid=${SUB_MERCHANT}`)
  await call(`GET /v3/payroll-card/authentications?openid=o&sub_mchid=${SUB_MERCHANT}&authenticate_date=2026-03-01`)
  expect(faults.splice(0)).toEqual([])
})
