import { HOUR } from '../../../core/base/time.ts'
import type { AccountsContext } from '../context.ts'
import type { AccountType, FundFlow, Funds } from '../funds.ts'
import { newDigits } from '../numbers.ts'
import { createRecords } from '../records.ts'
import { Rejection } from '../rejection.ts'
import { eventBetween, type StateMachine, stateAfter } from '../state-machine.ts'

/** State of a withdrawal (提现单状态). */
export type WithdrawalStatus = 'CREATE_SUCCESS' | 'SUCCESS' | 'FAIL' | 'REFUND' | 'CLOSE'

/**
 * States of a withdrawal: the bank pays, or refuses, or returns what it has paid (提现退票).
 *
 * @see https://pay.weixin.qq.com/doc/v3/partner/4012476672
 */
export const WITHDRAWAL_STATES: StateMachine<WithdrawalStatus, 'succeed' | 'fail' | 'close' | 'bounce'> = {
  initial: ['CREATE_SUCCESS'],
  transitions: [
    { from: 'CREATE_SUCCESS', event: 'succeed', to: 'SUCCESS' },
    { from: 'CREATE_SUCCESS', event: 'fail', to: 'FAIL' },
    { from: 'CREATE_SUCCESS', event: 'close', to: 'CLOSE' },
    { from: 'SUCCESS', event: 'bounce', to: 'REFUND' },
  ],
}

export interface WithdrawalDraft {
  readonly out_request_no: string
  /** Merchant that withdraws: the platform, or a sub-merchant of it. */
  readonly mchid: string
  /** Set for a sub-merchant. */
  readonly sub_mchid?: string | undefined
  /** Platform that called. */
  readonly sp_mchid: string
  readonly account_type: AccountType
  readonly amount: number
  readonly remark?: string | undefined
  readonly bank_memo?: string | undefined
  readonly notify_url?: string | undefined
  readonly fingerprint: string
}

/** A withdrawal to the bank account of a merchant (提现). */
export interface Withdrawal extends WithdrawalDraft {
  readonly withdraw_id: string
  readonly status: WithdrawalStatus
  readonly reason?: string | undefined
  /** ms */
  readonly createdAt: number
  /** ms */
  readonly updatedAt: number
  /** Time at which the money came back to the account, ms. */
  readonly returnedAt?: number
}

export interface WithdrawalChanged {
  readonly type: 'withdrawal-changed'
  readonly withdrawal: Withdrawal
}

/** Withdrawals. The money leaves the account at once; it arrives two hours later, or comes back. */
export interface Withdrawals {
  /**
   * Accepts a withdrawal; repeats the first result for the same number with the same parameters.
   *
   * @throws {Rejection} `WITHDRAWAL_FUNDS`, `WITHDRAWAL_NUMBER_USED`
   */
  apply(draft: WithdrawalDraft): Withdrawal
  find(mchid: string, out_request_no: string): Withdrawal | undefined
  /** @throws {Rejection} `WITHDRAWAL_UNKNOWN` */
  require(mchid: string, out_request_no: string): Withdrawal
  requireById(mchid: string, withdraw_id: string): Withdrawal
  /**
   * Gives a withdrawal its result. `REFUND` (提现退票) is the bank's return of one that had succeeded.
   *
   * @throws {Rejection} `WITHDRAWAL_STATE`
   */
  settle(withdrawal: Withdrawal, status: Exclude<WithdrawalStatus, 'CREATE_SUCCESS'>, reason?: string): Withdrawal
  all(): Iterable<Withdrawal>
  flows(): Iterable<FundFlow>
}

const ARRIVAL_TIME = 2 * HOUR

export function createWithdrawals(context: AccountsContext<WithdrawalChanged>, funds: Funds): Withdrawals {
  const { state, scheduler, now, emit } = context
  const records = createRecords(state.map<Withdrawal>('withdrawals'), {
    keyOf: ({ mchid, out_request_no }) => `${mchid}/${out_request_no}`,
    numbersOf: ({ withdraw_id }) => [withdraw_id],
  })
  const find = (mchid: string, out_request_no: string) => records.find(`${mchid}/${out_request_no}`)
  const requireOwn = (withdrawal: Withdrawal | undefined, mchid: string, number: string): Withdrawal => {
    if (withdrawal?.mchid !== mchid) throw new Rejection('WITHDRAWAL_UNKNOWN', number)
    return withdrawal
  }
  const settle: Withdrawals['settle'] = (withdrawal, status, reason) => {
    if (!eventBetween(WITHDRAWAL_STATES, withdrawal.status, status))
      throw new Rejection('WITHDRAWAL_STATE', `${withdrawal.out_request_no} is ${withdrawal.status}`)
    const isReturned = status !== 'SUCCESS'
    if (isReturned) funds.move(withdrawal.mchid, withdrawal.account_type, 'available', withdrawal.amount)
    const settled = records.save({
      ...withdrawal,
      status,
      reason,
      updatedAt: now(),
      ...(isReturned && { returnedAt: now() }),
    })
    emit({ type: 'withdrawal-changed', withdrawal: settled })
    return settled
  }
  scheduler.on<{ key: string }>('withdrawal', ({ key }) => {
    const withdrawal = records.find(key)!
    if (stateAfter(WITHDRAWAL_STATES, withdrawal.status, 'succeed')) settle(withdrawal, 'SUCCESS')
  })
  return {
    apply(draft) {
      const key = `${draft.mchid}/${draft.out_request_no}`
      const existing = records.findRepeated(key, draft.fingerprint, 'WITHDRAWAL_NUMBER_USED')
      if (existing) return existing
      funds.requireFunds(draft.mchid, draft.account_type, 'available', draft.amount, 'WITHDRAWAL_FUNDS')
      funds.move(draft.mchid, draft.account_type, 'available', -draft.amount)
      scheduler.schedule(now() + ARRIVAL_TIME, 'withdrawal', { key })
      const withdraw_id = newDigits(30, context, records.isTaken)
      return records.save({ ...draft, withdraw_id, status: 'CREATE_SUCCESS', createdAt: now(), updatedAt: now() })
    },
    find,
    require: (mchid, out_request_no) => requireOwn(find(mchid, out_request_no), mchid, out_request_no),
    requireById: (mchid, withdraw_id) => requireOwn(records.findByNumber(withdraw_id), mchid, withdraw_id),
    settle,
    all: records.all,
    *flows() {
      for (const withdrawal of records.all()) yield* flowsOfWithdrawal(withdrawal)
    },
  }
}

function* flowsOfWithdrawal(withdrawal: Withdrawal): Generator<FundFlow> {
  const { mchid, account_type: account, amount, withdraw_id, out_request_no, remark } = withdrawal
  const common = { mchid, account, number: withdraw_id, voucher: out_request_no, remark }
  yield { ...common, at: withdrawal.createdAt, business: '提现', amount: -amount }
  if (withdrawal.returnedAt !== undefined)
    yield {
      ...common,
      at: withdrawal.returnedAt,
      business: withdrawal.status === 'REFUND' ? '提现退票' : '提现失败',
      amount,
    }
}
