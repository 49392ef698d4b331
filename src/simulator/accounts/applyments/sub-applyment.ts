import type { StateMachine } from '../state-machine.ts'

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

/**
 * Events of an applyment: the merchant submits it; WeChat Pay has its account verified, passes, rejects, returns or freezes it; the merchant
 * verifies the account and signs; WeChat Pay opens the permissions. The merchant or WeChat Pay cancels it.
 */
export type ApplymentChange =
  | 'submit'
  | 'check-account'
  | 'check'
  | 'verify'
  | 'pass'
  | 'return'
  | 'reject'
  | 'freeze'
  | 'sign'
  | 'finish'
  | 'cancel'
  | 'revoke'

/**
 * States of an applyment of a sub-merchant (特约商户进件).
 *
 * @see https://pay.weixin.qq.com/doc/v3/partner/4012697052
 */
const APPLYMENT4SUB_STATES: StateMachine<SubApplymentState, ApplymentChange> = {
  initial: ['APPLYMENT_STATE_AUDITING'],
  transitions: [
    { from: 'APPLYMENT_STATE_AUDITING', event: 'check-account', to: 'APPLYMENT_STATE_TO_BE_CONFIRMED' },
    { from: 'APPLYMENT_STATE_AUDITING', event: 'pass', to: 'APPLYMENT_STATE_TO_BE_SIGNED' },
    { from: 'APPLYMENT_STATE_AUDITING', event: 'reject', to: 'APPLYMENT_STATE_REJECTED' },
    { from: 'APPLYMENT_STATE_AUDITING', event: 'return', to: 'APPLYMENT_STATE_EDITTING' },
    { from: 'APPLYMENT_STATE_AUDITING', event: 'cancel', to: 'APPLYMENT_STATE_CANCELED' },
    { from: 'APPLYMENT_STATE_TO_BE_CONFIRMED', event: 'verify', to: 'APPLYMENT_STATE_TO_BE_SIGNED' },
    { from: 'APPLYMENT_STATE_TO_BE_CONFIRMED', event: 'reject', to: 'APPLYMENT_STATE_REJECTED' },
    { from: 'APPLYMENT_STATE_TO_BE_CONFIRMED', event: 'cancel', to: 'APPLYMENT_STATE_CANCELED' },
    { from: 'APPLYMENT_STATE_TO_BE_SIGNED', event: 'sign', to: 'APPLYMENT_STATE_SIGNING' },
    { from: 'APPLYMENT_STATE_TO_BE_SIGNED', event: 'finish', to: 'APPLYMENT_STATE_FINISHED' },
    { from: 'APPLYMENT_STATE_TO_BE_SIGNED', event: 'cancel', to: 'APPLYMENT_STATE_CANCELED' },
    { from: 'APPLYMENT_STATE_SIGNING', event: 'finish', to: 'APPLYMENT_STATE_FINISHED' },
    { from: 'APPLYMENT_STATE_REJECTED', event: 'submit', to: 'APPLYMENT_STATE_AUDITING' },
    { from: 'APPLYMENT_STATE_REJECTED', event: 'cancel', to: 'APPLYMENT_STATE_CANCELED' },
    { from: 'APPLYMENT_STATE_EDITTING', event: 'submit', to: 'APPLYMENT_STATE_AUDITING' },
  ],
}

/**
 * States of an applyment of an e-commerce platform (二级商户进件). The platform revokes one that has not finished.
 *
 * @see https://pay.weixin.qq.com/doc/v3/partner/4012691469
 */
const ECOMMERCE_APPLYMENT_STATES: StateMachine<EcommerceApplymentState, ApplymentChange> = {
  initial: ['CHECKING'],
  transitions: [
    { from: 'CHECKING', event: 'check-account', to: 'ACCOUNT_NEED_VERIFY' },
    { from: 'CHECKING', event: 'check', to: 'AUDITING' },
    { from: 'CHECKING', event: 'reject', to: 'REJECTED' },
    { from: 'CHECKING', event: 'freeze', to: 'FROZEN' },
    { from: 'CHECKING', event: 'revoke', to: 'CANCELED' },
    { from: 'ACCOUNT_NEED_VERIFY', event: 'verify', to: 'AUDITING' },
    { from: 'ACCOUNT_NEED_VERIFY', event: 'reject', to: 'REJECTED' },
    { from: 'ACCOUNT_NEED_VERIFY', event: 'freeze', to: 'FROZEN' },
    { from: 'ACCOUNT_NEED_VERIFY', event: 'revoke', to: 'CANCELED' },
    { from: 'AUDITING', event: 'pass', to: 'NEED_SIGN' },
    { from: 'AUDITING', event: 'reject', to: 'REJECTED' },
    { from: 'AUDITING', event: 'freeze', to: 'FROZEN' },
    { from: 'AUDITING', event: 'revoke', to: 'CANCELED' },
    { from: 'NEED_SIGN', event: 'sign', to: 'FINISH' },
    { from: 'NEED_SIGN', event: 'freeze', to: 'FROZEN' },
    { from: 'NEED_SIGN', event: 'revoke', to: 'CANCELED' },
    { from: 'REJECTED', event: 'submit', to: 'CHECKING' },
    { from: 'REJECTED', event: 'revoke', to: 'CANCELED' },
    { from: 'FROZEN', event: 'revoke', to: 'CANCELED' },
  ],
}

/** The states of both products. */
export const SUB_APPLYMENT_STATES: Readonly<
  Record<SubApplymentKind, StateMachine<AnyApplymentState, ApplymentChange>>
> = {
  applyment4sub: APPLYMENT4SUB_STATES,
  ecommerce: ECOMMERCE_APPLYMENT_STATES,
}

/** Events that are calls of the merchant. */
const CALLS: ReadonlySet<ApplymentChange> = new Set(['submit', 'revoke'])

/** Returns the states that a review, or what the merchant does besides calls, leads to. */
export const reviewsOf = ({ kind, state }: Pick<SubApplyment, 'kind' | 'state'>): AnyApplymentState[] =>
  SUB_APPLYMENT_STATES[kind].transitions
    .filter(({ from, event }) => from === state && !CALLS.has(event))
    .map(({ to }) => to)

/** How responses describe a state. */
interface Stage {
  readonly title: string
  /** Set once the sub-merchant has its number. */
  readonly hasMerchant?: true
}

/** The states of both products, as documented. */
export const APPLYMENT_STAGES: Readonly<Record<AnyApplymentState, Stage>> = {
  APPLYMENT_STATE_EDITTING: { title: '编辑中' },
  APPLYMENT_STATE_AUDITING: { title: '审核中' },
  APPLYMENT_STATE_REJECTED: { title: '已驳回' },
  APPLYMENT_STATE_TO_BE_CONFIRMED: { title: '待账户验证' },
  APPLYMENT_STATE_TO_BE_SIGNED: { title: '待签约', hasMerchant: true },
  APPLYMENT_STATE_SIGNING: { title: '开通权限中', hasMerchant: true },
  APPLYMENT_STATE_FINISHED: { title: '已完成', hasMerchant: true },
  APPLYMENT_STATE_CANCELED: { title: '已作废' },
  CHECKING: { title: '资料校验中' },
  ACCOUNT_NEED_VERIFY: { title: '待账户验证' },
  AUDITING: { title: '审核中' },
  REJECTED: { title: '已驳回' },
  NEED_SIGN: { title: '待签约', hasMerchant: true },
  FINISH: { title: '完成', hasMerchant: true },
  FROZEN: { title: '已冻结' },
  CANCELED: { title: '已作废' },
}

/** States that name the fields which were rejected. */
export const REJECTING_STATES: ReadonlySet<AnyApplymentState> = new Set([
  'APPLYMENT_STATE_REJECTED',
  'REJECTED',
  'FROZEN',
])

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
