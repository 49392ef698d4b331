import { DAY, SECOND } from '../../../core/base/time.ts'
import type { AccountsContext } from '../context.ts'
import { newNumber, newOpenid } from '../numbers.ts'
import { type Order, type OrderDraft, orderKey } from '../orders/order.ts'
import type { Orders } from '../orders/orders.ts'
import { Rejection } from '../rejection.ts'
import { stateAfter } from '../state-machine.ts'
import {
  CONTRACT_STATES,
  type Contract,
  type ContractDraft,
  type ContractEvent,
  type ContractNumber,
  contractKey,
  type DeductionNotice,
  type SignedContract,
  type TerminationMode,
} from './contract.ts'

/** The parts of a deduction that its contract does not say. */
export type Deduction = Pick<
  OrderDraft,
  'api' | 'sign_type' | 'out_trade_no' | 'description' | 'attach' | 'notify_url' | 'amount' | 'fingerprint'
>

/**
 * Contracts of 委托代扣: begun by the merchant, signed by the shopper, and terminated by either, or when their time is over.
 * Only a signed contract is deducted from.
 */
export interface Contracts {
  /**
   * Begins a contract. Beginning again replaces one that is not signed.
   *
   * @throws {Rejection} `CONTRACT_CODE_USED`
   */
  begin(draft: ContractDraft): Contract
  /**
   * Finds a contract, signed or not, by the merchant's number.
   *
   * @throws {Rejection} `CONTRACT_AMBIGUOUS`
   */
  findByNumber(number: ContractNumber): Contract | undefined
  /**
   * Returns a contract that has been signed.
   *
   * @param sub_mchid the sub-merchant that it must belong to; undefined for the merchant itself
   * @throws {Rejection} `CONTRACT_UNKNOWN`
   */
  requireById(contract_id: string, sub_mchid: string | undefined): SignedContract
  /**
   * Returns a contract that has been signed.
   *
   * @throws {Rejection} `CONTRACT_UNKNOWN`, `CONTRACT_AMBIGUOUS`
   */
  requireByNumber(number: ContractNumber): SignedContract
  /**
   * Signs a contract as the shopper.
   *
   * @throws {Rejection} there is no such contract, or it has been signed
   */
  sign(number: ContractNumber): SignedContract
  /** @throws {Rejection} it is not signed, or no longer */
  terminate(contract: SignedContract, mode: TerminationMode, remark: string): SignedContract
  /**
   * Announces a deduction to the shopper.
   *
   * @throws {Rejection} the contract is terminated
   */
  announce(contract: SignedContract, notice: Omit<DeductionNotice, 'at'>): void
  /**
   * Accepts a deduction, which is carried out two seconds later.
   *
   * @throws {Rejection} the contract is terminated, or the number belongs to another order
   */
  deduct(contract: SignedContract, deduction: Deduction): Order
  all(): Iterable<Contract>
}

/** Time for which a contract is signed. Plans have their own, which the merchant agrees with WeChat Pay. */
const LIFETIME = 3650 * DAY
const DEDUCTION_TIME = 2 * SECOND

export function createContracts(context: AccountsContext<ContractEvent>, orders: Orders): Contracts {
  const { state, scheduler, now, emit, random } = context
  const stored = state.map<Contract>('contracts')
  const keysById = new Map<string, string>()
  const save = <T extends Contract>(contract: T): T => {
    const key = contractKey(contract)
    stored.set(key, contract)
    if (contract.contract_id) keysById.set(contract.contract_id, key)
    return contract
  }
  for (const contract of stored.values())
    if (contract.contract_id) keysById.set(contract.contract_id, contractKey(contract))
  const findById = (contract_id: string): Contract | undefined => stored.get(keysById.get(contract_id) ?? '')
  const findByNumber = ({ contract_code, plan_id, sub_mchid }: ContractNumber): Contract | undefined => {
    if (plan_id !== undefined) return stored.get(contractKey({ contract_code, plan_id, sub_mchid }))
    const [contract, ...others] = [...stored.values()].filter(
      one => one.contract_code === contract_code && (sub_mchid === undefined || one.sub_mchid === sub_mchid),
    )
    if (others.length > 0) throw new Rejection('CONTRACT_AMBIGUOUS', contract_code)
    return contract
  }
  const terminate: Contracts['terminate'] = (contract, mode, remark) => {
    const state = stateAfter(CONTRACT_STATES, contract.state, mode === 'EXPIRED' ? 'expire' : 'terminate')
    if (!state) throw stateError(contract)
    const terminated = save({ ...contract, state, terminatedAt: now(), termination: { mode, remark } })
    emit({ type: 'contract-terminated', contract: terminated })
    return terminated
  }
  scheduler.on<{ contract_id: string }>('contract-expiry', ({ contract_id }) => {
    const contract = findById(contract_id)
    if (contract?.state === 'SIGNED') terminate(asSigned(contract, contract_id), 'EXPIRED', '协议到期')
  })
  scheduler.on<{ key: string; contract_id: string }>('deduction', ({ key, contract_id }) => {
    if (orders.find(key)?.trade_state !== 'ACCEPT') return
    if (findById(contract_id)?.state === 'SIGNED') orders.pay(key)
    else orders.fail(key)
  })
  return {
    begin(draft) {
      const earlier = stored.get(contractKey(draft))
      if (earlier && earlier.state !== 'SIGNING') throw new Rejection('CONTRACT_CODE_USED', draft.contract_code)
      const pre_entrustweb_id = earlier?.pre_entrustweb_id ?? random.hex(29)
      return save({ ...draft, pre_entrustweb_id, state: 'SIGNING' })
    },
    findByNumber,
    requireById(contract_id, sub_mchid) {
      const contract = asSigned(findById(contract_id), contract_id)
      if (contract.sub_mchid !== sub_mchid) throw new Rejection('CONTRACT_UNKNOWN', contract_id)
      return contract
    },
    requireByNumber: number => asSigned(findByNumber(number), number.contract_code),
    sign(number) {
      const contract = findByNumber(number)
      if (!contract) throw new Rejection('CONTRACT_UNKNOWN', number.contract_code)
      const state = stateAfter(CONTRACT_STATES, contract.state, 'sign')
      if (!state) throw new Rejection('CONTRACT_STATE', `it is ${contract.state}`)
      const contract_id = newNumber('contract_id', context, id => keysById.has(id))
      const [signedAt, expiresAt] = [now(), now() + LIFETIME]
      const openid = contract.openid ?? newOpenid(context)
      const signed = save({ ...contract, state, contract_id, openid, signedAt, expiresAt })
      scheduler.schedule(expiresAt, 'contract-expiry', { contract_id })
      emit({ type: 'contract-signed', contract: signed })
      return signed
    },
    terminate,
    announce(contract, notice) {
      requireSigned(contract)
      save({ ...contract, notice: { ...notice, at: now() } })
    },
    deduct(contract, deduction) {
      requireSigned(contract)
      const { mchid, appid, sub_mchid, sub_appid, openid, sub_openid, contract_id } = contract
      const key = orderKey({ out_trade_no: deduction.out_trade_no, sub_mchid })
      const isNew = orders.find(key) === undefined
      const parties = { mchid, appid, sub_mchid, sub_appid, payer: { openid, sub_openid } }
      const order = orders.placeDeduction({ ...deduction, ...parties, trade_type: 'PAP' })
      if (isNew) scheduler.schedule(now() + DEDUCTION_TIME, 'deduction', { key, contract_id })
      return order
    },
    all: () => stored.values(),
  }
}

/** @throws {Rejection} `CONTRACT_UNKNOWN`: the shopper has never signed it */
function asSigned(contract: Contract | undefined, number: string): SignedContract {
  if (!contract || contract.state === 'SIGNING') throw new Rejection('CONTRACT_UNKNOWN', number)
  return contract as SignedContract
}

const stateError = ({ contract_id, state }: SignedContract): Rejection =>
  new Rejection('CONTRACT_STATE', `${contract_id} is ${state}`)

function requireSigned(contract: SignedContract): void {
  if (contract.state !== 'SIGNED') throw stateError(contract)
}
