import { beforeEach, describe, expect, it } from 'vitest'
import { ServiceError } from '../../../../src/core/index.ts'
import { upload } from '../../../../src/flows/media/index.ts'
import { queryApplyment, submitApplyment } from '../../../../src/flows/onboarding/index.ts'
import { createSimulatorMount } from '../../../../src/simulator/index.ts'
import { sample } from '../../../flows/media/files.ts'
import { applyment4sub, ecommerce } from '../../../flows/onboarding/bodies.ts'
import { createTestMerchant, newNumber, refusalOf, type TestMerchant } from '../../test-merchant.ts'

// Codes: the documents of 二级商户进件 have RESOURCE_ALREADY_EXISTS and RESOURCE_NOT_EXISTS. PARAM_ERROR 未能找到申请单 of 特约商户进件
// is from two reports. No source has the refusal of a media id, of a second change of a settlement account, or of a late revocation.

let shop: TestMerchant
let simulator: TestMerchant['simulator']
let call: TestMerchant['call']
let wxpay: TestMerchant['wxpay']
beforeEach(async () => {
  shop = await createTestMerchant()
  ;({ simulator, call, wxpay } = shop)
})

const REJECTED = [{ field: 'id_card_copy', field_name: '身份证人像面照片', reject_reason: '照片不清晰' }]
const png = () => new File([sample('png')], 'a.png')
const sub = (number: string) => applyment4sub(number, png())

describe('an applyment of a service provider (特约商户进件)', () => {
  const query = () => queryApplyment(wxpay, 'applyment4sub', 'A_1')

  it('is audited, verified and signed, and then has a merchant with its account', async () => {
    const { applyment_id } = await submitApplyment(wxpay, 'applyment4sub', sub('A_1'))
    const first = await query()
    expect(first).toEqual({
      business_code: 'A_1',
      applyment_id,
      sign_url: expect.stringContaining(String(applyment_id)),
      applyment_state: 'APPLYMENT_STATE_AUDITING',
      applyment_state_msg: '审核中',
      audit_detail: [],
    })
    expect(await call(`GET /v3/applyment4sub/applyment/applyment_id/${applyment_id}`)).toEqual(first)
    simulator.reviewApplyment('A_1', { applyment_state: 'APPLYMENT_STATE_TO_BE_CONFIRMED' })
    expect(await query()).not.toHaveProperty('sub_mchid')
    simulator.reviewApplyment('A_1', { applyment_state: 'APPLYMENT_STATE_TO_BE_SIGNED' })
    const { sub_mchid } = await query()
    expect(sub_mchid).toMatch(/^\d{10}$/)
    simulator.reviewApplyment('A_1', { applyment_state: 'APPLYMENT_STATE_FINISHED' })
    expect(await query()).toMatchObject({ sub_mchid, applyment_state_msg: '已完成' })
    expect(await call(`GET /v3/apply4sub/sub_merchants/${sub_mchid}/settlement`)).toEqual({
      account_type: 'ACCOUNT_TYPE_BUSINESS',
      account_bank: '工商银行',
      bank_address_code: '440300',
      account_number: '62************00',
      verify_result: 'VERIFY_SUCCESS',
    })
  })

  it('binds the merchant that it has to the service provider', async () => {
    const of = await createTestMerchant({ merchants: [{ mchid: '1900000109', subMchids: ['1900000111'] }] })
    await submitApplyment(of.wxpay, 'applyment4sub', sub('A_1'))
    of.simulator.reviewApplyment('A_1', { applyment_state: 'APPLYMENT_STATE_TO_BE_CONFIRMED' })
    const { sub_mchid } = of.simulator.reviewApplyment('A_1', { applyment_state: 'APPLYMENT_STATE_TO_BE_SIGNED' })
    const { mchid, appid } = of.simulator.merchant
    const order = (number: string | undefined) =>
      of.call('POST /v3/pay/partner/transactions/native', {
        sp_appid: appid,
        sp_mchid: mchid,
        sub_mchid: number,
        out_trade_no: newNumber(),
        description: 'd',
        notify_url: 'https://merchant.example/notify',
        amount: { total: 1 },
      })
    expect(await order(sub_mchid)).toHaveProperty('code_url')
    expect(await order('1900000111')).toHaveProperty('code_url')
    expect(await refusalOf(order('1900000199'))).toEqual([403, 'NO_AUTH'])
  })

  it('is corrected under the same number only after a rejection, which names the fields', async () => {
    const { applyment_id } = await submitApplyment(wxpay, 'applyment4sub', sub('A_1'))
    expect(await refusalOf(submitApplyment(wxpay, 'applyment4sub', sub('A_1')))).toEqual([
      400,
      'RESOURCE_ALREADY_EXISTS',
    ])
    simulator.reviewApplyment('A_1', { applyment_state: 'APPLYMENT_STATE_REJECTED', audit_detail: REJECTED })
    expect(await query()).toMatchObject({ applyment_state: 'APPLYMENT_STATE_REJECTED', audit_detail: REJECTED })
    expect(await submitApplyment(wxpay, 'applyment4sub', sub('A_1'))).toMatchObject({ applyment_id })
    expect(await query()).toMatchObject({ applyment_state: 'APPLYMENT_STATE_AUDITING', audit_detail: [] })
  })

  it('that does not exist is not found', async () => {
    expect(await refusalOf(query())).toEqual([400, 'PARAM_ERROR'])
    expect(await refusalOf(call('GET /v3/applyment4sub/applyment/applyment_id/1'))).toEqual([400, 'PARAM_ERROR'])
  })

  it('needs pictures and videos that were uploaded', async () => {
    const body = sub('A_1')
    const refused = await submitApplyment(wxpay, 'applyment4sub', {
      ...body,
      addition_info: { legal_person_video: 'never-uploaded' },
    }).catch((error: unknown) => error)
    expect(refused).toBeInstanceOf(ServiceError)
    expect((refused as ServiceError).detail).toMatchObject({
      field: '/addition_info/legal_person_video',
      issue: 'is not the media id of an uploaded file',
    })
    const { data } = await upload(wxpay, 'v3/merchant/media/upload', png())
    const picture = { addition_info: { legal_person_video: data.media_id } }
    const wrong = submitApplyment(wxpay, 'applyment4sub', { ...body, ...picture }).catch((error: unknown) => error)
    expect(await wrong).toMatchObject({ detail: { issue: 'is the media id of an image' } })
    const { data: uploaded } = await upload(wxpay, 'v3/merchant/media/video_upload', new File([sample('mp4')], 'a.mp4'))
    const video = { addition_info: { legal_person_video: uploaded.media_id } }
    expect(await refusalOf(query())).toEqual([400, 'PARAM_ERROR'])
    await submitApplyment(wxpay, 'applyment4sub', { ...body, ...video })
  })

  it('goes only where the process goes', async () => {
    await submitApplyment(wxpay, 'applyment4sub', sub('A_1'))
    const review = (applyment_state: string, more: object = {}) =>
      simulator.reviewApplyment('A_1', { applyment_state, ...more } as never)
    expect(() => review('APPLYMENT_STATE_FINISHED')).toThrow(/SUB_APPLYMENT_STATE.*AUDITING/)
    expect(() => review('NEED_SIGN')).toThrow(/SUB_APPLYMENT_STATE/)
    expect(() => review('APPLYMENT_STATE_REJECTED')).toThrow(/SUB_APPLYMENT_DETAIL/)
    expect(() => review('APPLYMENT_STATE_TO_BE_SIGNED', { audit_detail: REJECTED })).toThrow(/SUB_APPLYMENT_DETAIL/)
    expect(() => review('DONE')).toThrow(/is no state of an applyment/)
    expect(() => simulator.reviewApplyment('none', { applyment_state: 'FINISH' })).toThrow(/SUB_APPLYMENT_UNKNOWN/)
  })
})

describe('an applyment of an e-commerce platform (二级商户进件)', () => {
  const query = () => call('GET /v3/ecommerce/applyments/out-request-no/E_1')

  it('shows in each state what that state needs', async () => {
    const { applyment_id } = await submitApplyment(wxpay, 'ecommerce', ecommerce('E_1'))
    const common = { out_request_no: 'E_1', applyment_id }
    expect(await query()).toEqual({
      ...common,
      applyment_state: 'CHECKING',
      applyment_state_desc: '资料校验中',
      sign_state: 'NOT_SIGNABLE',
    })
    simulator.reviewApplyment('E_1', { applyment_state: 'ACCOUNT_NEED_VERIFY' })
    expect(await query()).toMatchObject({
      legal_validation_url: expect.stringContaining(String(applyment_id)),
      // The client has decrypted the two; the simulator keeps no more of them.
      account_validation: { account_name: '某*', account_no: '6222', pay_amount: 124, deadline: '2026-03-11 20:30:00' },
    })
    simulator.reviewApplyment('E_1', { applyment_state: 'AUDITING' })
    simulator.reviewApplyment('E_1', { applyment_state: 'NEED_SIGN' })
    const signing = await query()
    expect(signing).toMatchObject({ sign_url: expect.any(String), sign_state: 'UNSIGNED' })
    simulator.reviewApplyment('E_1', { applyment_state: 'FINISH' })
    expect(await call(`GET /v3/ecommerce/applyments/${applyment_id}`)).toEqual({
      ...common,
      applyment_state: 'FINISH',
      applyment_state_desc: '完成',
      sub_mchid: signing.sub_mchid,
      sign_state: 'SIGNED',
    })
    const revoke = call('POST /v3/ecommerce/applyments/out-request-no/E_1/revoke')
    expect(await refusalOf(revoke)).toEqual([400, 'INVALID_REQUEST'])
  })

  it('is rejected, corrected, frozen and revoked', async () => {
    await submitApplyment(wxpay, 'ecommerce', ecommerce('E_1'))
    expect(await refusalOf(submitApplyment(wxpay, 'account-hosting', ecommerce('E_1') as never))).toEqual([
      400,
      'RESOURCE_ALREADY_EXISTS',
    ])
    simulator.reviewApplyment('E_1', { applyment_state: 'REJECTED', audit_detail: REJECTED })
    expect((await query()).audit_detail).toEqual([{ param_name: 'id_card_copy', reject_reason: '照片不清晰' }])
    await submitApplyment(wxpay, 'ecommerce', ecommerce('E_1'))
    simulator.reviewApplyment('E_1', { applyment_state: 'FROZEN', audit_detail: REJECTED })
    const { applyment_id } = await call('POST /v3/ecommerce/applyments/out-request-no/E_1/revoke')
    expect(await query()).toMatchObject({ applyment_state: 'CANCELED' })
    const again = call(`POST /v3/ecommerce/applyments/${applyment_id}/revoke`)
    expect(await refusalOf(again)).toEqual([400, 'INVALID_REQUEST'])
    expect(await refusalOf(call('GET /v3/ecommerce/applyments/out-request-no/none'))).toEqual([
      404,
      'RESOURCE_NOT_EXISTS',
    ])
  })
})

describe('a settlement account (结算账户)', () => {
  const ROOT = '/v3/apply4sub/sub_merchants/1900000110'
  const account = {
    account_type: 'ACCOUNT_TYPE_PRIVATE',
    account_bank: '招商银行',
    bank_address_code: '440300',
    account_number: '6225880123456789',
    account_name: '张三',
  }
  const change = async (): Promise<string> => (await call(`POST ${ROOT}/modify-settlement`, account)).application_no
  const query = (rule = '') => call(`GET ${ROOT}/settlement${rule}`)

  it('changes once the change has been audited', async () => {
    const before = await query()
    const application_no = await change()
    expect(await query()).toEqual(before)
    expect(await call(`GET ${ROOT}/application/${application_no}`)).toEqual({
      account_name: '张*',
      account_type: 'ACCOUNT_TYPE_PRIVATE',
      account_bank: '招商银行',
      bank_address_code: '440300',
      account_number: '62************89',
      verify_result: 'AUDITING',
    })
    expect(await refusalOf(change())).toEqual([400, 'INVALID_REQUEST'])
    simulator.decideSettlement(application_no)
    expect(await query('?account_number_rule=ACCOUNT_NUMBER_RULE_MASK_V2')).toMatchObject({
      account_bank: '招商银行',
      account_number: '622588******6789',
      verify_result: 'VERIFY_SUCCESS',
    })
    expect(simulator.snapshot()).not.toContain(account.account_number)
    expect(() => simulator.decideSettlement(application_no)).toThrow(/SETTLEMENT_DECIDED/)
  })

  it('stays if the change fails', async () => {
    const before = await query()
    const application_no = await change()
    simulator.decideSettlement(application_no, '户名不一致')
    expect(await call(`GET ${ROOT}/application/${application_no}`)).toMatchObject({
      verify_result: 'AUDIT_FAIL',
      verify_fail_reason: '户名不一致',
      verify_finish_time: '2026-03-01T20:30:00+08:00',
    })
    expect(await query()).toEqual(before)
    await change()
    const foreign = call(`GET /v3/apply4sub/sub_merchants/1900000111/application/${application_no}`)
    expect(await refusalOf(foreign)).toEqual([404, 'RESOURCE_NOT_EXISTS'])
  })
})

it('the control API reviews applyments', async () => {
  await submitApplyment(wxpay, 'ecommerce', ecommerce('E_1'))
  const mount = createSimulatorMount(simulator)
  const control = async (method: string, path: string, body?: object) => {
    const init = body && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }
    const response = await mount(new Request(`http://localhost/simulator${path}`, { method, ...init }))
    return (await response.json()) as Record<string, unknown>
  }
  const rejection = { number: 'E_1', applyment_state: 'REJECTED', field: 'id_card_copy', reject_reason: '过期' }
  expect(await control('POST', '/review-applyment', rejection)).toMatchObject({ state: 'REJECTED' })
  expect(await control('GET', '/applyments/E_1')).toMatchObject({ rejected: [{ reject_reason: '过期' }] })
  expect(await control('GET', '/applyments')).toHaveLength(1)
  expect((await control('POST', '/review-applyment', { number: 'E_1', applyment_state: 'X' })).code).toBe('PARAM_ERROR')
})
