import type { Api } from '../../../definitions/call.ts'
import type { StateMachine } from '../state-machine.ts'

/** State of a contract. While the shopper has not signed, merchants do not find it. */
export type ContractState = 'SIGNING' | 'SIGNED' | 'TERMINATED'

/** States of a contract: the shopper signs it, the shopper or the merchant terminates it, or its time is over. */
export const CONTRACT_STATES: StateMachine<ContractState, 'sign' | 'terminate' | 'expire'> = {
  initial: ['SIGNING'],
  transitions: [
    { from: 'SIGNING', event: 'sign', to: 'SIGNED' },
    { from: 'SIGNED', event: 'terminate', to: 'TERMINATED' },
    { from: 'SIGNED', event: 'expire', to: 'TERMINATED' },
  ],
}

/** Reason for which a contract has ended (协议解约方式). */
export type TerminationMode = 'EXPIRED' | 'USER' | 'MERCHANT'

/** A contract as the merchant requests it. */
export interface ContractDraft {
  /** API version of the request, and of the notifications. */
  readonly api: Api
  readonly mchid: string
  readonly appid: string
  /** Set for a contract of a service provider. */
  readonly sub_mchid?: string | undefined
  readonly sub_appid?: string | undefined
  readonly openid?: string | undefined
  readonly sub_openid?: string | undefined
  /** Text, because APIv2 has it so. */
  readonly plan_id: string
  /** 签约协议号; APIv3 calls it `out_contract_code`. */
  readonly contract_code: string
  readonly contract_display_account: string
  readonly notify_url: string
  /** APIv2 only. Text, because it may exceed 2^53. */
  readonly request_serial?: string | undefined
  /** APIv3 only. */
  readonly out_user_code?: string | undefined
  /** APIv3 only: the schedule of deductions (预约信息), repeated in responses. */
  readonly deduct_schedule?: Readonly<Record<string, unknown>> | undefined
}

/** An announcement of a deduction (预扣费通知). */
export interface DeductionNotice {
  /** ms */
  readonly at: number
  /** Fen. */
  readonly amount: number
  /** Days in which the merchant may deduct. */
  readonly days: number | undefined
}

export interface Contract extends ContractDraft {
  readonly pre_entrustweb_id: string
  readonly state: ContractState
  /** Set once signed. */
  readonly contract_id?: string
  /** ms */
  readonly signedAt?: number
  /** ms */
  readonly expiresAt?: number
  /** ms */
  readonly terminatedAt?: number
  readonly termination?: { readonly mode: TerminationMode; readonly remark: string }
  /** The last announcement. */
  readonly notice?: DeductionNotice
}

/** A contract that has been signed, and may have been terminated since. */
export type SignedContract = Contract & Required<Pick<Contract, 'contract_id' | 'signedAt' | 'expiresAt'>>

/** Names a contract by the merchant's number. */
export interface ContractNumber {
  readonly contract_code: string
  /** Required if contracts of several plans have the number. */
  readonly plan_id?: string | undefined
  readonly sub_mchid?: string | undefined
}

/** Returns the key of a contract: its number is unique for a plan of a merchant. */
export const contractKey = ({
  sub_mchid = '',
  plan_id,
  contract_code,
}: Pick<ContractDraft, 'sub_mchid' | 'plan_id' | 'contract_code'>): string => `${sub_mchid}/${plan_id}/${contract_code}`

/** Returns the address of the page on which the shopper signs. */
export const signingPageOf = ({ pre_entrustweb_id }: Pick<Contract, 'pre_entrustweb_id'>): string =>
  `https://payapp.weixin.qq.com/papay/contract?pre_entrustweb_id=${pre_entrustweb_id}`

export interface ContractEvent {
  readonly type: 'contract-signed' | 'contract-terminated'
  readonly contract: SignedContract
}
