/** Kind of applyment, by the product it is for. */
export type ApplymentKind =
  /** 特约商户进件. */
  | 'applyment4sub'
  /** 电商二级商户进件 (平台收付通). */
  | 'ecommerce'
  /** 电商二级商户进件, where the platform signs on behalf of the merchant (平台代理签约). */
  | 'account-hosting'
  /** 商户开户意愿确认. */
  | 'apply4subject'

/** States of an applyment (申请单), by kind. */
export interface ApplymentStates {
  applyment4sub: SubjectState
  ecommerce: EcommerceState
  'account-hosting': EcommerceState
  apply4subject: SubjectState
}
/** States of both `applyment4sub` and `apply4subject`, which the API definitions do not separate. */
type SubjectState =
  | ('APPLYMENT_STATE_EDITTING' | 'APPLYMENT_STATE_AUDITING' | 'APPLYMENT_STATE_WAITTING_FOR_AUDIT')
  | ('APPLYMENT_STATE_TO_BE_CONFIRMED' | 'APPLYMENT_STATE_TO_BE_SIGNED' | 'APPLYMENT_STATE_SIGNING')
  | ('APPLYMENT_STATE_WAITTING_FOR_CONFIRM_CONTACT' | 'APPLYMENT_STATE_WAITTING_FOR_CONFIRM_LEGALPERSON')
  | ('APPLYMENT_STATE_FINISHED' | 'APPLYMENT_STATE_PASSED' | 'APPLYMENT_STATE_REJECTED')
  | ('APPLYMENT_STATE_FREEZED' | 'APPLYMENT_STATE_CANCELED')
type EcommerceState =
  | ('CHECKING' | 'ACCOUNT_NEED_VERIFY' | 'AUDITING' | 'REJECTED')
  | ('NEED_SIGN' | 'FINISH' | 'FROZEN' | 'CANCELED')

/** The action that a state requires of the merchant or the applicant. */
export type ApplymentAction =
  /** The merchant's super administrator (超级管理员) confirms the contact with `qrcode_data`. */
  | 'confirm-contact'
  /**
   * The merchant verifies its bank account with `sign_url`, `legal_validation_url`, or a transfer
   * (`account_validation`).
   */
  | 'verify-account'
  /** The merchant signs at `sign_url`. */
  | 'sign'
  /**
   * The applicant corrects what was rejected (`audit_detail`, `reject_reason`) and submits it again under the same
   * number.
   */
  | 'resubmit'
  /**
   * The applicant cancels it and submits a corrected one under a new number (see `replaceApplyment`). 商户开户意愿确认 only.
   */
  | 'replace'
  /** The applicant revokes it, because it cannot continue. */
  | 'revoke'

/** The meaning of a state for the process. */
export interface ApplymentStage<State extends string = string> {
  /** The party that must act; undefined for final and unknown states. */
  by?: 'wechatpay' | 'merchant' | 'applicant'
  /** The action of the merchant or the applicant. */
  action?: ApplymentAction
  /** Final result of the applyment. */
  outcome?: 'done' | 'canceled'
  /** Whether the state is final; false for unknown states. */
  final: boolean
  /** The states that may follow, not counting a revocation. */
  next: readonly State[]
}

type Stages<State extends string> = Readonly<Record<State, ApplymentStage<State>>>
const stage = <State extends string>(by: NonNullable<ApplymentStage['by']>, next: State[], action?: ApplymentAction) =>
  ({ by, next, final: false, ...(action && { action }) }) satisfies ApplymentStage<State>
const endedAs = (outcome: NonNullable<ApplymentStage['outcome']>) =>
  ({ outcome, final: true, next: [] }) satisfies ApplymentStage<never>

const ECOMMERCE: Stages<EcommerceState> = {
  CHECKING: stage('wechatpay', ['ACCOUNT_NEED_VERIFY', 'AUDITING', 'REJECTED']),
  ACCOUNT_NEED_VERIFY: stage('merchant', ['AUDITING', 'REJECTED'], 'verify-account'),
  AUDITING: stage('wechatpay', ['NEED_SIGN', 'REJECTED', 'FROZEN']),
  REJECTED: stage('applicant', ['CHECKING'], 'resubmit'),
  NEED_SIGN: stage('merchant', ['FINISH'], 'sign'),
  FROZEN: stage('applicant', ['CANCELED'], 'revoke'),
  FINISH: endedAs('done'),
  CANCELED: endedAs('canceled'),
}

/**
 * Creates the stages of `applyment4sub` and `apply4subject`.
 *
 * @param audit the state in which a submission waits for its audit
 * @param rejected the stage after a rejection
 */
const subjectStages = (audit: SubjectState, rejected: ApplymentStage<SubjectState>): Stages<SubjectState> => ({
  APPLYMENT_STATE_EDITTING: stage('applicant', [audit], 'resubmit'),
  APPLYMENT_STATE_REJECTED: rejected,
  // 特约商户进件
  APPLYMENT_STATE_AUDITING: stage('wechatpay', [
    'APPLYMENT_STATE_TO_BE_CONFIRMED',
    'APPLYMENT_STATE_TO_BE_SIGNED',
    'APPLYMENT_STATE_REJECTED',
  ]),
  APPLYMENT_STATE_TO_BE_CONFIRMED: stage('merchant', ['APPLYMENT_STATE_TO_BE_SIGNED'], 'verify-account'),
  APPLYMENT_STATE_TO_BE_SIGNED: stage('merchant', ['APPLYMENT_STATE_SIGNING', 'APPLYMENT_STATE_FINISHED'], 'sign'),
  APPLYMENT_STATE_SIGNING: stage('wechatpay', ['APPLYMENT_STATE_FINISHED']),
  APPLYMENT_STATE_FINISHED: endedAs('done'),
  // 商户开户意愿确认
  APPLYMENT_STATE_WAITTING_FOR_AUDIT: stage('wechatpay', [
    'APPLYMENT_STATE_WAITTING_FOR_CONFIRM_CONTACT',
    'APPLYMENT_STATE_WAITTING_FOR_CONFIRM_LEGALPERSON',
    'APPLYMENT_STATE_REJECTED',
    'APPLYMENT_STATE_FREEZED',
  ]),
  APPLYMENT_STATE_WAITTING_FOR_CONFIRM_CONTACT: stage(
    'merchant',
    ['APPLYMENT_STATE_WAITTING_FOR_CONFIRM_LEGALPERSON', 'APPLYMENT_STATE_PASSED'],
    'confirm-contact',
  ),
  APPLYMENT_STATE_WAITTING_FOR_CONFIRM_LEGALPERSON: stage('merchant', ['APPLYMENT_STATE_PASSED'], 'verify-account'),
  // The subject may have been confirmed before; `reject_reason` says who must confirm.
  APPLYMENT_STATE_FREEZED: stage('merchant', ['APPLYMENT_STATE_PASSED'], 'confirm-contact'),
  APPLYMENT_STATE_PASSED: endedAs('done'),
  APPLYMENT_STATE_CANCELED: endedAs('canceled'),
})

const STAGES: { readonly [Kind in ApplymentKind]: Stages<ApplymentStates[Kind]> } = {
  applyment4sub: subjectStages(
    'APPLYMENT_STATE_AUDITING',
    stage('applicant', ['APPLYMENT_STATE_AUDITING'], 'resubmit'),
  ),
  ecommerce: ECOMMERCE,
  'account-hosting': ECOMMERCE,
  // Numbers cannot be reused here, so a correction is a new applyment, after this one has been canceled.
  apply4subject: subjectStages(
    'APPLYMENT_STATE_WAITTING_FOR_AUDIT',
    stage('applicant', ['APPLYMENT_STATE_CANCELED'], 'replace'),
  ),
}

/**
 * Returns the meaning of an applyment's state: who must act, which states may follow, whether it is final.
 *
 * @param kind the kind of applyment
 * @param state `applyment_state`; unknown states count as not final, with nobody required to act
 * @see https://pay.weixin.qq.com/doc/v3/partner/4012697168
 * @example
 * ```ts
 * stageOf('ecommerce', 'NEED_SIGN') // { by: 'merchant', action: 'sign', final: false, next: ['FINISH'] }
 * ```
 */
export function stageOf<Kind extends ApplymentKind>(kind: Kind, state: string): ApplymentStage<ApplymentStates[Kind]> {
  const stages = STAGES[kind] as Readonly<Record<string, ApplymentStage<ApplymentStates[Kind]>>>
  return Object.hasOwn(stages, state) ? stages[state]! : { final: false, next: [] }
}
