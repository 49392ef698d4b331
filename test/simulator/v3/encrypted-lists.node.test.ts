import { beforeAll, expect, test } from 'vitest'
import { Wechatpay } from '../../../src/core/index.ts'
import { createSimulator, type Simulator } from '../../../src/simulator/index.ts'

let simulator: Simulator
let wxpay: Wechatpay
/** The bodies on the wire, in both directions. */
const wire: string[] = []
/** The key that each request says it is encrypted with. */
const serials: (string | null)[] = []

beforeAll(async () => {
  simulator = await createSimulator({ seed: 'encrypted lists' })
  const recorded: typeof fetch = async (input, init) => {
    const request = new Request(input, init)
    serials.push(request.headers.get('wechatpay-serial'))
    wire.push(await request.clone().text())
    const response = await simulator.fetch(request)
    wire.push(await response.clone().text())
    return response
  }
  wxpay = new Wechatpay({ ...simulator.merchant, fetch: recorded, retry: false })
})

const policy = () => ({
  out_insurance_no: 'P202601010001',
  insured_name_list: ['张三', '李四'],
  insurance_company_code: 'COMPANY',
  effective_time: '2026-01-02T03:04:05+08:00',
  expired_time: '2027-01-02T03:04:05+08:00',
  coverage_detail: 'detail',
  support_renewal: false,
  policy_type: 'POLICY_TYPE_MEDICAL',
  policy_state: 'POLICY_STATE_APPROVED',
  plan_id: '123',
  out_contract_code: 'C1',
  policy_periods: [],
  appid: simulator.merchant.appid,
  openid: 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o',
  free_insurance: false,
})

const card = () => ({
  brand_id: '1000',
  card_id: 'pbLatjvwXc5dV3',
  phone_number: '13800000000',
  user_card_code: '478515832665',
  date_information: { type: 'PERMANENT' },
  pickup_time: '2026-01-02T03:04:05+08:00',
  user_information: { custom_field_list: [{ name: 'likes', user_chosen_values: ['green tea', 'black tea'] }] },
})

test.each([
  ['POST', 'v3/inspolicymgr/deduct/policies', policy, ['张三', '李四']],
  ['PATCH', 'v3/inspolicymgr/deduct/policies/P202601010001', () => ({ insured_name_list: ['张三'] }), ['张三']],
  ['POST', 'v3/brand/partner/card-member/user-cards/import-by-phone', card, ['green tea', 'black tea', '13800000000']],
] as const)('%s %s: lists of personal texts are encrypted in both directions', async (method, path, body, texts) => {
  wire.length = 0
  const { data } = await wxpay.request(method, path, { body: body() })
  for (const text of texts) {
    for (const message of wire) expect(message).not.toContain(text)
    // The simulator opened them: its answer, decrypted by the client, says them again.
    expect(JSON.stringify(data)).toContain(text)
  }
  expect(serials.at(-1)).toBe(Object.keys(simulator.merchant.platformKeys)[0])
})

test('预签约 of a school encrypts the name and the number, and not the type of the certificate', async () => {
  wire.length = 0
  await wxpay.request('POST', 'v3/eduschoolpay/contracts/presign', {
    body: {
      appid: simulator.merchant.appid,
      openid: 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o',
      plan_id: '0150000000000000000000000001',
      user_id: '20210001',
      school_id: '10001',
      out_contract_code: 'C1',
      identity: { real_name: '张三', credential_type: 'IDENTITY_CARD', id_card_number: '110101199003070011' },
    },
  })
  const { identity } = JSON.parse(wire[0]!)
  expect(identity.credential_type).toBe('IDENTITY_CARD')
  for (const text of ['张三', '110101199003070011']) expect(wire[0]).not.toContain(text)
})

test('商户开户意愿确认 encrypts the name and the number of a beneficiary', async () => {
  wire.length = 0
  const ubo_info = { ubo_id_type: 'IDENTIFICATION_TYPE_IDCARD', ubo_name: '李四', ubo_id_number: '110101199003070012' }
  // Refused for what is missing, after the client has encrypted it.
  await wxpay.request('POST', 'v3/apply4subject/applyment', { body: { ubo_info } }).catch(() => undefined)
  expect(JSON.parse(wire[0]!).ubo_info.ubo_id_type).toBe('IDENTIFICATION_TYPE_IDCARD')
  for (const text of ['李四', '110101199003070012']) expect(wire[0]).not.toContain(text)
})
