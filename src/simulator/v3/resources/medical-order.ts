import type { MedicalOrder, PartStatus } from '../../accounts/medical-insurance/medical-order.ts'
import { rfc3339 } from '../../clock/time.ts'

const partStatus = (part: PartStatus, name: 'SELF_PAY' | 'MED_INS_PAY'): string =>
  part === 'NONE' ? `NO_${name}` : `${name}_${part}`

/** Creates the JSON of an order by medical insurance (医保自费混合订单), as its responses and its notification have it. */
export const medicalOrderBody = (order: MedicalOrder): object => ({
  ...order.fields,
  mix_trade_no: order.mix_trade_no,
  mix_pay_status: order.mix_pay_status,
  self_pay_status: partStatus(order.selfPay, 'SELF_PAY'),
  med_ins_pay_status: partStatus(order.insurance, 'MED_INS_PAY'),
  ...(order.paidAt !== undefined && { paid_time: rfc3339(order.paidAt) }),
})
