import { describe, expect, it } from 'vitest'
import { ServiceError } from '../../src/core/index.ts'
import { createTestMerchant, newNumber } from './test-merchant.ts'

const { simulator, call } = await createTestMerchant()
const { appid, mchid } = simulator.merchant

type Message = Readonly<Record<string, unknown>>
/** A request that an official sample sends, and what was accepted in its place: each with the field that is refused. */
interface Sample {
  readonly endpoint: string
  readonly source: string
  readonly sent: () => Message
  readonly wrong: readonly (readonly [field: string, change: Message])[]
}

const partnerOrder = (more: Message): Message => ({
  sp_appid: appid,
  sp_mchid: mchid,
  sub_mchid: '1900000109',
  description: 'Image形象店-深圳腾大-QQ公仔',
  out_trade_no: newNumber(),
  notify_url: 'https://www.weixin.qq.com/wxpay/pay.php',
  amount: { total: 100, currency: 'CNY' },
  ...more,
})
const scene = { payer_client_ip: '14.23.150.211', device_id: '013467007045764', store_info: { id: '0001' } }
const h5 = { ...scene, h5_info: { type: 'iOS' } }

const openingWill = (): Message => ({
  channel_id: '20001111',
  business_code: newNumber(),
  contact_info: { name: '张三', id_card_number: '110101199003070011', mobile: '13800000000' },
  subject_info: openingSubject,
  identification_info: {
    identification_type: 'IDENTIFICATION_TYPE_IDCARD',
    identification_name: '张三',
    identification_number: '110101199003070011',
    identification_valid_date: ['2017-10-28', '2037-10-28'],
    identification_front_copy: '0P3ng6KTIW4-Q_l2FjKLZ',
  },
  ubo_info: { ubo_id_type: 'IDENTIFICATION_TYPE_IDCARD', ubo_name: '李四', ubo_id_number: '110101199003070012' },
})
const openingSubject = {
  subject_type: 'SUBJECT_TYPE_INSTITUTIONS',
  certificate_info: {
    cert_type: 'CERTIFICATE_TYPE_2397',
    cert_number: '111111111111',
    cert_copy: '0P3ng6KTIW4-Q_l2FjmFJBZveMjmFHJlqk',
    merchant_name: '某慈善机构',
    legal_person: '李四',
    company_address: '广东省深圳市',
    cert_valid_date: ['1970-01-01', 'forever'],
  },
  special_operation_list: [{ category_id: 44, operation_copy_list: ['0P3ng6KTIW4'] }],
}

/** Pays an order by insurance alone, and returns its number. */
async function payByInsurance(): Promise<string> {
  const out_trade_no = newNumber()
  const { mix_trade_no } = await call('POST /v3/med-ins/orders', {
    mix_pay_type: 'INSURANCE_ONLY',
    order_type: 'REG_PAY',
    appid,
    openid: 'oPatient',
    payer: { name: '张三', id_digest: '09eb26e839ff3a2e3980352ae45ef09e', card_type: 'ID_CARD' },
    out_trade_no,
    serial_no: 'S1',
    pay_order_id: 'ORD530100202204022006350000021',
    pay_auth_no: 'AUTH530100202204022006310000034',
    geo_location: '102.682296,25.054260',
    med_ins_order_create_time: '2026-03-01T20:29:00+08:00',
    city_id: '530100',
    med_inst_name: '北大医院',
    med_inst_no: '1217752501201407033233368318',
    total_fee: 135_000,
    med_ins_gov_fee: 45_000,
    med_ins_self_fee: 45_000,
    med_ins_other_fee: 45_000,
    med_ins_cash_fee: 0,
    callback_url: 'https://hospital.example/paid',
  })
  simulator.payMedicalOrder({ out_trade_no })
  await simulator.advance(2000)
  return mix_trade_no
}

const policy = (): Message => ({
  out_insurance_no: newNumber(),
  insured_name_list: ['张三'],
  insurance_company_code: 'COMPANY',
  effective_time: '2026-01-02T03:04:05+08:00',
  expired_time: '2027-01-02T03:04:05+08:00',
  coverage_detail: '保障详情',
  support_renewal: false,
  policy_type: 'POLICY_TYPE_MEDICAL',
  policy_state: 'POLICY_STATE_APPROVED',
  plan_id: '123',
  out_contract_code: 'C1',
  appid: 'wx8888888888888888',
  openid: 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o',
  free_insurance: false,
})

const SAMPLES: readonly Sample[] = [
  {
    endpoint: 'POST /v3/pay/partner/transactions/h5',
    source: 'wechatpay-go services/partnerpayments/h5',
    sent: () => partnerOrder({ scene_info: h5 }),
    wrong: [
      ['/scene_info/payer_client_ip', { scene_info: { ...h5, payer_client_ip: undefined } }],
      ['/scene_info/h5_info', { scene_info: scene }],
      ['/scene_info/h5_info/type', { scene_info: { ...h5, h5_info: { app_name: '王者荣耀' } } }],
      ['/scene_info/store_info/id', { scene_info: { ...h5, store_info: { name: '腾讯大厦分店' } } }],
    ],
  },
  {
    endpoint: 'POST /v3/pay/partner/transactions/native',
    source: 'wechatpay-go services/partnerpayments/native',
    sent: () => partnerOrder({ scene_info: scene }),
    wrong: [['/scene_info/payer_client_ip', { scene_info: { device_id: '013467007045764' } }]],
  },
  {
    endpoint: `POST /v3/med-ins/refunds/notify?mix_trade_no=${await payByInsurance()}`,
    source: 'wechatpay-skills NotifyMedInsRefund.java',
    sent: () => ({
      med_refund_total_fee: 45_000,
      med_refund_gov_fee: 45_000,
      med_refund_self_fee: 45_000,
      med_refund_other_fee: 45_000,
      refund_time: '2015-05-20T13:29:35+08:00',
      out_refund_no: 'R202204022005169952975171534816',
    }),
    wrong: [['/med_refund_gov_fee', { med_refund_gov_fee: undefined, med_refund__gov_fee: 45_000 }]],
  },
  {
    endpoint: 'POST /v3/apply4subject/applyment',
    source: 'wechatpay-skills SubmitApplyment.java',
    sent: openingWill,
    wrong: [
      ['/ubo_info/ubo_id_type', { ubo_info: { ubo_id_type: 'IDCARD' } }],
      ['/subject_info/business_licence_info/licence_number', { subject_info: withLicence({}) }],
    ],
  },
  {
    endpoint: 'POST /v3/inspolicymgr/deduct/policies',
    source: 'https://pay.weixin.qq.com/doc/v3/merchant/4018672031 (2026-04-22)',
    sent: policy,
    wrong: [['/insured_name_list', { insured_name_list: undefined }]],
  },
  {
    endpoint: 'POST /v3/goldplan/merchants/set-advertising-industry-filter',
    source: 'https://pay.weixin.qq.com/doc/v3/partner/4012473784',
    sent: () => ({ sub_mchid: '1900000109', advertising_industry_filters: ['SOFTWARE', 'SECURITY'] }),
    wrong: [['/advertising_industry_filters', { advertising_industry_filters: undefined }]],
  },
]

function withLicence(licence: Message): Message {
  return { ...openingSubject, business_licence_info: licence }
}

/** The field that the simulator names when it refuses; undefined when it accepts. */
async function refusedField(endpoint: string, body: Message): Promise<string | undefined> {
  try {
    await call(endpoint, body)
    return undefined
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error
    return JSON.parse(String(error.body)).detail?.field ?? String(error.body)
  }
}

describe.each(SAMPLES)('$endpoint ($source)', ({ endpoint, sent, wrong }) => {
  it('accepts the official sample request', async () => {
    expect(await refusedField(endpoint, sent())).toBeUndefined()
  })

  it.each(wrong)('refuses a request that was once accepted: %s', async (field, change) => {
    expect(await refusedField(endpoint, { ...sent(), ...change })).toBe(field)
  })
})

describe('a sub-merchant’s applyment (特约商户进件) of a micro merchant', () => {
  it('requires neither licence nor certificate', async () => {
    const body = {
      business_code: newNumber(),
      contact_info: {
        contact_type: 'LEGAL',
        contact_name: '张三',
        mobile_phone: '13900000000',
        contact_email: 'a@b.cn',
      },
      subject_info: {
        subject_type: 'SUBJECT_TYPE_MICRO',
        micro_biz_info: { micro_biz_type: 'MICRO_TYPE_STORE' },
        identity_info: { id_doc_type: 'IDENTIFICATION_TYPE_IDCARD' },
      },
      business_info: {
        merchant_shortname: '张三餐饮店',
        service_phone: '075588888888',
        sales_info: { sales_scenes_type: ['SALES_SCENES_STORE'] },
      },
      settlement_info: {},
      bank_account_info: {
        bank_account_type: 'BANK_ACCOUNT_TYPE_PERSONAL',
        account_name: '张三',
        account_bank: '工商银行',
        bank_address_code: '110000',
        account_number: '6222020000000000',
      },
    }
    expect(await refusedField('POST /v3/applyment4sub/applyment', body)).toBeUndefined()
  })
})
