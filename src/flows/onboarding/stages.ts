/** A way to open a merchant's account. */
export type ApplymentKind =
  /** 特约商户进件. */
  | 'applyment4sub'
  /** 电商二级商户进件 (平台收付通). */
  | 'ecommerce'
  /** 电商二级商户进件, the platform signing for the merchant (平台代理签约). */
  | 'account-hosting'
  /** 商户开户意愿确认. */
  | 'apply4subject'

/** The states of an applyment (申请单), by its kind. */
export interface ApplymentStates {
  applyment4sub: SubjectState
  ecommerce: EcommerceState
  'account-hosting': EcommerceState
  apply4subject: SubjectState
}
/** Of both kinds in one: so the definitions have them. */
type SubjectState =
  | ('APPLYMENT_STATE_EDITTING' | 'APPLYMENT_STATE_AUDITING' | 'APPLYMENT_STATE_WAITTING_FOR_AUDIT')
  | ('APPLYMENT_STATE_TO_BE_CONFIRMED' | 'APPLYMENT_STATE_TO_BE_SIGNED' | 'APPLYMENT_STATE_SIGNING')
  | ('APPLYMENT_STATE_WAITTING_FOR_CONFIRM_CONTACT' | 'APPLYMENT_STATE_WAITTING_FOR_CONFIRM_LEGALPERSON')
  | ('APPLYMENT_STATE_FINISHED' | 'APPLYMENT_STATE_PASSED' | 'APPLYMENT_STATE_REJECTED')
  | ('APPLYMENT_STATE_FREEZED' | 'APPLYMENT_STATE_CANCELED')
type EcommerceState =
  | ('CHECKING' | 'ACCOUNT_NEED_VERIFY' | 'AUDITING' | 'REJECTED')
  | ('NEED_SIGN' | 'FINISH' | 'FROZEN' | 'CANCELED')

/** The action that a state requires, and of whom. */
export type ApplymentAction =
  /** The merchant's super administrator (超级管理员) confirms the contact: by `qrcode_data`. */
  | 'confirm-contact'
  /** The merchant verifies its bank account: by `sign_url`, `legal_validation_url`, or a transfer (`account_validation`). */
  | 'verify-account'
  /** The merchant signs: by `sign_url`. */
  | 'sign'
  /**
   * The submitter corrects what was rejected (`audit_detail`, `reject_reason`) and submits it again with the same number.
   */
  | 'resubmit'
  /** The submitter cancels it and submits a corrected one with a new number: see `replaceApplyment`. Of 商户开户意愿确认. */
  | 'replace'
  /** It goes no further: the submitter revokes it. */
  | 'revoke'

/** The meaning of a state. */
export interface ApplymentStage<State extends string = string> {
  /** The party that has to act; undefined when nobody has to any more, and when the state is not known. */
  by?: 'wechatpay' | 'merchant' | 'applicant'
  /** The action of the merchant or the submitter. */
  action?: ApplymentAction
  /** How it ended. */
  outcome?: 'done' | 'canceled'
  /** Whether it is the last state; false for one that is not known. */
  final: boolean
  /** The states that may follow, apart from those after a revocation. */
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
 * @param audit the state of a submission that waits for its audit
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
  // The same subject may have been here before: `reject_reason` names who has to confirm.
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
  // A number is never used twice here: a correction is another applyment, after this one is canceled.
  apply4subject: subjectStages(
    'APPLYMENT_STATE_WAITTING_FOR_AUDIT',
    stage('applicant', ['APPLYMENT_STATE_CANCELED'], 'replace'),
  ),
}

/**
 * Tells what a state of an applyment means: who has to act, which states may follow, whether it is the end.
 *
 * @param state one that is not known is not final, and nobody is known to have to act
 * @example
 * ```ts
 * stageOf('ecommerce', 'NEED_SIGN') // { by: 'merchant', action: 'sign', final: false, next: ['FINISH'] }
 * ```
 */
export function stageOf<Kind extends ApplymentKind>(kind: Kind, state: string): ApplymentStage<ApplymentStates[Kind]> {
  const stages = STAGES[kind] as Readonly<Record<string, ApplymentStage<ApplymentStates[Kind]>>>
  return Object.hasOwn(stages, state) ? stages[state]! : { final: false, next: [] }
}
