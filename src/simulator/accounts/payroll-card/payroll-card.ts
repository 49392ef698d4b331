import type { StateMachine } from '../state-machine.ts'

/** State of a user's authorization of a merchant (授权状态). */
export type RelationState = 'UNAUTHORIZED' | 'AUTHORIZED' | 'DEAUTHORIZED'

/**
 * States of an authorization of the payroll card: a user gives it, and takes it back.
 *
 * @see https://pay.weixin.qq.com/doc/v3/partner/4012461728
 */
export const PAYROLL_RELATION_STATES: StateMachine<RelationState, 'authorize' | 'deauthorize'> = {
  initial: ['UNAUTHORIZED'],
  transitions: [
    { from: 'UNAUTHORIZED', event: 'authorize', to: 'AUTHORIZED' },
    { from: 'AUTHORIZED', event: 'deauthorize', to: 'DEAUTHORIZED' },
    { from: 'DEAUTHORIZED', event: 'authorize', to: 'AUTHORIZED' },
  ],
}

export type AuthenticationState = 'AUTHENTICATE_PROCESSING' | 'AUTHENTICATE_SUCCESS' | 'AUTHENTICATE_FAILED'

/**
 * States of an authentication (核身状态). It fails once its token is five minutes old.
 *
 * @see https://pay.weixin.qq.com/doc/v3/partner/4012156183
 */
export const AUTHENTICATION_STATES: StateMachine<AuthenticationState, 'succeed' | 'fail' | 'expire'> = {
  initial: ['AUTHENTICATE_PROCESSING'],
  transitions: [
    { from: 'AUTHENTICATE_PROCESSING', event: 'succeed', to: 'AUTHENTICATE_SUCCESS' },
    { from: 'AUTHENTICATE_PROCESSING', event: 'fail', to: 'AUTHENTICATE_FAILED' },
    { from: 'AUTHENTICATE_PROCESSING', event: 'expire', to: 'AUTHENTICATE_FAILED' },
  ],
}

/** A user's authorization of a merchant, with WeChat Pay's names. */
export interface PayrollRelation {
  readonly openid: string
  readonly mchid: string
  readonly sub_mchid: string
  readonly authorize_state: RelationState
  /** RFC 3339 */
  readonly authorize_time?: string
  /** RFC 3339 */
  readonly deauthorize_time?: string
}

/** Authentication of an employee (微工卡核身), with WeChat Pay's names. */
export interface PayrollAuthentication {
  readonly mchid: string
  readonly sub_mchid: string
  readonly openid: string
  readonly authenticate_scene: 'FROM_MINI_APP' | 'FROM_HARDWARE'
  readonly authenticate_source: string
  readonly project_name: string
  readonly employer_name: string
  readonly authenticate_state: AuthenticationState
  /** RFC 3339 */
  readonly authenticate_time: string
  readonly authenticate_number: string
  readonly authenticate_failed_reason?: string | undefined
  readonly authenticate_type?: string | undefined
}
