// Checked by tsc, never run: what a caller may write, and what not.
import type { EncryptedField, Paths, V3Transaction, Wechatpay } from '../../src/core/index.ts'

declare const wxpay: Wechatpay

const real = {
  version: '1.0',
  mch_id: '',
  appid: '',
  openid: '',
  real_name: '',
  cred_id: '',
  access_token: '',
} as const
const order = { appid: '', mchid: '', description: '', out_trade_no: '', notify_url: '' }
const preOrder = { openid: '', sub_mchid: '', authenticate_number: '', project_name: '', employer_name: '' }

export async function documented(): Promise<void> {
  const { authentications } = wxpay.v3.payrollCard
  await authentications._authenticate_number_.get({ authenticate_number: 'x', params: { sub_mchid: '1' } })
  await authentications.preOrder.post({ ...preOrder, authenticate_type: 'SIGN_IN' })
  await wxpay.v2.secsvc.realnameauth.post({ ...real, cred_type: 1 })
  await wxpay.chain('v2/secsvc/realnameauth').post({ ...real, cred_type: '12' })
  await wxpay['v2/secsvc/realnameauth'].post({ ...real, cred_type: 12 })
}

export async function spellings(): Promise<void> {
  const options = { authenticate_number: 1n, params: { sub_mchid: '1' } }
  await wxpay.v3.payrollCard.authentications.$authenticate_number$.get(options)
  await wxpay.v3.payrollCard.authentications['{authenticate_number}'].get(options)
  await wxpay['v3/payroll-card/authentications/_authenticate_number_'].get(options)
  await wxpay.chain('v3/payroll-card/authentications/$authenticate_number$').get(options)
  await wxpay.chain('v3/payroll-card/authentications/{authenticate_number}').get({ ...options, timeout: 5000 })
  // Two endpoints that differ in their placeholder's name alone are two.
  const { applyment } = wxpay.v3.apply4subject
  await applyment._applyment_id_.cancel.post(undefined, { applyment_id: 2n ** 60n })
  await applyment._business_code_.cancel.post(undefined, { business_code: '1900013511_10000' })
}

/** The paths whose calls the types do not find in the chain. */
type Unfound = { [Path in keyof Paths]: [Paths[Path]] extends [never] ? Path : never }[keyof Paths]

export const everyPathLeadsToItsCalls = (unfound: Unfound): never => unfound

export async function untyped(path: string): Promise<void> {
  // A path that no definition has, or not in this spelling, can be called all the same.
  const { data: none }: { data: unknown } = await wxpay.chain('v3/new/endpoint').post({ anything: 1 })
  const { data: mixed } = await wxpay.chain('v3/a/_b_/{c}').get<{ d: 1 }>({ b: 1, c: 2, params: { e: 3 } })
  const one: 1 = mixed.d
  await wxpay.chain(path).patch(none, { headers: { one: String(one) } })
}

export async function kinds(): Promise<unknown[]> {
  const { v2, v3 } = wxpay
  const { data: transaction } = await v3.pay.transactions.id._transaction_id_.get({
    transaction_id: '4200',
    params: { mchid: '' },
  })
  const { data: answer } = await v2.pay.orderquery.post({ appid: '', mch_id: '', out_trade_no: '' })
  const { data: file } = await v3.billdownload.file.get({ params: { token: '' } })
  const { data: nothing } = await v3.pay.transactions.outTradeNo._out_trade_no_.close.post(
    { mchid: '' },
    { out_trade_no: '' },
  )
  await v3.certificates.get()
  await v3.profitsharing.receivers.delete.post({ appid: '', type: 'MERCHANT_ID', account: '' })
  await v3.apply4subject.applyment.get({ params: { applyment_id: 2n ** 60n } })
  await v3.merchant.media.upload.post({ file: new Blob([]) })
  await v2.pay.unifiedorder.post({
    appid: '',
    mch_id: '',
    body: '',
    out_trade_no: '',
    total_fee: 1,
    spbill_create_ip: '',
    notify_url: '',
    trade_type: 'MWEB',
    scene_info: { h5_info: { type: 'Wap' } },
    detail: '{}',
  })
  const known: V3Transaction = transaction
  const unheardOf: boolean = transaction.trade_state === 'A_STATE_OF_TOMORROW'
  const coupon: string | undefined = answer.coupon_fee_0
  const fee: string = answer.total_fee
  const stream: ReadableStream<Uint8Array> = file
  const empty: undefined = nothing
  return [known, unheardOf, coupon, fee, stream, empty]
}

export async function redirect(): Promise<string> {
  const params = {
    appid: '',
    mch_id: '',
    plan_id: 1,
    contract_code: '',
    request_serial: 1n,
    contract_display_account: '',
    notify_url: '',
    version: '1.0',
    timestamp: '',
  } as const
  return await wxpay.v2.papay.entrustweb.url({ params })
}

export async function mistakes(): Promise<void> {
  const { v2, v3 } = wxpay
  // @ts-expect-error the path parameter is missing
  await v3.payrollCard.authentications._authenticate_number_.get({ params: { sub_mchid: '1' } })
  // @ts-expect-error the options are missing
  await v3.payrollCard.authentications._authenticate_number_.get()
  // @ts-expect-error no such value of an enum
  await v3.payrollCard.authentications.preOrder.post({ ...preOrder, authenticate_type: 'SIGNIN' })
  // @ts-expect-error no such field
  await v2.pay.closeorder.post({ appid: '', mch_id: '', out_trade_no: '', transaction_id: '' })
  // @ts-expect-error no such field further in
  await v3.pay.transactions.native.post({ ...order, amount: { total: 1, sum: 1 } })
  // @ts-expect-error a number, not text
  await v3.pay.transactions.native.post({ ...order, amount: { total: '1' } })
  // @ts-expect-error the payer is missing
  await v3.pay.transactions.jsapi.post({ ...order, amount: { total: 1 } })
  // @ts-expect-error no such query parameter
  await v3.pay.transactions.id._transaction_id_.get({ transaction_id: 1, params: { mchid: '', sub_mchid: '' } })
  // @ts-expect-error no such path
  wxpay['v3/pay/transactions/nothing']
  // @ts-expect-error no such segment
  v3.pay.transactions.nothing
  // @ts-expect-error no such verb
  v3.pay.transactions.native.get
  // @ts-expect-error the name of another placeholder
  await v3.pay.transactions.id._transaction_id_.get({ out_trade_no: 1, params: { mchid: '' } })
  // @ts-expect-error a query parameter among the options
  await v3.payrollCard.authentications._authenticate_number_.get({ authenticate_number: 'x', sub_mchid: '1' })
  // @ts-expect-error the same by its path
  await wxpay.chain('v3/payroll-card/authentications/{authenticate_number}').get({ params: { sub_mchid: '1' } })
  // @ts-expect-error the same by its path
  await wxpay['v2/secsvc/realnameauth'].post({ ...real, cred_type: 99 })
  // @ts-expect-error no such value further in
  await v3.pay.transactions.native.post({ ...order, amount: { total: 1 }, limit_pay: ['no_cash'] })
}

const partnership = {
  partner: { type: 'APPID', appid: 'wx0' },
  authorized_data: { business_type: 'FAVOR_STOCK', stock_id: '2433405' },
} as const

export async function headers(): Promise<void> {
  const { build } = wxpay.v3.marketing.partnerships
  await build.post(partnership, { headers: { 'Idempotency-Key': '12345', 'X-Other': 'too' } })
  // @ts-expect-error the header is required
  await build.post(partnership, { headers: { 'X-Other': 'too' } })
  // @ts-expect-error the options are
  await build.post(partnership)
  const { orderquery } = wxpay.v2.xdc.apiv2sandbox.pay
  const query = { appid: '', mch_id: '', out_trade_no: '' }
  await orderquery.post(query, { headers: { 'Wechatpay-Negative-Test': 'MICROPAY_USERPAYING' } })
  await orderquery.post(query, { headers: new Headers() })
  await orderquery.post(query)
  // @ts-expect-error no such value of the header
  await orderquery.post(query, { headers: { 'Wechatpay-Negative-Test': 'USERPAYING' } })
}

export async function encryptedFields(encrypted: EncryptedField): Promise<string | undefined> {
  const relation = { relation_type: 'STORE', type: 'PERSONAL_OPENID', account: '', appid: '' } as const
  await wxpay.v3.profitsharing.receivers.add.post({ ...relation, name: '张三' })
  const { data } = await wxpay.v3.profitsharing.receivers.add.post({ ...relation, name: encrypted })
  await wxpay.v3.realname.verify.get({
    params: { credential_type: 1, encrypted_credential_id: encrypted, encrypted_name: '张三', wxp_trade_no: '' },
  })
  const bank = { mch_id: '', partner_trade_no: '', bank_code: '1002', amount: 1 }
  await wxpay.v2.mmpaysptrans.pay_bank.post({ ...bank, enc_bank_no: encrypted, enc_true_name: '张三' })
  // @ts-expect-error another field is not encrypted
  await wxpay.v3.profitsharing.receivers.add.post({ ...relation, account: encrypted })
  // An answer is opened.
  return data.name
}

export async function json(): Promise<void> {
  const { mchManageSubmissions } = wxpay.v3.mchManage.mchManageRecords._manage_record_id_
  const options = { manage_record_id: '1' }
  await mchManageSubmissions.post({ sub_mchid: '', submit_data: { record_fields: [] } }, options)
  await mchManageSubmissions.post({ sub_mchid: '', submit_data: '{"record_fields":[]}' }, options)
  // @ts-expect-error neither text nor the object that the text stands for
  await mchManageSubmissions.post({ sub_mchid: '', submit_data: [] }, options)
}

export async function uploads(file: Blob): Promise<void> {
  await wxpay.v2.secapi.mch.uploadmedia.post({ media: file, mch_id: '' })
  const { uploadFapiaoFile } = wxpay.v3.newTaxControlFapiao.fapiaoApplications
  await uploadFapiaoFile.post({ file, meta: { file_type: 'PDF', digest_alogrithm: 'SM3', digest: '' } })
  // @ts-expect-error an SM3 digest is the caller's to make
  await uploadFapiaoFile.post({ file, meta: { file_type: 'PDF', digest_alogrithm: 'SM3' } })
}

export async function bills(): Promise<ReadableStream<Uint8Array>[]> {
  const { data: v2 } = await wxpay.v2.pay.downloadbill.post({ appid: '', mch_id: '', bill_date: '', bill_type: 'ALL' })
  const { data: v3 } = await wxpay.v3.billdownload.file.get({ params: { token: '' } })
  return [v2, v3]
}
