/** Product that an applyment is for: 特约商户进件, or 二级商户进件 of an e-commerce platform. */
export type SubApplymentKind = 'applyment4sub' | 'ecommerce'

export type SubApplymentState =
  | 'APPLYMENT_STATE_EDITTING'
  | 'APPLYMENT_STATE_AUDITING'
  | 'APPLYMENT_STATE_REJECTED'
  | 'APPLYMENT_STATE_TO_BE_CONFIRMED'
  | 'APPLYMENT_STATE_TO_BE_SIGNED'
  | 'APPLYMENT_STATE_SIGNING'
  | 'APPLYMENT_STATE_FINISHED'
  | 'APPLYMENT_STATE_CANCELED'
export type EcommerceApplymentState =
  | 'CHECKING'
  | 'ACCOUNT_NEED_VERIFY'
  | 'AUDITING'
  | 'REJECTED'
  | 'NEED_SIGN'
  | 'FINISH'
  | 'FROZEN'
  | 'CANCELED'
export type AnyApplymentState = SubApplymentState | EcommerceApplymentState

/** A stage of the process: its name, and the states that a review can lead to. */
interface Stage {
  readonly title: string
  readonly next: readonly AnyApplymentState[]
  /** Set where the applicant may submit it again under the same number. */
  readonly isCorrectable?: true
  /** Set once the sub-merchant has its number. */
  readonly hasMerchant?: true
}

/** The process of both products, as documented. */
export const APPLYMENT_STAGES: Readonly<Record<AnyApplymentState, Stage>> = {
  APPLYMENT_STATE_EDITTING: { title: '编辑中', next: [], isCorrectable: true },
  APPLYMENT_STATE_AUDITING: {
    title: '审核中',
    next: [
      'APPLYMENT_STATE_TO_BE_CONFIRMED',
      'APPLYMENT_STATE_TO_BE_SIGNED',
      'APPLYMENT_STATE_REJECTED',
      'APPLYMENT_STATE_EDITTING',
      'APPLYMENT_STATE_CANCELED',
    ],
  },
  APPLYMENT_STATE_REJECTED: { title: '已驳回', next: ['APPLYMENT_STATE_CANCELED'], isCorrectable: true },
  APPLYMENT_STATE_TO_BE_CONFIRMED: {
    title: '待账户验证',
    next: ['APPLYMENT_STATE_TO_BE_SIGNED', 'APPLYMENT_STATE_REJECTED', 'APPLYMENT_STATE_CANCELED'],
  },
  APPLYMENT_STATE_TO_BE_SIGNED: {
    title: '待签约',
    next: ['APPLYMENT_STATE_SIGNING', 'APPLYMENT_STATE_FINISHED', 'APPLYMENT_STATE_CANCELED'],
    hasMerchant: true,
  },
  APPLYMENT_STATE_SIGNING: { title: '开通权限中', next: ['APPLYMENT_STATE_FINISHED'], hasMerchant: true },
  APPLYMENT_STATE_FINISHED: { title: '已完成', next: [], hasMerchant: true },
  APPLYMENT_STATE_CANCELED: { title: '已作废', next: [] },
  CHECKING: { title: '资料校验中', next: ['ACCOUNT_NEED_VERIFY', 'AUDITING', 'REJECTED', 'FROZEN'] },
  ACCOUNT_NEED_VERIFY: { title: '待账户验证', next: ['AUDITING', 'REJECTED', 'FROZEN'] },
  AUDITING: { title: '审核中', next: ['NEED_SIGN', 'REJECTED', 'FROZEN'] },
  REJECTED: { title: '已驳回', next: [], isCorrectable: true },
  NEED_SIGN: { title: '待签约', next: ['FINISH', 'FROZEN'], hasMerchant: true },
  FINISH: { title: '完成', next: [], hasMerchant: true },
  FROZEN: { title: '已冻结', next: [] },
  CANCELED: { title: '已作废', next: [] },
}

/** States that name the fields which were rejected. */
export const REJECTING_STATES: ReadonlySet<AnyApplymentState> = new Set([
  'APPLYMENT_STATE_REJECTED',
  'REJECTED',
  'FROZEN',
])

/** State of an applyment that has been submitted. */
export const SUBMITTED: Readonly<Record<SubApplymentKind, AnyApplymentState>> = {
  applyment4sub: 'APPLYMENT_STATE_AUDITING',
  ecommerce: 'CHECKING',
}

/** Why a field was rejected (驳回原因). */
export interface RejectedField {
  /** Name of the field in the submission, `id_card_copy`. */
  readonly field: string
  /** 字段名称. Default: the name. */
  readonly field_name?: string | undefined
  readonly reject_reason: string
}

/** A settlement account (结算账户), with WeChat Pay's names. */
export interface SettlementAccount {
  readonly account_type: 'ACCOUNT_TYPE_BUSINESS' | 'ACCOUNT_TYPE_PRIVATE'
  readonly account_bank: string
  readonly bank_name?: string | undefined
  readonly bank_branch_id?: string | undefined
  readonly bank_address_code?: string | undefined
  /** The first six and the last four digits; the others are not kept. */
  readonly account_number: string
  /** The first character; the others are not kept. */
  readonly account_name: string
}

/** An applyment of a sub-merchant (申请单). */
export interface SubApplyment {
  readonly kind: SubApplymentKind
  /** Text, because it may exceed 2^53. */
  readonly applyment_id: string
  /** `business_code` or `out_request_no`, unique in its kind. */
  readonly number: string
  readonly state: AnyApplymentState
  /** Reasons of a rejection. */
  readonly rejected: readonly RejectedField[]
  /** Set once WeChat Pay has assigned it. */
  readonly sub_mchid?: string
  readonly account: SettlementAccount
  /** Time of the last change, ms. */
  readonly changedAt: number
}

/** Keeps of a number what {@link SettlementAccount.account_number} keeps. */
export const maskNumber = (number: string): string =>
  number.length > 10 ? `${number.slice(0, 6)}${'*'.repeat(number.length - 10)}${number.slice(-4)}` : number.slice(-4)

export const maskName = (name: string): string => `${name.slice(0, 1)}*`
