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

/** What is to be done in a state, and by whom. */
export type ApplymentAction =
  /** The merchant's super administrator (超级管理员) confirms the contact: by `qrcode_data`. */
  | 'confirm-contact'
  /** The merchant verifies his bank account: by `sign_url`, `legal_validation_url`, or a transfer (`account_validation`). */
  | 'verify-account'
  /** The merchant signs: by `sign_url`. */
  | 'sign'
  /** Whoever submitted mends what was rejected (`audit_detail`, `reject_reason`) and submits it again with the same number. */
  | 'resubmit'
  /** It goes no further: whoever submitted revokes it. */
  | 'revoke'

/** What a state means. */
export interface ApplymentStage<State extends string = string> {
  /** Who has to act; undefined when nobody has any more, and when the state is not known. */
  by?: 'wechatpay' | 'merchant' | 'applicant'
  /** What the merchant, or who submitted, has to do. */
  action?: ApplymentAction
  /** How it ended. */
  outcome?: 'done' | 'canceled'
  /** Nothing comes after it. Of a state that is not known: false. */
  final: boolean
  /** What comes next, apart from being revoked. */
  next: readonly State[]
}

type Stages<State extends string> = Readonly<Record<State, ApplymentStage<State>>>
const by = <State extends string>(by: NonNullable<ApplymentStage['by']>, next: State[], action?: ApplymentAction) =>
  ({ by, next, final: false, ...(action && { action }) }) satisfies ApplymentStage<State>
const ended = (outcome: NonNullable<ApplymentStage['outcome']>) =>
  ({ outcome, final: true, next: [] }) satisfies ApplymentStage<never>

const ECOMMERCE: Stages<EcommerceState> = {
  CHECKING: by('wechatpay', ['ACCOUNT_NEED_VERIFY', 'AUDITING', 'REJECTED']),
  ACCOUNT_NEED_VERIFY: by('merchant', ['AUDITING', 'REJECTED'], 'verify-account'),
  AUDITING: by('wechatpay', ['NEED_SIGN', 'REJECTED', 'FROZEN']),
  REJECTED: by('applicant', ['CHECKING'], 'resubmit'),
  NEED_SIGN: by('merchant', ['FINISH'], 'sign'),
  FROZEN: by('applicant', ['CANCELED'], 'revoke'),
  FINISH: ended('done'),
  CANCELED: ended('canceled'),
}

/** @param audit the state of a submission that waits for its audit */
const subjectStages = (audit: SubjectState): Stages<SubjectState> => ({
  APPLYMENT_STATE_EDITTING: by('applicant', [audit], 'resubmit'),
  APPLYMENT_STATE_REJECTED: by('applicant', [audit], 'resubmit'),
  // 特约商户进件
  APPLYMENT_STATE_AUDITING: by('wechatpay', [
    'APPLYMENT_STATE_TO_BE_CONFIRMED',
    'APPLYMENT_STATE_TO_BE_SIGNED',
    'APPLYMENT_STATE_REJECTED',
  ]),
  APPLYMENT_STATE_TO_BE_CONFIRMED: by('merchant', ['APPLYMENT_STATE_TO_BE_SIGNED'], 'verify-account'),
  APPLYMENT_STATE_TO_BE_SIGNED: by('merchant', ['APPLYMENT_STATE_SIGNING', 'APPLYMENT_STATE_FINISHED'], 'sign'),
  APPLYMENT_STATE_SIGNING: by('wechatpay', ['APPLYMENT_STATE_FINISHED']),
  APPLYMENT_STATE_FINISHED: ended('done'),
  // 商户开户意愿确认
  APPLYMENT_STATE_WAITTING_FOR_AUDIT: by('wechatpay', [
    'APPLYMENT_STATE_WAITTING_FOR_CONFIRM_CONTACT',
    'APPLYMENT_STATE_WAITTING_FOR_CONFIRM_LEGALPERSON',
    'APPLYMENT_STATE_REJECTED',
    'APPLYMENT_STATE_FREEZED',
  ]),
  APPLYMENT_STATE_WAITTING_FOR_CONFIRM_CONTACT: by(
    'merchant',
    ['APPLYMENT_STATE_WAITTING_FOR_CONFIRM_LEGALPERSON', 'APPLYMENT_STATE_PASSED'],
    'confirm-contact',
  ),
  APPLYMENT_STATE_WAITTING_FOR_CONFIRM_LEGALPERSON: by('merchant', ['APPLYMENT_STATE_PASSED'], 'verify-account'),
  // The same subject may have been here before: `reject_reason` names who has to confirm.
  APPLYMENT_STATE_FREEZED: by('merchant', ['APPLYMENT_STATE_PASSED'], 'confirm-contact'),
  APPLYMENT_STATE_PASSED: ended('done'),
  APPLYMENT_STATE_CANCELED: ended('canceled'),
})

const STAGES: { readonly [Kind in ApplymentKind]: Stages<ApplymentStates[Kind]> } = {
  applyment4sub: subjectStages('APPLYMENT_STATE_AUDITING'),
  ecommerce: ECOMMERCE,
  'account-hosting': ECOMMERCE,
  apply4subject: subjectStages('APPLYMENT_STATE_WAITTING_FOR_AUDIT'),
}

/**
 * What a state of an applyment means: who has to act, what comes next, whether it is the end.
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
