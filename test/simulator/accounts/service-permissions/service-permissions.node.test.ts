import { beforeEach, expect, it } from 'vitest'
import { createSimulatorMount } from '../../../../src/simulator/index.ts'
import { createTestMerchant, NOTIFY_URL, refusalOf, type TestMerchant } from '../../test-merchant.ts'

// No source has the codes of these calls.

const ROOT = '/v3/payscore/permissions'
const service_id = '500001'
const openid = 'oShopper'

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

const ask = (more: object = {}) =>
  call(`POST ${ROOT}`, { service_id, appid, authorization_code: 'P1', notify_url: NOTIFY_URL, ...more })
const byCode = (code = 'P1') => call(`GET ${ROOT}/authorization-code/${code}?service_id=${service_id}`)
const byUser = () => call(`GET ${ROOT}/openid/${openid}?service_id=${service_id}&appid=${appid}`)

it('a permission (免确认预授权) is granted by the user and revoked by the merchant, and each is notified', async () => {
  const asked = await ask()
  expect(asked).toEqual({ apply_permissions_token: expect.any(String) })
  expect(await ask()).toEqual(asked)
  expect(await refusalOf(ask({ service_id: '500002' }))).toEqual([400, 'INVALID_REQUEST'])
  const common = { service_id, appid, mchid, authorization_code: 'P1', notify_url: NOTIFY_URL }
  expect(await byCode()).toEqual({ ...common, authorization_state: 'UNAVAILABLE' })
  expect(await refusalOf(byUser())).toEqual([404, 'RESOURCE_NOT_EXISTS'])
  const revoke = () => call(`POST ${ROOT}/authorization-code/P1/terminate`, { service_id, reason: '服务结束' })
  expect(await refusalOf(revoke())).toEqual([400, 'INVALID_REQUEST'])
  simulator.grantPermission('P1', openid)
  const granted = { ...common, openid, authorization_state: 'AVAILABLE', authorization_success_time: '20260301203000' }
  expect(await byCode()).toEqual(granted)
  expect(await byUser()).toEqual(granted)
  expect(() => simulator.grantPermission('P1')).toThrow(/PERMISSION_GRANTED/)
  await simulator.advance(1000)
  await revoke()
  await simulator.settled()
  expect(await byUser()).toMatchObject({
    authorization_state: 'UNBINDUSER',
    cancel_authorization_time: '20260301203001',
  })
  expect(await refusalOf(revoke())).toEqual([400, 'INVALID_REQUEST'])
  const told = { appid, mchid, service_id, openid, authorization_code: 'P1' }
  expect(shop.received).toEqual([
    {
      url: NOTIFY_URL,
      event: 'PAYSCORE.USER_OPEN_SERVICE',
      resource: { ...told, user_service_status: 'USER_OPEN_SERVICE', openorclose_time: '20260301203000' },
    },
    {
      url: NOTIFY_URL,
      event: 'PAYSCORE.USER_CLOSE_SERVICE',
      resource: { ...told, user_service_status: 'USER_CLOSE_SERVICE', openorclose_time: '20260301203001' },
    },
  ])
})

it('a permission is revoked by the openid, and a new one granted', async () => {
  await ask()
  simulator.grantPermission('P1', openid)
  const body = { service_id, appid, reason: '换服务' }
  await call(`POST ${ROOT}/openid/${openid}/terminate`, body)
  await ask({ authorization_code: 'P2' })
  simulator.grantPermission('P2', openid)
  expect(await byUser()).toMatchObject({ authorization_code: 'P2', authorization_state: 'AVAILABLE' })
  expect(await byCode()).toMatchObject({ authorization_state: 'UNBINDUSER' })
  expect(await refusalOf(byCode('P3'))).toEqual([404, 'RESOURCE_NOT_EXISTS'])
})

it('the control API grants and revokes', async () => {
  await ask()
  const mount = createSimulatorMount(simulator)
  const control = async (method: string, path: string, body?: object) => {
    const init = body && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }
    return (await mount(new Request(`http://localhost/simulator${path}`, { method, ...init }))).json()
  }
  const granted = await control('POST', '/grant-permission', { authorization_code: 'P1' })
  expect(granted).toMatchObject({ state: 'AVAILABLE', openid: expect.stringMatching(/^oUpF8u/) })
  expect(await control('POST', '/revoke-permission', { authorization_code: 'P1' })).toMatchObject({
    state: 'UNBINDUSER',
  })
  expect(await control('GET', '/permissions/P1')).toMatchObject({ state: 'UNBINDUSER' })
})
