import { Rejection } from '../rejection.ts'
import type { MedicalOrder, MedicalOrderFields, MedicalRefund, MixPayType } from './medical-order.ts'

/** Fields of the insurance's order. */
const ORDER_FIELDS = ['pay_order_id', 'pay_auth_no', 'geo_location', 'med_ins_order_create_time'] as const
/** Fees of the insurance's settlement. */
const FEES = ['med_ins_gov_fee', 'med_ins_self_fee', 'med_ins_other_fee', 'med_ins_cash_fee'] as const

const hasAll = (fields: MedicalOrderFields, names: readonly string[]): boolean =>
  names.every(name => fields[name] !== undefined && fields[name] !== '')
const hasAny = (fields: MedicalOrderFields, names: readonly string[]): boolean =>
  names.some(name => fields[name] !== undefined && fields[name] !== '')
const feesOf = (fields: MedicalOrderFields): number => FEES.reduce((sum, name) => sum + (fields[name] ?? 0), 0)
const hasCash = ({ wechat_pay_cash_fee = 0, prepay_id }: MedicalOrderFields): boolean =>
  wechat_pay_cash_fee > 0 && prepay_id !== undefined
const hasNoCash = ({ wechat_pay_cash_fee = 0, prepay_id }: MedicalOrderFields): boolean =>
  wechat_pay_cash_fee === 0 && prepay_id === undefined
const hasInsurance = (fields: MedicalOrderFields): boolean => hasAll(fields, ORDER_FIELDS) && hasAll(fields, FEES)

/** Which fields an order of each type has. */
const HAS_FIELDS: Readonly<Record<MixPayType, (fields: MedicalOrderFields) => boolean>> = {
  CASH_ONLY: fields => hasCash(fields) && !hasAny(fields, ORDER_FIELDS) && feesOf(fields) === 0,
  INSURANCE_ONLY: fields => hasNoCash(fields) && hasInsurance(fields),
  CASH_AND_INSURANCE: fields => hasCash(fields) && hasInsurance(fields) && feesOf(fields) > 0,
}

/**
 * Requires the fields that the type of an order has, and that its amounts add up.
 *
 * @throws {Rejection} `MEDICAL_CASH_FIELDS`, `MEDICAL_INSURANCE_FIELDS`, `MEDICAL_TOTAL`, `MEDICAL_CASH`
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4016781466
 */
export function requireSoundAmounts(fields: MedicalOrderFields): void {
  const { mix_pay_type, out_trade_no, total_fee, wechat_pay_cash_fee = 0, med_ins_cash_fee = 0 } = fields
  if (!HAS_FIELDS[mix_pay_type](fields))
    throw new Rejection(mix_pay_type === 'CASH_ONLY' ? 'MEDICAL_CASH_FIELDS' : 'MEDICAL_INSURANCE_FIELDS', out_trade_no)
  const added = (fields.cash_add_detail ?? []).reduce((sum, { cash_add_fee }) => sum + cash_add_fee, 0)
  const reduced = (fields.cash_reduce_detail ?? []).reduce((sum, { cash_reduce_fee }) => sum + cash_reduce_fee, 0)
  const insured = feesOf(fields) - med_ins_cash_fee
  if (total_fee !== insured + wechat_pay_cash_fee + reduced) throw new Rejection('MEDICAL_TOTAL', out_trade_no)
  // The formula is documented for all types, but without a settlement it would leave only the additions to be paid.
  if (mix_pay_type !== 'CASH_ONLY' && wechat_pay_cash_fee !== med_ins_cash_fee + added - reduced)
    throw new Rejection('MEDICAL_CASH', out_trade_no)
}

/** The parts of a refund by the insurance, each with the part of the settlement that it returns. */
const REFUND_PARTS = [
  ['med_refund_gov_fee', 'med_ins_gov_fee'],
  ['med_refund_self_fee', 'med_ins_self_fee'],
  ['med_refund_other_fee', 'med_ins_other_fee'],
] as const

/**
 * Requires that a refund by the insurance returns no more than the insurance paid: each part is bounded by that of the order, the
 * total by its parts. The total may be less than the sum, as in the official example, where each part is as large as the total.
 *
 * @throws {Rejection} `MEDICAL_REFUND`
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4016781561
 */
export function requireSoundRefund({ fields }: MedicalOrder, refund: MedicalRefund): void {
  const { out_trade_no } = fields
  for (const [part, paid] of REFUND_PARTS)
    if (refund[part] > (fields[paid] ?? 0)) throw new Rejection('MEDICAL_REFUND', `${out_trade_no}: ${part}`)
  const sum = REFUND_PARTS.reduce((total, [part]) => total + refund[part], 0)
  if (refund.med_refund_total_fee > sum) throw new Rejection('MEDICAL_REFUND', `${out_trade_no}: med_refund_total_fee`)
}
