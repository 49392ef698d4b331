import type { AccountsContext } from '../context.ts'
import { newDigits } from '../numbers.ts'
import { createRecords } from '../records.ts'
import { Rejection } from '../rejection.ts'
import { stateAfter } from '../state-machine.ts'
import {
  type AnyApplymentState,
  APPLYMENT_STAGES,
  REJECTING_STATES,
  type RejectedField,
  reviewsOf,
  type SettlementAccount,
  SUB_APPLYMENT_STATES,
  type SubApplyment,
  type SubApplymentKind,
} from './sub-applyment.ts'

/** Applyments of sub-merchants (特约商户进件, 二级商户进件): submitted, reviewed on demand, corrected after a rejection. */
export interface SubApplyments {
  /**
   * Submits an applyment. One that was rejected is replaced.
   *
   * @throws {Rejection} `SUB_APPLYMENT_RUNNING`
   */
  submit(kind: SubApplymentKind, number: string, account: SettlementAccount): SubApplyment
  find(kind: SubApplymentKind, number: string): SubApplyment | undefined
  /** @throws {Rejection} there is no such applyment */
  require(kind: SubApplymentKind, number: string): SubApplyment
  requireById(kind: SubApplymentKind, applyment_id: string): SubApplyment
  /**
   * Gives an applyment the result of its review, or of what its merchant does: verify the account, sign.
   *
   * @param rejected the rejected fields, for a rejection
   * @throws {Rejection} `SUB_APPLYMENT_STATE`, `SUB_APPLYMENT_DETAIL`
   */
  review(applyment: SubApplyment, state: AnyApplymentState, rejected?: readonly RejectedField[]): SubApplyment
  /**
   * Revokes an applyment of an e-commerce platform (撤销).
   *
   * @throws {Rejection} `SUB_APPLYMENT_STATE`: it has finished
   */
  revoke(applyment: SubApplyment): SubApplyment
  findByMerchant(sub_mchid: string): SubApplyment | undefined
  all(): Iterable<SubApplyment>
}

const UNKNOWN = { applyment4sub: 'SUB_APPLYMENT_UNKNOWN', ecommerce: 'ECOMMERCE_APPLYMENT_UNKNOWN' } as const

export function createSubApplyments(context: AccountsContext): SubApplyments {
  const { state, now } = context
  const records = createRecords(state.map<SubApplyment & { fingerprint: string }>('sub-applyments'), {
    keyOf: ({ kind, number }) => keyOf(kind, number),
    numbersOf: ({ kind, applyment_id, sub_mchid }) => [`${kind} ${applyment_id}`, sub_mchid && `merchant ${sub_mchid}`],
  })
  const save = (applyment: SubApplyment): SubApplyment =>
    records.save({ ...applyment, changedAt: now(), fingerprint: '' })
  const requireFound = (found: SubApplyment | undefined, kind: SubApplymentKind, number: string): SubApplyment => {
    if (!found) throw new Rejection(UNKNOWN[kind], number)
    return found
  }
  return {
    submit(kind, number, account) {
      const earlier = records.find(keyOf(kind, number))
      const machine = SUB_APPLYMENT_STATES[kind]
      const state = earlier ? stateAfter(machine, earlier.state, 'submit') : machine.initial[0]
      if (!state) throw new Rejection('SUB_APPLYMENT_RUNNING', `${number} is ${earlier!.state}`)
      const isTaken = (id: string) => records.findByNumber(`${kind} ${id}`) !== undefined
      const applyment_id = earlier?.applyment_id ?? `2000${newDigits(12, context, isTaken)}`
      return save({ kind, number, applyment_id, account, state, rejected: [], changedAt: now() })
    },
    find: (kind, number) => records.find(keyOf(kind, number)),
    require: (kind, number) => requireFound(records.find(keyOf(kind, number)), kind, number),
    requireById: (kind, id) => requireFound(records.findByNumber(`${kind} ${id}`), kind, id),
    review(applyment, next, rejected = []) {
      if (!reviewsOf(applyment).includes(next))
        throw new Rejection('SUB_APPLYMENT_STATE', `${applyment.number} is ${applyment.state}, not ${next}`)
      if (REJECTING_STATES.has(next) !== rejected.length > 0) throw new Rejection('SUB_APPLYMENT_DETAIL', next)
      const { sub_mchid = newDigits(10, context, id => records.isTaken(`merchant ${id}`)) } = applyment
      return save({ ...applyment, state: next, rejected, ...(APPLYMENT_STAGES[next].hasMerchant && { sub_mchid }) })
    },
    revoke(applyment) {
      const state = stateAfter(SUB_APPLYMENT_STATES[applyment.kind], applyment.state, 'revoke')
      if (!state) throw new Rejection('SUB_APPLYMENT_STATE', `${applyment.number} is ${applyment.state}`)
      return save({ ...applyment, state, rejected: [] })
    },
    findByMerchant: sub_mchid => records.findByNumber(`merchant ${sub_mchid}`),
    all: records.all,
  }
}

const keyOf = (kind: SubApplymentKind, number: string): string => `${kind}/${number}`
