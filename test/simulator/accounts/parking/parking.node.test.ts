import { beforeEach, describe, expect, it } from 'vitest'
import { createTestMerchant, newNumber, refusalOf, type TestMerchant } from '../../test-merchant.ts'

// The change log of the documents (pay.weixin.qq.com/wiki/doc/apiv3_partner/release/chapter7_4.shtml) names 400 INVALID_REQUEST for these
// calls; the other codes are those of orders.

const PLATE = { plate_number: '粤B888888', plate_color: 'BLUE' } as const
const ENTRY_URL = 'https://merchant.example/entry'
const PAY_URL = 'https://merchant.example/pay'

let shop: TestMerchant
let simulator: TestMerchant['simulator']
let call: TestMerchant['call']
let appid: string
let mchid: string
beforeEach(async () => {
  shop = await createTestMerchant()
  ;({ simulator, call } = shop)
  ;({ appid, mchid } = simulator.merchant)
})

const entry = {
  out_parking_no: 'E1',
  ...PLATE,
  notify_url: ENTRY_URL,
  start_time: '2026-03-01T18:00:00+08:00',
  parking_name: '欢乐海岸停车场',
  free_duration: 3600,
}
const enter = (more: object = {}) => call('POST /v3/vehicle/parking/parkings', { ...entry, ...more })
const deduction = (parking_id: string, more: object = {}) => ({
  appid,
  description: '停车场扣费',
  attach: '深圳分店',
  out_trade_no: newNumber(),
  trade_scene: 'PARKING',
  notify_url: PAY_URL,
  amount: { total: 1000, currency: 'CNY' },
  parking_info: {
    parking_id,
    ...PLATE,
    start_time: '2026-03-01T18:00:00+08:00',
    end_time: '2026-03-01T20:30:00+08:00',
    parking_name: '欢乐海岸停车场',
    charging_duration: 5400,
    device_id: '12313',
  },
  ...more,
})
const deduct = (body: object) => call('POST /v3/vehicle/transactions/parking', body)
const query = (number: string) => call(`GET /v3/vehicle/transactions/out-trade-no/${number}`)
const services = (openid: string) =>
  call(`GET /v3/vehicle/parking/services/find?appid=${appid}&openid=${openid}&plate_number=粤B888888&plate_color=BLUE`)
/** Enters with a plate whose service is open. */
const enterOpen = async () => {
  simulator.openPlate(PLATE, 'oDriver')
  return (await enter()).id as string
}

describe('a plate (车牌)', () => {
  it('is out of service until its user opens it, and only for that user', async () => {
    expect(await services('oDriver')).toEqual({ ...PLATE, openid: 'oDriver', service_state: 'OUT_SERVICE' })
    simulator.openPlate(PLATE, 'oDriver')
    expect(await services('oDriver')).toEqual({
      ...PLATE,
      openid: 'oDriver',
      service_open_time: '2026-03-01T20:30:00+08:00',
      service_state: 'NORMAL',
    })
    expect(await services('oOther')).toMatchObject({ service_state: 'OUT_SERVICE' })
    simulator.changePlate(PLATE, 'pause')
    expect(await services('oDriver')).toMatchObject({ service_state: 'PAUSE' })
    expect(() => simulator.openPlate(PLATE)).toThrow(/PLATE_STATE/)
    expect(() => simulator.changePlate(PLATE, 'pause')).toThrow(/PLATE_STATE/)
    expect(() => simulator.changePlate({ ...PLATE, plate_color: 'GREEN' }, 'pause')).toThrow(/PLATE_UNKNOWN/)
  })
})

describe('a parking (停车入场)', () => {
  it('is blocked without an open plate, and its merchant is notified when that changes', async () => {
    const { notify_url: _, ...told } = entry
    const entered = await enter()
    expect(entered).toEqual({ ...told, id: expect.any(String), state: 'BLOCKED', block_reason: 'OUT_SERVICE' })
    expect(await enter()).toEqual(entered)
    expect(await refusalOf(enter({ free_duration: 0 }))).toEqual([400, 'INVALID_REQUEST'])
    simulator.openPlate(PLATE, 'oDriver')
    await simulator.advance(1000)
    simulator.changePlate(PLATE, 'pause')
    simulator.changePlate(PLATE, 'close')
    await simulator.settled()
    const { out_parking_no, plate_number, plate_color, start_time, parking_name, free_duration } = entry
    const common = {
      sp_mchid: mchid,
      parking_id: entered.id,
      out_parking_no,
      plate_number,
      plate_color,
      start_time,
      parking_name,
      free_duration,
    }
    expect(shop.received).toEqual([
      {
        url: ENTRY_URL,
        event: 'VEHICLE.ENTRANCE_STATE_CHANGE',
        resource: { ...common, parking_state: 'NORMAL', state_update_time: '2026-03-01T20:30:00+08:00' },
      },
      {
        url: ENTRY_URL,
        event: 'VEHICLE.ENTRANCE_STATE_CHANGE',
        resource: {
          ...common,
          parking_state: 'BLOCKED',
          blocked_state_description: 'PAUSE',
          state_update_time: '2026-03-01T20:30:01+08:00',
        },
      },
    ])
    // The reason changed, and not the state.
    expect(simulator.parking('E1')).toMatchObject({ state: 'BLOCKED', block_reason: 'OUT_SERVICE' })
  })

  it('is of one sub-merchant, and refused with what the documents do not allow', async () => {
    const first = await enter({ sub_mchid: '1900000110' })
    expect((await enter({ sub_mchid: '1900000111' })).id).not.toBe(first.id)
    expect(await refusalOf(enter({ notify_url: 'http://merchant.example' }))).toEqual([400, 'PARAM_ERROR'])
    expect(await refusalOf(enter({ plate_color: 'PINK' }))).toEqual([400, 'PARAM_ERROR'])
  })
})

describe('a deduction (扣费)', () => {
  it('is accepted, paid two seconds later, notified, in the accounts, and refunded as any order', async () => {
    const body = deduction(await enterOpen())
    const common = {
      appid,
      sp_mchid: mchid,
      description: '停车场扣费',
      create_time: '2026-03-01T20:30:00+08:00',
      out_trade_no: body.out_trade_no,
      attach: '深圳分店',
      trade_scene: 'PARKING',
      parking_info: body.parking_info,
      payer: { openid: 'oDriver' },
      promotion_detail: [],
    }
    expect(await deduct(body)).toEqual({
      ...common,
      trade_state: 'ACCEPTED',
      trade_state_description: '已接收，等待扣款',
      amount: { total: 1000, currency: 'CNY' },
    })
    expect(await deduct(body)).toMatchObject({ trade_state: 'ACCEPTED' })
    await simulator.advance(2000)
    const paid = {
      ...common,
      trade_state: 'SUCCESS',
      trade_state_description: '支付成功',
      transaction_id: expect.stringMatching(/^4200/),
      bank_type: 'OTHERS',
      success_time: '2026-03-01T20:30:02+08:00',
      amount: { total: 1000, currency: 'CNY', payer_total: 1000, discount_total: 0 },
    }
    expect(await query(body.out_trade_no)).toEqual(paid)
    await simulator.settled()
    expect(shop.received).toEqual([{ url: PAY_URL, event: 'TRANSACTION.SUCCESS', resource: paid }])
    expect(simulator.balance('BASIC')).toEqual({ available: 0, pending: 994 })
    await call('POST /v3/refund/domestic/refunds', {
      out_trade_no: body.out_trade_no,
      out_refund_no: newNumber(),
      amount: { refund: 1000, total: 1000, currency: 'CNY' },
    })
    expect(await query(body.out_trade_no)).toMatchObject({ trade_state: 'REFUND' })
  })

  it('fails if the user cannot pay, and is notified', async () => {
    const body = deduction(await enterOpen())
    await deduct(body)
    simulator.fail({ out_trade_no: body.out_trade_no })
    await simulator.advance(3000)
    expect(await query(body.out_trade_no)).toMatchObject({ trade_state: 'PAY_FAIL' })
    await simulator.settled()
    expect(shop.received).toMatchObject([
      {
        url: PAY_URL,
        event: 'TRANSACTION.FAIL',
        resource: { trade_state: 'PAY_FAIL', trade_type: 'PAP', mchid, amount: body.amount },
      },
    ])
    expect(simulator.balance('BASIC')).toEqual({ available: 0, pending: 0 })
  })

  it('can be advanced by WeChat Pay (垫资): the plate is overdue until the user repays', async () => {
    const body = deduction(await enterOpen())
    await deduct(body)
    const { id } = await enter({ out_parking_no: 'E2' })
    const number = { out_trade_no: body.out_trade_no }
    expect(() => simulator.repayParkingFee(number)).toThrow(/PARKING_NOT_ADVANCED/)
    simulator.advanceParkingFee(number)
    expect(await query(body.out_trade_no)).toMatchObject({ trade_state: 'SUCCESS', user_repaid: 'N' })
    expect(simulator.parking('E2')).toMatchObject({ state: 'BLOCKED', block_reason: 'OVERDUE' })
    expect(await refusalOf(deduct(deduction(id)))).toEqual([400, 'INVALID_REQUEST'])
    simulator.changePlate(PLATE, 'close')
    expect(() => simulator.openPlate(PLATE, 'oOther')).toThrow(/PLATE_OVERDUE: .*repay it first/)
    simulator.openPlate(PLATE)
    simulator.repayParkingFee(number)
    expect(() => simulator.repayParkingFee(number)).toThrow(/PARKING_NOT_ADVANCED/)
    expect(() => simulator.advanceParkingFee(number)).toThrow(/ORDER_UNKNOWN/)
    expect(simulator.parking('E2')).toMatchObject({ state: 'NORMAL' })
    await simulator.settled()
    expect(shop.received.map(({ event, resource }) => [event, resource.user_repaid ?? resource.parking_state])).toEqual(
      [
        ['TRANSACTION.SUCCESS', 'N'],
        ['VEHICLE.ENTRANCE_STATE_CHANGE', 'BLOCKED'],
        ['TRANSACTION.PAY_BACK', 'Y'],
        ['VEHICLE.ENTRANCE_STATE_CHANGE', 'NORMAL'],
      ],
    )
  })

  it('that is advanced is owed by the user whose parking it was, whoever has the plate by then', async () => {
    const body = deduction(await enterOpen())
    const number = { out_trade_no: body.out_trade_no }
    await deduct(body)
    simulator.changePlate(PLATE, 'close')
    simulator.openPlate(PLATE, 'oOther')
    simulator.advanceParkingFee(number)
    expect(simulator.plate(PLATE)).toMatchObject({ openid: 'oOther', owed: [] })
    expect(await enter({ out_parking_no: 'E2' })).toMatchObject({ state: 'NORMAL' })
    simulator.changePlate(PLATE, 'close')
    simulator.openPlate(PLATE, 'oDriver')
    expect(simulator.parking('E2')).toMatchObject({ state: 'BLOCKED', block_reason: 'OVERDUE' })
    simulator.repayParkingFee(number)
    expect(simulator.parking('E2')).toMatchObject({ state: 'NORMAL' })
  })

  it('that is advanced and refunded in full is owed no longer, and not repaid', async () => {
    const body = deduction(await enterOpen())
    const number = { out_trade_no: body.out_trade_no }
    await deduct(body)
    await enter({ out_parking_no: 'E2' })
    simulator.advanceParkingFee(number)
    const refund = async (fen: number) => {
      const amount = { refund: fen, total: 1000, currency: 'CNY' }
      await call('POST /v3/refund/domestic/refunds', { ...number, out_refund_no: newNumber(), amount })
      await simulator.advance(3000)
    }
    await refund(400)
    expect(simulator.parking('E2')).toMatchObject({ block_reason: 'OVERDUE' })
    await refund(600)
    expect(simulator.parking('E2')).toMatchObject({ state: 'NORMAL' })
    expect(() => simulator.repayParkingFee(number)).toThrow(/PARKING_NOT_ADVANCED/)
    await simulator.settled()
    expect(shop.received.map(({ event }) => event)).not.toContain('TRANSACTION.PAY_BACK')
  })

  it('that is advanced and reversed (撤销) is owed no longer, not repaid, and can be deducted again', async () => {
    const id = await enterOpen()
    const body = deduction(id)
    const number = { out_trade_no: body.out_trade_no }
    await deduct(body)
    await enter({ out_parking_no: 'E2' })
    simulator.advanceParkingFee(number)
    await call('POST /secapi/pay/reverse', { appid, mch_id: mchid, ...number })
    expect(await query(body.out_trade_no)).toMatchObject({ trade_state: 'REVOKED', user_repaid: 'N' })
    expect(simulator.plate(PLATE)).toMatchObject({ owed: [] })
    expect(simulator.parking('E2')).toMatchObject({ state: 'NORMAL' })
    expect(() => simulator.repayParkingFee(number)).toThrow(/PARKING_NOT_ADVANCED/)
    expect(await deduct(deduction(id))).toMatchObject({ trade_state: 'ACCEPTED' })
    await simulator.settled()
    expect(shop.received.map(({ event }) => event)).not.toContain('TRANSACTION.PAY_BACK')
  })

  it('is refused once the fee of its parking is accepted or paid, until that is refunded in full', async () => {
    const id = await enterOpen()
    const first = deduction(id)
    await deduct(first)
    expect(await refusalOf(deduct(deduction(id)))).toEqual([400, 'INVALID_REQUEST'])
    simulator.fail({ out_trade_no: first.out_trade_no })
    const second = deduction(id)
    await deduct(second)
    await simulator.advance(2000)
    expect(await query(second.out_trade_no)).toMatchObject({ trade_state: 'SUCCESS' })
    expect(await refusalOf(deduct(deduction(id)))).toEqual([400, 'INVALID_REQUEST'])
    await call('POST /v3/refund/domestic/refunds', {
      out_trade_no: second.out_trade_no,
      out_refund_no: newNumber(),
      amount: { refund: 1000, total: 1000, currency: 'CNY' },
    })
    expect(await refusalOf(deduct(deduction(id)))).toEqual([400, 'INVALID_REQUEST'])
    await simulator.advance(3000)
    expect(await deduct(deduction(id))).toMatchObject({ trade_state: 'ACCEPTED' })
  })

  it('is refused for an unknown, a foreign or a blocked parking, and another plate', async () => {
    const id = await enterOpen()
    const refusal = (body: object) => refusalOf(deduct(body))
    expect(await refusal(deduction('none-such'))).toEqual([400, 'INVALID_REQUEST'])
    expect(await refusal(deduction(id, { sub_mchid: '1900000110' }))).toEqual([400, 'INVALID_REQUEST'])
    const { parking_info } = deduction(id)
    expect(await refusal(deduction(id, { parking_info: { ...parking_info, plate_number: '粤B000000' } }))).toEqual([
      400,
      'INVALID_REQUEST',
    ])
    expect(await refusal(deduction(id, { parking_info: undefined }))).toEqual([400, 'PARAM_ERROR'])
    expect(await refusal(deduction(id, { amount: { total: 0 } }))).toEqual([400, 'PARAM_ERROR'])
    simulator.changePlate(PLATE, 'pause')
    expect(await refusal(deduction(id))).toEqual([400, 'INVALID_REQUEST'])
    expect(await refusalOf(query('none-such'))).toEqual([404, 'ORDER_NOT_EXIST'])
  })

  it('with 分账 keeps its money frozen', async () => {
    await deduct(deduction(await enterOpen(), { profit_sharing: 'Y' }))
    await simulator.advance(2000)
    const [order] = simulator.orders()
    expect(order!.sharing).toMatchObject({ frozen: 994 })
  })
})
