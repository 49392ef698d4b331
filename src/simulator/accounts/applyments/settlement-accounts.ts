import type { AccountsContext } from '../context.ts'
import { newDigits } from '../numbers.ts'
import { Rejection } from '../rejection.ts'
import { type StateMachine, stateAfter } from '../state-machine.ts'
import type { SettlementAccount } from './sub-applyment.ts'
import type { SubApplyments } from './sub-applyments.ts'

/** State of a change (审核状态). */
export type SettlementResult = 'AUDITING' | 'AUDIT_SUCCESS' | 'AUDIT_FAIL'

/** States of a change of a settlement account: WeChat Pay audits it. */
export const SETTLEMENT_STATES: StateMachine<SettlementResult, 'pass' | 'fail'> = {
  initial: ['AUDITING'],
  transitions: [
    { from: 'AUDITING', event: 'pass', to: 'AUDIT_SUCCESS' },
    { from: 'AUDITING', event: 'fail', to: 'AUDIT_FAIL' },
  ],
}

/** A change of the settlement account of a sub-merchant (修改结算账户申请单). */
export interface SettlementChange {
  readonly application_no: string
  readonly sub_mchid: string
  readonly account: SettlementAccount
  readonly result: SettlementResult
  readonly fail_reason?: string | undefined
  /** ms */
  readonly decidedAt?: number
}

/** Settlement accounts of sub-merchants: that of the applyment, until a change of it has been audited. */
export interface SettlementAccounts {
  /** Returns the account; one of the simulator's own for a merchant whose applyment it does not know. */
  account(sub_mchid: string): SettlementAccount
  /** @throws {Rejection} `SETTLEMENT_CHANGING` */
  change(sub_mchid: string, account: SettlementAccount): SettlementChange
  find(application_no: string): SettlementChange | undefined
  /** @throws {Rejection} `SETTLEMENT_UNKNOWN` */
  require(sub_mchid: string, application_no: string): SettlementChange
  /**
   * Gives a change the result of its audit.
   *
   * @param fail_reason set if it failed
   * @throws {Rejection} `SETTLEMENT_UNKNOWN`, `SETTLEMENT_DECIDED`
   */
  decide(application_no: string, fail_reason: string | undefined): SettlementChange
  all(): Iterable<SettlementChange>
}

const USUAL: SettlementAccount = {
  account_type: 'ACCOUNT_TYPE_BUSINESS',
  account_bank: '工商银行',
  bank_address_code: '110000',
  account_number: '622202*********0078',
  account_name: '某*',
}

export function createSettlementAccounts(context: AccountsContext, applyments: SubApplyments): SettlementAccounts {
  const { state, now } = context
  const changes = state.map<SettlementChange>('settlement-changes')
  const latest = (sub_mchid: string, result: SettlementChange['result']): SettlementChange | undefined =>
    [...changes.values()].reverse().find(change => change.sub_mchid === sub_mchid && change.result === result)
  return {
    account: sub_mchid =>
      latest(sub_mchid, 'AUDIT_SUCCESS')?.account ?? applyments.findByMerchant(sub_mchid)?.account ?? USUAL,
    change(sub_mchid, account) {
      const open = latest(sub_mchid, 'AUDITING')
      if (open) throw new Rejection('SETTLEMENT_CHANGING', open.application_no)
      const application_no = newDigits(17, context, number => changes.has(number))
      const change: SettlementChange = { application_no, sub_mchid, account, result: 'AUDITING' }
      changes.set(application_no, change)
      return change
    },
    find: application_no => changes.get(application_no),
    require(sub_mchid, application_no) {
      const change = changes.get(application_no)
      if (change?.sub_mchid !== sub_mchid) throw new Rejection('SETTLEMENT_UNKNOWN', application_no)
      return change
    },
    decide(application_no, fail_reason) {
      const change = changes.get(application_no)
      if (!change) throw new Rejection('SETTLEMENT_UNKNOWN', application_no)
      const result = stateAfter(SETTLEMENT_STATES, change.result, fail_reason === undefined ? 'pass' : 'fail')
      if (!result) throw new Rejection('SETTLEMENT_DECIDED', application_no)
      // A change that succeeded becomes the newest, because the newest is the account.
      changes.delete(application_no)
      const decided: SettlementChange = { ...change, result, fail_reason, decidedAt: now() }
      changes.set(application_no, decided)
      return decided
    },
    all: () => changes.values(),
  }
}
