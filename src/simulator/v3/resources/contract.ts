import type { SignedContract, TerminationMode } from '../../accounts/contracts/contract.ts'
import { rfc3339 } from '../../clock/time.ts'

const MODES: Readonly<Record<TerminationMode, string>> = {
  EXPIRED: 'SYSTEM_TERMINATE',
  USER: 'USER_TERMINATE',
  MERCHANT: 'MCH_API_TERMINATE',
}

/** Creates the JSON of a contract (委托代扣协议), as its query and its notifications have it. */
export function contractBody(contract: SignedContract): object {
  const { mchid, appid, sub_mchid, sub_appid, openid, sub_openid, termination, terminatedAt, deduct_schedule } =
    contract
  const parties =
    sub_mchid === undefined
      ? { mchid, appid, openid }
      : { sp_mchid: mchid, sp_appid: appid, sp_openid: openid, sub_mchid, sub_appid, sub_openid }
  return {
    ...parties,
    contract_id: contract.contract_id,
    plan_id: Number(contract.plan_id),
    out_contract_code: contract.contract_code,
    contract_display_account: contract.contract_display_account,
    contract_state: contract.state,
    contract_signed_time: rfc3339(contract.signedAt),
    contract_expired_time: rfc3339(contract.expiresAt),
    out_user_code: contract.out_user_code,
    deduct_schedule: deduct_schedule && { ...deduct_schedule, schedule_state: 'NO_SCHEDULED' },
    contract_terminate_info:
      termination && terminatedAt !== undefined
        ? {
            contract_termination_mode: MODES[termination.mode],
            contract_terminated_time: rfc3339(terminatedAt),
            contract_termination_remark: termination.remark,
          }
        : undefined,
  }
}
