import { describe, expect, test } from 'vitest'
import { traitOf } from '../../src/definitions/trait-of.ts'
import { readTraits } from '../../src/definitions/trait-table.ts'

describe('what the definitions say is special', () => {
  test.each([
    ['GET', '/v3/certificates', {}],
    ['POST', '/v3/pay/transactions/jsapi', {}],
    [
      'POST',
      '/v3/repayment/combine-transactions/partner/prepay',
      { encrypt: ['combine_payer_info.identity.number', 'combine_payer_info.identity.name'] },
    ],
    ['POST', '/applyment/micro/modifyarchives', { mtls: true, encrypt: ['account_number'], signType: 'HMAC-SHA256' }],
    ['POST', '/v3/profitsharing/receivers/add', { encrypt: ['name'], decrypt: ['name'] }],
    ['GET', '/v3/fund-app/mch-transfer/transfer-bills/out-bill-no/{out_bill_no}', { decrypt: ['user_name'] }],
    ['GET', '/v3/fund-app/mch-transfer/transfer-bills/out-bill-no/T20260101', { decrypt: ['user_name'] }],
    ['GET', '/v3/ecommerce/subject-sub-merchants', { encryptQuery: ['cert_number'] }],
    ['GET', '/v3/marketing/partnerships', { encodeQuery: ['authorized_data', 'partner'] }],
    ['GET', '/v3/billdownload/file', { response: 'file' }],
    ['GET', '/v3/global/statements', { alternative: 'https://apihk.mch.weixin.qq.com/', response: 'file' }],
    ['POST', '/v3/global/transactions/app', { alternative: 'https://apihk.mch.weixin.qq.com/' }],
    [
      'GET',
      '/v3/merchants/1900000109',
      { base: 'https://api.mch.weixin.qq.com/hk/', decrypt: ['contact.name', 'contact.phone', 'contact.email'] },
    ],
    ['GET', '/v3/customs/orders', { base: 'https://apihk.mch.weixin.qq.com/global/' }],
    ['POST', '/v3/merchant/media/upload', {}],
    ['POST', '/v3/refund/domestic/refunds/4200/apply-abnormal-refund', { encrypt: ['bank_account', 'real_name'] }],
    [
      'POST',
      '/v3/marketing/shopping-receipt/shoppingreceipts',
      {
        encrypt: ['meta.merchant_contact_information.consultation_phone_number'],
        decrypt: ['receipt.merchant_contact_information.consultation_phone_number'],
        meta: ['sha256'],
      },
    ],
    ['POST', '/v3/new-tax-control-fapiao/fapiao-applications/upload-fapiao-file', { meta: [] }],
    [
      'POST',
      '/v3/mch-manage/mch-manage-records/1/mch-manage-submissions',
      {
        encode: ['submit_data.record_fields.repeated_field_data', 'submit_data'],
      },
    ],
    [
      'GET',
      '/v3/mch-manage/mch-manage-records/sub-mchid/1900000109',
      {
        json: ['data.requested_item_info', 'data.requested_item_info.record_fields.repeated_field_data'],
      },
    ],
    ['POST', '/secsvc/realnameauth', { base: 'https://fraud.mch.weixin.qq.com/', signType: 'HMAC-SHA256' }],
    ['POST', '/secapi/pay/refund', { mtls: true, signType: 'HMAC-SHA256' }],
    ['POST', '/secapi/mch/addInstitutionsub', { mtls: true, nonceless: true }],
    ['POST', '/cgi-bin/mch/customs/customdeclarequery', { nonceless: true, signType: 'MD5' }],
    ['GET', '/papay/entrustweb', { nonceless: true, response: 'redirect' }],
    ['POST', '/pay/downloadbill', { unsigned: true, response: 'file' }],
    [
      'GET',
      '/appauth/getaccesstoken',
      {
        signType: 'HMAC-SHA256',
        unsigned: true,
        response: 'json',
      },
    ],
    ['POST', '/v3/ecommerce/applyments/submit-sign-verify-info/', expect.not.objectContaining({ slash: true })],
    ['POST', '/v3/ecommerce/applyments/', expect.objectContaining({ slash: true, encrypt: expect.any(Array) })],
    ['POST', '/v3/ecommerce/applyments', expect.objectContaining({ slash: true, encrypt: expect.any(Array) })],
    ['POST', '/mmpaysptrans/pay_bank', { mtls: true, encryptForBank: ['enc_bank_no', 'enc_true_name'] }],
    ['POST', '/mmpaymkttransfers/sendredpack', { mtls: true, unsigned: true, form: ['risk_info'] }],
  ])('%s %s has exactly the traits of its definition', (method, path, trait) => {
    expect(traitOf(method, path)).toEqual(trait)
  })

  test.each<[string, string, string, object?]>([
    ['another method', 'PUT', '/v3/profitsharing/receivers/add'],
    ['a method that none has', 'HEAD', '/v3/profitsharing/receivers/add'],
    ['a path that goes on', 'POST', '/v3/profitsharing/receivers/add/x'],
    ['a path that is the beginning of one', 'POST', '/v3/profitsharing/receivers'],
    ['a word of the table as a segment', 'POST', '/v3/profitsharing/receivers/add/S/name'],
    [
      'an access point of the table as a segment',
      'POST',
      '/appauth/authindex/+4',
      { base: 'https://payapp.weixin.qq.com/' },
    ],
    ['names of Object.prototype', 'POST', '/v3/constructor/__proto__'],
    ['a path of the overseas API without /global', 'POST', '/v3/papay/transactions'],
    ['no path', 'GET', '/'],
    ['nothing', 'GET', ''],
  ])('%s has no traits but those of its product', (_, method, path, product = {}) => {
    expect(traitOf(method, path)).toEqual(product)
  })

  test('what a product has as its access point, an endpoint of it that no definition has goes to as well', () => {
    expect(traitOf('POST', '/v3/global/new/thing')).toEqual({ alternative: 'https://apihk.mch.weixin.qq.com/' })
    expect(traitOf('POST', '/v3/globalx/new/thing')).toEqual({})
  })
})

test('what all endpoints of a product have in common, an endpoint of it that no definition has gets as well', () => {
  expect(traitOf('POST', '/wxv/newthing')).toEqual({ mtls: true, signType: 'HMAC-SHA256' })
  // `mmpaymkttransfers/promotion` has none but unsigned responses; an unknown one is verified.
  expect(traitOf('POST', '/mmpaymkttransfers/promotion/newthing')).toEqual({ mtls: true })
  expect(traitOf('POST', '/pay/newthing')).toEqual({})
})

describe('a table', () => {
  const of = (method: string, path: string) =>
    readTraits('a{*{M,=F,b{N}c{P}d{=H}*{S{x.y{.,z}}}}b{*{U0}}},+1', [{ base: '0' }, { base: '1' }])(method, path)

  test.each<[string, string, object]>([
    ['POST', '/a/x', { mtls: true }],
    ['GET', '/a/x', { response: 'file' }],
    ['POST', '/a/{id}', { mtls: true }],
    ['POST', '/a/x/b', { nonceless: true }],
    ['POST', '/a/{id}/{other}', { encrypt: ['x.y', 'x.y.z'] }],
    ['POST', '/a/x/e', { encrypt: ['x.y', 'x.y.z'] }],
    // A literal segment that leads nowhere is no obstacle, one that is plain is.
    ['POST', '/a/x/d', { encrypt: ['x.y', 'x.y.z'] }],
    ['GET', '/a/x/d', { signType: 'HMAC-SHA256' }],
    ['POST', '/a/x/c', {}],
    ['POST', '/a/b', { mtls: true }],
    ['POST', '/a/b/b', { base: '0', unsigned: true }],
    ['POST', '/q', {}],
  ])('gives %s %s the traits of the most literal entry that matches', (method, path, trait) => {
    expect(of(method, path)).toEqual({ base: '1', ...trait })
  })
})
