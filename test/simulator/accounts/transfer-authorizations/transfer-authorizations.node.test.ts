import { beforeEach, describe, expect, it } from 'vitest'
import { DAY, SECOND } from '../../../../src/core/base/time.ts'
import { createSimulatorMount } from '../../../../src/simulator/index.ts'
import { createTestMerchant, NOTIFY_URL, newNumber, refusalOf, type TestMerchant } from '../../test-merchant.ts'

// No source has the codes of these calls: they are those of transfers.

const ROOT = '/v3/fund-app/mch-transfer'
const openid = 'oShopper'

let shop: TestMerchant
let simulator: TestMerchant['simulator']
let call: TestMerchant['call']
let appid: string
beforeEach(async () => {
  shop = await createTestMerchant()
  ;({ simulator, call } = shop)
  ;({ appid } = simulator.merchant)
})

const request = (more: object = {}) => ({
  out_authorization_no: 'A1',
  appid,
  openid,
  transfer_scene_id: '1005',
  user_display_name: '张*',
  authorization_notify_url: `${NOTIFY_URL}/authorization`,
  ...more,
})
const ask = (more: object = {}) => call(`POST ${ROOT}/user-confirm-authorization`, request(more))
const query = (number = 'A1') => call(`GET ${ROOT}/user-confirm-authorization/out-authorization-no/${number}`)
const close = () => call(`POST ${ROOT}/user-confirm-authorization/out-authorization-no/A1/close`)
const bill = (more: object = {}) => ({
  appid,
  out_bill_no: newNumber(),
  transfer_amount: 1000,
  transfer_remark: '佣金',
  transfer_scene_id: '1005',
  transfer_scene_report_infos: [{ info_type: '岗位类型', info_content: '外卖员' }],
  ...more,
})
const transfer = (more: object = {}) => call(`POST ${ROOT}/transfer-bills/transfer`, bill(more))

describe('an authorization (免确认收款授权)', () => {
  it('is confirmed by the shopper, used without another confirmation, and closed', async () => {
    const asked = await ask()
    expect(asked).toEqual({
      out_authorization_no: 'A1',
      state: 'WAIT_USER_CONFIRM',
      create_time: '2026-03-01T20:30:00+08:00',
      package_info: expect.any(String),
    })
    expect(await ask()).toEqual(asked)
    expect(await query()).toMatchObject({ state: 'WAIT_USER_CONFIRM', package_info: asked.package_info })
    expect(await refusalOf(transfer({ out_authorization_no: 'A1' }))).toEqual([400, 'INVALID_REQUEST'])
    simulator.confirmAuthorization('A1')
    await simulator.settled()
    const { authorization_id, ...confirmed } = await query()
    expect(confirmed).toMatchObject({ state: 'TAKING_EFFECT', authorize_time: '2026-03-01T20:30:00+08:00', openid })
    const told = {
      out_authorization_no: 'A1',
      appid,
      openid,
      user_display_name: '张*',
      authorization_id,
      state: 'TAKING_EFFECT',
      authorize_time: '2026-03-01T20:30:00+08:00',
    }
    expect(shop.received).toEqual([
      { url: `${NOTIFY_URL}/authorization`, event: 'MCHTRANSFER.AUTHORIZATION.CONFIRMED', resource: told },
    ])
    const before = simulator.balance('OPERATION').available
    const body = { out_bill_no: newNumber(), authorization_id }
    expect(await transfer(body)).toMatchObject({ state: 'TRANSFERING', openid })
    expect(simulator.balance('OPERATION').available).toBe(before - 1000)
    await simulator.advance(2 * SECOND)
    expect(await call(`GET ${ROOT}/transfer-bills/out-bill-no/${body.out_bill_no}`)).toMatchObject({ state: 'SUCCESS' })
    const closed = await close()
    expect(closed).toMatchObject({ state: 'CLOSED', close_info: { close_reason: 'CLOSE_VIA_MCH_API' } })
    expect(await close()).toEqual(closed)
    expect(await transfer(body)).toMatchObject({ state: 'SUCCESS' })
    expect(await refusalOf(transfer({ authorization_id }))).toEqual([400, 'INVALID_REQUEST'])
    expect(simulator.balance('OPERATION').available).toBe(before - 1000)
  })

  it('is closed by the shopper, who may also let it expire', async () => {
    await ask()
    expect(await refusalOf(close())).toEqual([400, 'INVALID_REQUEST'])
    simulator.confirmAuthorization('A1')
    simulator.closeAuthorization('A1')
    await simulator.settled()
    expect(shop.received.map(({ event }) => event)).toContain('MCHTRANSFER.AUTHORIZATION.CLOSED')
    expect(await query()).toMatchObject({ close_info: { close_reason: 'USER_CLOSE' } })
    await ask({ out_authorization_no: 'A2' })
    await simulator.advance(DAY)
    expect(await query('A2')).toMatchObject({
      state: 'CLOSED',
      close_info: { close_reason: 'USER_OVERDUE_UNCONFIRMED' },
    })
    expect(() => simulator.confirmAuthorization('A2')).toThrow(/AUTHORIZATION_STATE/)
  })

  it('is found by its number only, and named once', async () => {
    expect(await refusalOf(query('none'))).toEqual([404, 'NOT_FOUND'])
    expect(await refusalOf(transfer({ authorization_id: '1' }))).toEqual([404, 'NOT_FOUND'])
    expect(await refusalOf(transfer())).toEqual([400, 'PARAM_ERROR'])
    expect(await refusalOf(transfer({ authorization_id: '1', out_authorization_no: 'A1' }))).toEqual([
      400,
      'PARAM_ERROR',
    ])
    await ask()
    expect(await refusalOf(ask({ user_display_name: '李*' }))).toEqual([400, 'INVALID_REQUEST'])
    expect(await refusalOf(ask({ appid: 'wx0' }))).toEqual([400, 'APPID_MCHID_NOT_MATCH'])
  })

  it('requested with a transfer takes effect when the shopper accepts that', async () => {
    const authorization_info = {
      user_display_name: '张*',
      out_authorization_no: 'A1',
      authorization_notify_url: `${NOTIFY_URL}/authorization`,
    }
    const body = bill({ openid, authorization_info })
    const placed = await call(`POST ${ROOT}/transfer-bills/pre-transfer-with-authorization`, body)
    expect(placed).toMatchObject({ state: 'WAIT_USER_CONFIRM', out_authorization_no: 'A1', user_display_name: '张*' })
    expect(await call(`POST ${ROOT}/transfer-bills/pre-transfer-with-authorization`, body)).toEqual(placed)
    const other = { ...body, out_bill_no: newNumber() }
    const before = simulator.balance('OPERATION').available
    const reused = call(`POST ${ROOT}/transfer-bills/pre-transfer-with-authorization`, other)
    expect(await refusalOf(reused)).toEqual([400, 'INVALID_REQUEST'])
    expect(simulator.balance('OPERATION').available).toBe(before)
    simulator.confirmTransfer(body.out_bill_no)
    expect(await query()).toMatchObject({ state: 'WAIT_USER_CONFIRM' })
    await simulator.advance(2 * SECOND)
    expect(await query()).toMatchObject({ state: 'TAKING_EFFECT' })
    expect(await transfer({ out_authorization_no: 'A1' })).toMatchObject({ state: 'TRANSFERING' })
  })
})

it('the control API confirms and closes authorizations', async () => {
  await ask()
  const mount = createSimulatorMount(simulator)
  const control = async (method: string, path: string, body?: object) => {
    const init = body && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }
    return (await mount(new Request(`http://localhost/simulator${path}`, { method, ...init }))).json()
  }
  const number = { out_authorization_no: 'A1' }
  expect(await control('POST', '/confirm-authorization', number)).toMatchObject({ state: 'TAKING_EFFECT' })
  expect(await control('POST', '/close-authorization', number)).toMatchObject({ state: 'CLOSED' })
  expect(await control('GET', '/authorizations/A1')).toMatchObject({ closed: { reason: 'USER_CLOSE' } })
})
