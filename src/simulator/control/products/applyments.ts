import type { Accounts } from '../../accounts/accounts.ts'
import type { SettlementChange } from '../../accounts/applyments/settlement-accounts.ts'
import {
  type AnyApplymentState,
  APPLYMENT_STAGES,
  type RejectedField,
  type SubApplyment,
} from '../../accounts/applyments/sub-applyment.ts'
import { Rejection } from '../../accounts/rejection.ts'
import { ParameterError } from '../../parameter-error.ts'
import { newest } from '../newest.ts'

/** Result of the review of an applyment, or of what its merchant does. */
export interface SubApplymentReview {
  readonly applyment_state: AnyApplymentState
  /** The rejected fields, for a rejection. */
  readonly audit_detail?: readonly RejectedField[] | undefined
}

/** Reviews the applyments of sub-merchants (特约商户进件, 二级商户进件). */
export interface SubApplymentControl {
  /**
   * Moves an applyment on: reviews it, or verifies the account and signs as its merchant.
   *
   * @param number `business_code` or `out_request_no`
   * @throws {Rejection} there is no such applyment, or its state does not allow this
   * @example
   * ```ts
   * simulator.reviewApplyment('1900013511_1', { applyment_state: 'APPLYMENT_STATE_TO_BE_SIGNED' })
   * const { sub_mchid } = simulator.reviewApplyment('1900013511_1', { applyment_state: 'APPLYMENT_STATE_FINISHED' })
   * ```
   */
  reviewApplyment(number: string, review: SubApplymentReview): SubApplyment
  /** Returns the applyment with a number. */
  subApplyment(number: string): SubApplyment | undefined
  /**
   * Returns the applyments that were submitted last, the newest first.
   *
   * @param max default 100
   */
  subApplyments(max?: number): SubApplyment[]
  /**
   * Audits a change of a settlement account (修改结算账户).
   *
   * @param fail_reason reason of a failure; absent for a success
   * @throws {Rejection} there is no such change, or it has been audited
   */
  decideSettlement(application_no: string, fail_reason?: string): SettlementChange
  /** Returns the changes of settlement accounts that were submitted or audited last, like {@link SubApplymentControl.subApplyments}. */
  settlementChanges(max?: number): SettlementChange[]
}

export function createSubApplymentControl({
  subApplyments,
  settlementAccounts,
}: Pick<Accounts, 'subApplyments' | 'settlementAccounts'>): SubApplymentControl {
  const find = (number: string): SubApplyment | undefined =>
    subApplyments.find('applyment4sub', number) ?? subApplyments.find('ecommerce', number)
  return {
    reviewApplyment(number, { applyment_state, audit_detail }) {
      if (!Object.hasOwn(APPLYMENT_STAGES, applyment_state))
        throw new ParameterError(
          `${applyment_state} is no state of an applyment; pass one of ${Object.keys(APPLYMENT_STAGES).join(', ')}.`,
        )
      const applyment = find(number)
      if (!applyment) throw new Rejection('SUB_APPLYMENT_UNKNOWN', number)
      return subApplyments.review(applyment, applyment_state, audit_detail)
    },
    subApplyment: find,
    subApplyments: max => newest(subApplyments.all(), max),
    decideSettlement: (application_no, fail_reason) => settlementAccounts.decide(application_no, fail_reason),
    settlementChanges: max => newest(settlementAccounts.all(), max),
  }
}
