// Checked by tsc, never run: what a caller may write, and what not.
import type { Paths, V2, V3, V3Transaction } from '../../src/core/endpoints/generated/types.ts'

declare const wxpay: { v2: V2; v3: V3; chain<P extends keyof Paths>(path: P): Paths[P] } & Paths

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
  wxpay.chain('v3/pay/transactions/nothing')
}
