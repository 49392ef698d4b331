import { NOTIFY_URL, type TestMerchant, unusedNumber } from '../payment/test-merchant.ts'

export const service_id = '2002000000000558128851361561536'
export const SUB = '1900000110'

/** A service order of an unused number. */
export const orderOf = ({ simulator }: TestMerchant, more: object = {}) => ({
  out_order_no: unusedNumber(),
  appid: simulator.merchant.appid,
  service_id,
  service_introduction: '充电宝租借',
  time_range: { start_time: 'OnAccept' },
  risk_fund: { name: 'DEPOSIT', amount: 9_900 },
  notify_url: NOTIFY_URL,
  ...more,
})

/** The fee of a service order. */
export const feeOf = (amount: number) => ({ total_amount: amount, post_payments: [{ name: '租借费', amount }] })
