import type { ApplymentBodies, WithFiles } from '../../../src/flows/onboarding/index.ts'
import { sample } from '../media/files.ts'

const png = () => new File([sample('png')], 'a.png')

/** @param cert_copy a media id that has been uploaded before */
export const applyment4sub = (
  business_code: string,
  cert_copy: string | File = 'kept-media-id',
): WithFiles<ApplymentBodies['applyment4sub']> => ({
  business_code,
  contact_info: {
    contact_type: 'LEGAL',
    contact_name: '张三',
    mobile_phone: '13800000000',
    contact_email: 'a@example.com',
  },
  subject_info: {
    subject_type: 'SUBJECT_TYPE_ENTERPRISE',
    business_license_info: {
      license_copy: png(),
      license_number: '91440300MA5G000000',
      merchant_name: '某公司',
      legal_person: '张三',
    },
    certificate_info: {
      cert_copy,
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
    account_number: '6222000000000000',
  },
})

export const ecommerce = (out_request_no: string): WithFiles<ApplymentBodies['ecommerce']> => ({
  out_request_no,
  organization_type: '2',
  account_info: { bank_account_type: '74', account_bank: '工商银行', account_name: '某公司', account_number: '6222' },
  contact_info: { contact_type: '65', contact_name: '张三' },
  sales_scene_info: { store_name: '某店' },
  merchant_shortname: '某店',
})

export const accountHosting = (out_request_no: string): WithFiles<ApplymentBodies['account-hosting']> => ({
  out_request_no,
  organization_type: '2',
  account_info: { bank_account_type: '74', account_bank: '工商银行', account_name: '某公司', account_number: '6222' },
  contact_info: { contact_type: '65', contact_name: '张三' },
  sales_scene_info: { store_name: '某店' },
  merchant_shortname: '某店',
})

export const apply4subject = (business_code: string): WithFiles<ApplymentBodies['apply4subject']> => ({
  business_code,
  contact_info: { name: '张三', id_card_number: '110101199003070011', mobile: '13800000000' },
  subject_info: {
    subject_type: 'SUBJECT_TYPE_ENTERPRISE',
    business_licence_info: {
      licence_number: '91440300MA5G000000',
      licence_copy: png(),
      merchant_name: '某公司',
      legal_person: '张三',
      company_address: '深圳',
      licence_valid_date: ['2020-01-01', '长期'],
    },
  },
  identification_info: {
    identification_type: 'IDENTIFICATION_TYPE_IDCARD',
    identification_name: '张三',
    identification_number: '110101199003070011',
    identification_valid_date: ['2020-01-01', '2040-01-01'],
    identification_front_copy: png(),
  },
})
