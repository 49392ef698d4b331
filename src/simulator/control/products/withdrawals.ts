import type { Accounts } from '../../accounts/accounts.ts'
import type { Withdrawal, WithdrawalStatus } from '../../accounts/ecommerce/withdrawals.ts'
import { newest } from '../newest.ts'

/** Settles withdrawals (提现) as the bank. */
export interface WithdrawalControl {
  /**
   * Gives a withdrawal its result, which is otherwise `SUCCESS` after two hours. `REFUND` (提现退票) takes back one that had succeeded.
   *
   * @param sub_mchid the sub-merchant whose withdrawal it is; absent for the merchant itself
   * @throws {Rejection} there is no such withdrawal, or its state does not allow this
   * @example
   * ```ts
   * simulator.withdrawalResult('W1', 'FAIL', '银行账户异常')
   * ```
   */
  withdrawalResult(
    out_request_no: string,
    status: Exclude<WithdrawalStatus, 'CREATE_SUCCESS'>,
    reason?: string,
    sub_mchid?: string,
  ): Withdrawal
  withdrawal(out_request_no: string, sub_mchid?: string): Withdrawal | undefined
  /**
   * Returns the withdrawals that were made last, the newest first.
   *
   * @param max default 100
   */
  withdrawals(max?: number): Withdrawal[]
}

export const createWithdrawalControl = (
  { withdrawals }: Pick<Accounts, 'withdrawals'>,
  mchid: string,
): WithdrawalControl => ({
  withdrawalResult: (out_request_no, status, reason, sub_mchid = mchid) =>
    withdrawals.settle(withdrawals.require(sub_mchid, out_request_no), status, reason),
  withdrawal: (out_request_no, sub_mchid = mchid) => withdrawals.find(sub_mchid, out_request_no),
  withdrawals: max => newest(withdrawals.all(), max),
})
