/** A record of each product besides payments, which the merchant makes by its own calls. */
import { submitApplyment } from '../../src/flows/onboarding/index.ts'
import { sample } from '../flows/media/files.ts'
import { applyment4sub, ecommerce } from '../flows/onboarding/bodies.ts'
import type { ServedSimulator } from './console-page.ts'

const NOTIFY_URL = 'https://merchant.example/notify'
const SERVICE = '2002000000000558128851361561536'
const SUB_MERCHANT = '1900000110'
const EMPLOYEE = { openid: 'oEmployee', sub_mchid: SUB_MERCHANT }
const OPENID = 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o'

/** A time that WeChat Pay writes as one of its days. */
const day = (ms: number): string => new Date(ms).toISOString().replace(/\.\d+Z$/, '+00:00')

/** Makes the records; returns the numbers that WeChat Pay has chosen. */
export async function makeProductRecords({ simulator, wxpay, place }: ServedSimulator) {
  const { appid, mchid } = simulator.merchant
  const call = async (path: string, body: object) => {
    const { data } = await wxpay.request('POST', path, { body })
    return data as Readonly<Record<string, string>>
  }
  const times = { begin: day(simulator.now() - 3_600_000), end: day(simulator.now() + 86_400_000) }
  await call('v3/payscore/serviceorder', {
    appid,
    service_id: SERVICE,
    out_order_no: 'SERVICE-1',
    service_introduction: '共享充电宝',
    time_range: { start_time: 'OnAccept' },
    risk_fund: { name: 'DEPOSIT', amount: 9900 },
    notify_url: NOTIFY_URL,
  })
  await call('v3/payscore/permissions', {
    appid,
    service_id: SERVICE,
    authorization_code: 'PERMISSION-1',
    notify_url: NOTIFY_URL,
  })
  await call('v3/papay/scheduled-deduct-sign/contracts/pre-entrust-sign/h5', {
    appid,
    plan_id: 12535,
    out_contract_code: 'CONTRACT1',
    contract_display_account: '张三',
    contract_notify_url: NOTIFY_URL,
  })
  await place('PAID-1')
  simulator.pay({ out_trade_no: 'PAID-1' })
  const { stock_id } = await call('v3/marketing/favor/coupon-stocks', {
    stock_name: '满 1 元减 5 角',
    belong_merchant: mchid,
    available_begin_time: times.begin,
    available_end_time: times.end,
    stock_use_rule: {
      max_coupons: 100,
      max_amount: 5000,
      max_coupons_per_user: 2,
      natural_person_limit: false,
      prevent_api_abuse: false,
    },
    coupon_use_rule: {
      fixed_normal_coupon: { coupon_amount: 50, transaction_minimum: 100 },
      available_merchants: [mchid],
    },
    pattern_info: { description: '每单一张' },
    no_cash: true,
    stock_type: 'NORMAL',
    out_request_no: 'STOCK-1',
  })
  await call(`v3/marketing/favor/stocks/${stock_id}/start`, { stock_creator_mchid: mchid })
  const { coupon_id } = await call(`v3/marketing/favor/users/${OPENID}/coupons`, {
    stock_id,
    out_request_no: 'COUPON-1',
    appid,
    stock_creator_mchid: mchid,
  })
  const { stock_id: businessStock } = await call('v3/marketing/busifavor/stocks', {
    stock_name: '八折',
    belong_merchant: mchid,
    goods_name: '全场',
    stock_type: 'NORMAL',
    coupon_use_rule: {
      coupon_available_time: { available_begin_time: times.begin, available_end_time: times.end },
      fixed_normal_coupon: { discount_amount: 100, transaction_minimum: 500 },
      use_method: 'OFF_LINE',
    },
    stock_send_rule: { max_coupons: 10, max_coupons_per_user: 2 },
    coupon_code_mode: 'WECHATPAY_MODE',
    out_request_no: 'BUSINESS-1',
  })
  await call('v3/fund-app/mch-transfer/user-confirm-authorization', {
    out_authorization_no: 'AUTHORIZATION1',
    appid,
    openid: OPENID,
    transfer_scene_id: '1005',
    user_display_name: '张*',
    authorization_notify_url: NOTIFY_URL,
  })
  for (const out_request_no of ['WITHDRAWAL1', 'WITHDRAWAL2'])
    await call('v3/merchant/fund/withdraw', { out_request_no, amount: 100, account_type: 'OPERATION', remark: '货款' })
  const picture = new File([sample('png')], 'a.png')
  await submitApplyment(wxpay, 'applyment4sub', applyment4sub('APPLYMENT_1', picture))
  await submitApplyment(wxpay, 'ecommerce', ecommerce('APPLYMENT_2'))
  const { application_no } = await call(`v3/apply4sub/sub_merchants/${SUB_MERCHANT}/modify-settlement`, {
    account_type: 'ACCOUNT_TYPE_BUSINESS',
    account_bank: '工商银行',
    bank_address_code: '440300',
    account_number: '6222020000000000078',
    account_name: '某公司',
  })
  await call('v3/payroll-card/tokens', {
    ...EMPLOYEE,
    user_name: '张三',
    id_card_number: '110101199003070011',
    employment_type: 'SHORT_TERM_EMPLOYMENT',
  })
  await call('v3/payroll-card/authentications/pre-order', {
    ...EMPLOYEE,
    authenticate_number: 'EMPLOYEE-1',
    project_name: '某项目',
    employer_name: '某单位',
  })
  return { stock_id: stock_id!, coupon_id: coupon_id!, businessStock: businessStock!, application_no: application_no! }
}

/** Completes the service order, once its user has confirmed it. */
export const completeServiceOrder = ({ simulator, wxpay }: ServedSimulator): Promise<unknown> =>
  wxpay.request('POST', 'v3/payscore/serviceorder/SERVICE-1/complete', {
    body: {
      appid: simulator.merchant.appid,
      service_id: SERVICE,
      total_amount: 300,
      post_payments: [{ name: '租借 2 小时', amount: 300 }],
    },
  })
