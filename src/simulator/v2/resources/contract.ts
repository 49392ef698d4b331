import type { SignedContract, TerminationMode } from '../../accounts/contracts/contract.ts'
import { dateTime } from '../../clock/time.ts'
import type { ResponseFields } from '../message.ts'
import { subMerchantFields } from './transaction.ts'

/** 协议解约方式. */
const MODES: Readonly<Record<TerminationMode, number>> = { EXPIRED: 1, USER: 2, MERCHANT: 3 }

/** Returns the numbers that every message about a contract has. */
export const contractNumbers = (contract: SignedContract): ResponseFields => ({
  ...subMerchantFields(contract),
  contract_id: contract.contract_id,
  plan_id: contract.plan_id,
  contract_code: contract.contract_code,
})

/** Returns a contract as its query has it. */
export function contractFields(contract: SignedContract): ResponseFields {
  const { termination, terminatedAt, request_serial, openid } = contract
  return {
    ...contractNumbers(contract),
    request_serial,
    openid,
    contract_display_account: contract.contract_display_account,
    contract_state: contract.state === 'SIGNED' ? 0 : 1,
    contract_signed_time: dateTime(contract.signedAt),
    contract_expired_time: dateTime(contract.expiresAt),
    ...(termination && {
      contract_terminated_time: dateTime(terminatedAt!),
      contract_termination_mode: MODES[termination.mode],
      contract_termination_remark: termination.remark,
    }),
  }
}

/** Returns the fields of a notification that a contract was signed or terminated. */
export function contractChangeFields(contract: SignedContract): ResponseFields {
  const { termination, terminatedAt, signedAt, openid, sub_openid, request_serial, expiresAt } = contract
  return {
    ...contractNumbers(contract),
    openid,
    sub_openid,
    // APIv3 has none; the field is required.
    request_serial: request_serial ?? '0',
    change_type: termination ? 'DELETE' : 'ADD',
    operate_time: dateTime(terminatedAt ?? signedAt),
    contract_expired_time: dateTime(expiresAt),
    ...(termination && { contract_termination_mode: MODES[termination.mode] }),
  }
}
