import type { StateMachine } from '../state-machine.ts'

/** State of the whole order (医保自费混合订单支付状态). */
export type MixPayStatus = 'MIX_PAY_CREATED' | 'MIX_PAY_SUCCESS' | 'MIX_PAY_REFUND' | 'MIX_PAY_FAIL'

/**
 * States of an order by medical insurance: both parts are paid, and both are refunded.
 *
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4016781479
 */
export const MIX_PAY_STATES: StateMachine<MixPayStatus, 'pay' | 'fail' | 'refund'> = {
  initial: ['MIX_PAY_CREATED'],
  transitions: [
    { from: 'MIX_PAY_CREATED', event: 'pay', to: 'MIX_PAY_SUCCESS' },
    { from: 'MIX_PAY_CREATED', event: 'fail', to: 'MIX_PAY_FAIL' },
    { from: 'MIX_PAY_SUCCESS', event: 'refund', to: 'MIX_PAY_REFUND' },
  ],
}

/** State of one of the two parts, without the prefix that WeChat Pay puts before it. */
export type PartStatus = 'NONE' | 'CREATED' | 'SUCCESS' | 'REFUND' | 'FAIL'

/** States of a part: what the user pays (自费部分), or what the insurance pays (医保部分). */
export const PART_STATES: StateMachine<PartStatus, 'pay' | 'fail' | 'refund'> = {
  initial: ['NONE', 'CREATED'],
  transitions: [
    { from: 'CREATED', event: 'pay', to: 'SUCCESS' },
    { from: 'CREATED', event: 'fail', to: 'FAIL' },
    { from: 'SUCCESS', event: 'refund', to: 'REFUND' },
  ],
}

export type MixPayType = 'CASH_ONLY' | 'INSURANCE_ONLY' | 'CASH_AND_INSURANCE'

/** Fields that WeChat Pay repeats in responses, with its names; amounts are in fen. Names of persons are not kept. */
export interface MedicalOrderFields {
  readonly mix_pay_type: MixPayType
  readonly out_trade_no: string
  readonly sub_mchid?: string | undefined
  readonly total_fee: number
  readonly med_ins_gov_fee?: number | undefined
  readonly med_ins_self_fee?: number | undefined
  readonly med_ins_other_fee?: number | undefined
  readonly med_ins_cash_fee?: number | undefined
  readonly wechat_pay_cash_fee?: number | undefined
  readonly cash_add_detail?: readonly { readonly cash_add_fee: number }[] | undefined
  readonly cash_reduce_detail?: readonly { readonly cash_reduce_fee: number }[] | undefined
  readonly pay_order_id?: string | undefined
  readonly pay_auth_no?: string | undefined
  readonly geo_location?: string | undefined
  readonly med_ins_order_create_time?: string | undefined
  readonly prepay_id?: string | undefined
  readonly callback_url: string
  readonly [field: string]: unknown
}

/** A refund by the insurance as the merchant tells of it (医保退款通知), with WeChat Pay's names; amounts are in fen. */
export interface MedicalRefund {
  readonly med_refund_total_fee: number
  readonly med_refund_gov_fee: number
  readonly med_refund_self_fee: number
  readonly med_refund_other_fee: number
  readonly [field: string]: unknown
}

export interface MedicalOrder {
  readonly fields: MedicalOrderFields
  readonly mix_trade_no: string
  readonly mix_pay_status: MixPayStatus
  /** State of the part that the user pays. */
  readonly selfPay: PartStatus
  /** State of the part that the insurance pays. */
  readonly insurance: PartStatus
  /** Of the fields of the request. */
  readonly fingerprint: string
  /** Key of the order that the user pays, if there is one. */
  readonly cashOrder?: string | undefined
  /** ms */
  readonly paidAt?: number
  /** The refund of the insurance that the merchant has told of last (医保退款通知), with WeChat Pay's names. */
  readonly refund?: MedicalRefund
}

/** An order by medical insurance is paid (医保混合收款成功). */
export interface MedicalOrderPaid {
  readonly type: 'medical-order-paid'
  readonly order: MedicalOrder
}

/** Returns the key of an order: its number is unique per merchant. */
export const medicalOrderKey = ({
  sub_mchid = '',
  out_trade_no,
}: Pick<MedicalOrderFields, 'sub_mchid' | 'out_trade_no'>): string => `${sub_mchid}/${out_trade_no}`
