import { expect, test } from 'vitest'
import { owedOrderOf } from '../../../src/console/records/products/owed-order.ts'
import type { ProductRecordLists } from '../../../src/simulator/control/actions/product-records-action.ts'
import { createSimulatorMount } from '../../../src/simulator/index.ts'
import { createTestMerchant, newNumber } from '../../simulator/test-merchant.ts'

const PLATE = { plate_number: '粤B888888', plate_color: 'BLUE' }

test('the fee to repay for a plate is that of the user who has opened it, not of an earlier one', async () => {
  const { simulator, call } = await createTestMerchant()
  const mount = createSimulatorMount(simulator)
  const enter = async () => {
    const out_parking_no = newNumber()
    await call('POST /v3/vehicle/parking/parkings', {
      ...PLATE,
      out_parking_no,
      start_time: '2026-03-01T18:00:00+08:00',
      parking_name: '停车场',
      notify_url: 'https://merchant.example/entry',
      free_duration: 0,
    })
    return out_parking_no
  }
  const leave = async (out_parking_no: string, out_trade_no: string) =>
    call('POST /v3/vehicle/transactions/parking', {
      appid: simulator.merchant.appid,
      description: '停车',
      out_trade_no,
      trade_scene: 'PARKING',
      notify_url: 'https://merchant.example/pay',
      amount: { total: 100, currency: 'CNY' },
      parking_info: {
        ...PLATE,
        parking_id: simulator.parking(out_parking_no)!.id,
        start_time: '2026-03-01T18:00:00+08:00',
        end_time: '2026-03-01T20:30:00+08:00',
        parking_name: '停车场',
        charging_duration: 60,
        device_id: '1',
      },
    })
  const owed = async () => {
    const response = await mount(new Request('http://127.0.0.1/simulator/product-records'))
    const lists: ProductRecordLists = await response.json()
    return owedOrderOf(PLATE, lists.plates, simulator.orders())?.out_trade_no
  }
  simulator.openPlate(PLATE, 'seller')
  await leave(await enter(), 'FEE-SELLER')
  simulator.changePlate(PLATE, 'close')
  simulator.openPlate(PLATE, 'buyer')
  await leave(await enter(), 'FEE-BUYER')
  simulator.advanceParkingFee({ out_trade_no: 'FEE-BUYER' })
  simulator.advanceParkingFee({ out_trade_no: 'FEE-SELLER' })
  await enter()
  expect(await owed()).toBe('FEE-BUYER')
  simulator.repayParkingFee({ out_trade_no: 'FEE-BUYER' })
  expect(await owed()).toBeUndefined()
})
