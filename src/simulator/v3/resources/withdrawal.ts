import type { Withdrawal } from '../../accounts/ecommerce/withdrawals.ts'
import { rfc3339 } from '../../clock/time.ts'

/** Fields of a withdrawal (提现单) in all queries and notifications. */
const commonFields = (withdrawal: Withdrawal) => ({
  status: withdrawal.status,
  withdraw_id: withdrawal.withdraw_id,
  out_request_no: withdrawal.out_request_no,
  amount: withdrawal.amount,
  create_time: rfc3339(withdrawal.createdAt),
  update_time: rfc3339(withdrawal.updatedAt),
  reason: withdrawal.reason ?? '',
  remark: withdrawal.remark ?? '',
  bank_memo: withdrawal.bank_memo ?? '',
  account_type: withdrawal.account_type,
  account_number: '0078',
  account_bank: '工商银行',
})

/** Creates the JSON of a withdrawal of a platform or a merchant. */
export const merchantWithdrawalBody = (withdrawal: Withdrawal): object => ({
  ...commonFields(withdrawal),
  solution: withdrawal.reason === undefined ? '' : '请核对结算银行账户后重新发起提现',
})

/** Creates the JSON of a withdrawal of a sub-merchant. */
export const subMerchantWithdrawalBody = (withdrawal: Withdrawal): object => ({
  sub_mchid: withdrawal.sub_mchid,
  sp_mchid: withdrawal.sp_mchid,
  ...commonFields(withdrawal),
})

export const withdrawalResource = (withdrawal: Withdrawal): object =>
  withdrawal.sub_mchid === undefined ? merchantWithdrawalBody(withdrawal) : subMerchantWithdrawalBody(withdrawal)
