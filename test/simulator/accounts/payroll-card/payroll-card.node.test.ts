import { beforeEach, expect, it } from 'vitest'
import { MINUTE } from '../../../../src/core/base/time.ts'
import { createTestMerchant, refusalOf, type TestMerchant } from '../../test-merchant.ts'

// States: wechatpay-java PayrollCardService and https://pay.weixin.qq.com/doc/v3/partner/4012156183 (a token lasts five minutes).

const ROOT = '/v3/payroll-card'
const RELATION = { openid: 'oWorker', sub_mchid: '1900000110' }
let simulator: TestMerchant['simulator']
let call: TestMerchant['call']
let mchid: string
beforeEach(async () => {
  ;({ simulator, call } = await createTestMerchant())
  ;({ mchid } = simulator.merchant)
})

const relation = () => call(`GET ${ROOT}/relations/oWorker?sub_mchid=1900000110`)
const person = { user_name: '张三', id_card_number: '110101199003070011', employment_type: 'SHORT_TERM_EMPLOYMENT' }
const orderOf = (authenticate_number: string) => ({
  ...RELATION,
  authenticate_number,
  project_name: '某项目',
  employer_name: '某单位',
})
const order = (number: string) => call(`POST ${ROOT}/authentications/pre-order`, orderOf(number))
const authentication = (number: string) => call(`GET ${ROOT}/authentications/${number}?sub_mchid=1900000110`)
const list = (more = '') =>
  call(`GET ${ROOT}/authentications?openid=oWorker&sub_mchid=1900000110&authenticate_date=2026-03-01${more}`)

it('an authorization (授权) is given and taken back by the employee', async () => {
  expect(await relation()).toEqual({ ...RELATION, mchid, authorize_state: 'UNAUTHORIZED' })
  expect(await call(`POST ${ROOT}/tokens`, { ...RELATION, ...person })).toEqual({
    ...RELATION,
    mchid,
    token: expect.any(String),
    expires_in: 1800,
  })
  expect(await relation()).toMatchObject({ authorize_state: 'UNAUTHORIZED' })
  simulator.authorizePayrollCard(RELATION)
  const authorized = { ...RELATION, mchid, authorize_time: '2026-03-01T20:30:00+08:00' }
  expect(await relation()).toEqual({ ...authorized, authorize_state: 'AUTHORIZED' })
  expect(() => simulator.authorizePayrollCard(RELATION)).toThrow(/PAYROLL_RELATION_STATE/)
  await simulator.advance(MINUTE)
  simulator.deauthorizePayrollCard(RELATION)
  expect(await relation()).toEqual({
    ...authorized,
    authorize_state: 'DEAUTHORIZED',
    deauthorize_time: '2026-03-01T20:31:00+08:00',
  })
  simulator.authorizePayrollCard(RELATION)
  expect(await relation()).toMatchObject({ authorize_state: 'AUTHORIZED' })
  expect(await call(`GET ${ROOT}/relations/oWorker?sub_mchid=1900000111`)).toMatchObject({
    authorize_state: 'UNAUTHORIZED',
  })
})

it('an authentication (核身) succeeds, fails, or expires with its token', async () => {
  for (const number of ['number-1', 'number-2', 'number-3']) await order(number)
  simulator.authenticateEmployee('number-1')
  expect(await authentication('number-1')).toMatchObject({ authenticate_state: 'AUTHENTICATE_SUCCESS' })
  expect(() => simulator.authenticateEmployee('number-1')).toThrow(/AUTHENTICATION_STATE/)
  simulator.authenticateEmployee('number-2', '人脸验证未通过')
  expect(await authentication('number-2')).toMatchObject({
    authenticate_state: 'AUTHENTICATE_FAILED',
    authenticate_failed_reason: '人脸验证未通过',
  })
  await simulator.advance(4 * MINUTE)
  await order('number-3')
  await simulator.advance(4 * MINUTE)
  expect(await authentication('number-3')).toMatchObject({ authenticate_state: 'AUTHENTICATE_PROCESSING' })
  await simulator.advance(MINUTE)
  expect(await authentication('number-3')).toMatchObject({ authenticate_state: 'AUTHENTICATE_FAILED' })
  expect(() => simulator.authenticateEmployee('number-3')).toThrow(/AUTHENTICATION_STATE/)
  expect(() => simulator.authenticateEmployee('number-4')).toThrow(/AUTHENTICATION_UNKNOWN/)
  expect(await refusalOf(authentication('number-4'))).toEqual([404, 'NOT_FOUND'])
  expect(
    await refusalOf(call(`POST ${ROOT}/authentications/pre-order`, { ...orderOf('number-1'), openid: 'o' })),
  ).toEqual([400, 'INVALID_REQUEST'])
})

it('an authentication has failed at the time at which its token expired, whenever it is queried', async () => {
  await order('number-1')
  await simulator.advance(60 * MINUTE)
  expect(await authentication('number-1')).toMatchObject({
    authenticate_state: 'AUTHENTICATE_FAILED',
    authenticate_time: '2026-03-01T20:35:00+08:00',
  })
})

it('an authentication that has a result is not ordered again, since its token could do nothing', async () => {
  for (const number of ['number-1', 'number-2', 'number-3']) await order(number)
  simulator.authenticateEmployee('number-1')
  simulator.authenticateEmployee('number-2', '人脸验证未通过')
  await simulator.advance(5 * MINUTE)
  for (const number of ['number-1', 'number-2', 'number-3'])
    expect(await refusalOf(order(number))).toEqual([400, 'INVALID_REQUEST'])
  expect(await authentication('number-3')).toMatchObject({ authenticate_failed_reason: '核身token已过期' })
  await order('number-4')
  expect(simulator.authenticateEmployee('number-4')).toMatchObject({ authenticate_state: 'AUTHENTICATE_SUCCESS' })
})

it('an authentication with an authorization authorizes the merchant', async () => {
  await call(`POST ${ROOT}/authentications/pre-order-with-auth`, { ...orderOf('number-1'), ...person })
  expect(await relation()).toMatchObject({ authorize_state: 'UNAUTHORIZED' })
  simulator.authenticateEmployee('number-1')
  expect(await relation()).toMatchObject({ authorize_state: 'AUTHORIZED' })
  await call(`POST ${ROOT}/authentications/pre-order-with-auth`, { ...orderOf('number-2'), ...person })
  simulator.authenticateEmployee('number-2')
})

it('authentications are listed by employee, day and state', async () => {
  for (const number of ['number-1', 'number-2', 'number-3']) await order(number)
  simulator.authenticateEmployee('number-1')
  const numbers = async (more?: string) =>
    (await list(more)).data.map((one: { authenticate_number: string }) => one.authenticate_number)
  expect(await list()).toMatchObject({ total_count: 3, offset: 0, limit: 10 })
  expect(await numbers('&authenticate_state=AUTHENTICATE_SUCCESS')).toEqual(['number-1'])
  expect(await numbers('&offset=1&limit=2')).toEqual(['number-2', 'number-3'])
  expect(await refusalOf(list('&offset=-1'))).toEqual([400, 'PARAM_ERROR'])
  expect(await call(`GET ${ROOT}/authentications?openid=o&sub_mchid=1&authenticate_date=2026-03-01`)).toMatchObject({
    total_count: 0,
  })
})
