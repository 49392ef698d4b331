// A merchant is brought in (特约商户进件): a picture uploaded, the application submitted though its answer is lost, watched to its
// end. WeChat Pay is simulated: the program says what its staff and the merchant do.
import { Wechatpay } from 'wechatpay-edge'
import { stageOf, submitApplyment, watchApplyment } from 'wechatpay-edge/onboarding'
import { createSimulator } from 'wechatpay-edge/simulator'

const simulator = await createSimulator()
const wxpay = new Wechatpay({ ...simulator.merchant, fetch: simulator.fetch, retry: false })
simulator.faults.add({ kind: 'lost-response', path: '/v3/applyment4sub/applyment', count: 1 })

const png = new Uint8Array(1000)
png.set([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
const picture = new File([png], 'a.png') // uploaded, once, its media id put in its place
const business_code = '1900013511_10000'

const submitted = await submitApplyment(
  wxpay,
  'applyment4sub',
  {
    business_code,
    // Names, numbers and addresses of people are encrypted by the client.
    contact_info: {
      contact_type: 'LEGAL',
      contact_name: '张三',
      mobile_phone: '13800000000',
      contact_email: 'a@example.com',
    },
    subject_info: {
      subject_type: 'SUBJECT_TYPE_ENTERPRISE',
      business_license_info: {
        license_copy: picture,
        license_number: '91440300MA5G000000',
        merchant_name: '某公司',
        legal_person: '张三',
      },
      certificate_info: {
        cert_copy: picture,
        cert_type: 'CERTIFICATE_TYPE_2388',
        cert_number: '1',
        merchant_name: '某公司',
        company_address: '深圳',
        legal_person: '张三',
        period_begin: '2020-01-01',
        period_end: '长期',
      },
      identity_info: { id_doc_type: 'IDENTIFICATION_TYPE_IDCARD' },
    },
    business_info: {
      merchant_shortname: '某店',
      service_phone: '075500000000',
      sales_info: { sales_scenes_type: ['SALES_SCENES_STORE'] },
    },
    settlement_info: {},
    bank_account_info: {
      bank_account_type: 'BANK_ACCOUNT_TYPE_CORPORATE',
      account_name: '某公司',
      account_bank: '工商银行',
      bank_address_code: '440300',
    },
  },
  { wait: async () => {} }, // in earnest: left out
)
console.log('submitted:', submitted.number, '- settled by', submitted.settledBy)

simulator.reviewApplyment(business_code, { applyment_state: 'APPLYMENT_STATE_TO_BE_SIGNED' }) // by WeChat Pay's staff
const wait = async () => {} // in earnest: left out
for await (const { state, stage, applyment } of watchApplyment(wxpay, 'applyment4sub', business_code, { wait })) {
  if (stage.by === 'merchant')
    console.log('the merchant has to', stage.action, 'at', String(applyment.sign_url).slice(0, 26))
  if (stage.action === 'resubmit') console.log('fix, and submit again:', applyment.audit_detail)
  console.log('state:', state, '-', stage.outcome ?? `${stage.by} has to act`)
  // The merchant signs.
  if (stage.action === 'sign') simulator.reviewApplyment(business_code, { applyment_state: 'APPLYMENT_STATE_FINISHED' })
}

for (const state of ['AUDITING', 'TO_BE_CONFIRMED', 'TO_BE_SIGNED', 'SIGNING', 'REJECTED']) {
  const { by, action = 'wait', next } = stageOf('applyment4sub', `APPLYMENT_STATE_${state}`)
  console.log(`${state}: ${by}, ${action}; then`, next.map(name => name.replace('APPLYMENT_STATE_', '')).join(' or '))
}
