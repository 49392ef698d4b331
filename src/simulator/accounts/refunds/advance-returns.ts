import { DAY } from '../../../core/base/time.ts'
import type { AccountsContext } from '../context.ts'
import type { FundFlow, Funds } from '../funds.ts'
import { newNumber } from '../numbers.ts'
import { Rejection } from '../rejection.ts'
import { refundKey } from './refund.ts'
import type { Refunds } from './refunds.ts'

/** Result of returning an advance (垫付回补结果). */
export type AdvanceReturnResult = 'PROCESSING' | 'SUCCESS' | 'FAILED'

export interface AdvanceReturn {
  readonly advance_return_id: string
  readonly refund_id: string
  readonly out_refund_no: string
  /** Sub-merchant that pays. */
  readonly payer_mchid: string
  /** Platform that advanced the refund. */
  readonly payee_mchid: string
  readonly return_amount: number
  readonly result: AdvanceReturnResult
  /** ms */
  readonly createdAt: number
  readonly succeededAt?: number
}

/**
 * Returns of refunds that a platform has advanced (垫付退款回补): the sub-merchant pays the platform. While its balance is
 * insufficient, the return is processing, and tried again every day for 90 days.
 */
export interface AdvanceReturns {
  /** Returns the advance of a refund, once; tries again while it is processing. */
  request(refund_id: string, sub_mchid: string): AdvanceReturn
  query(refund_id: string, sub_mchid: string): AdvanceReturn
  flows(): Iterable<FundFlow>
}

const TIME_TO_PAY = 90 * DAY

export function createAdvanceReturns(
  { state, scheduler, now, random }: AccountsContext,
  refunds: Refunds,
  funds: Funds,
): AdvanceReturns {
  /** By `refund_id`. */
  const returns = state.map<AdvanceReturn>('advance-returns')
  const saveReturn = (advance: AdvanceReturn): AdvanceReturn => {
    returns.set(advance.refund_id, advance)
    return advance
  }
  const tryToPay = (advance: AdvanceReturn): AdvanceReturn => {
    const { payer_mchid, payee_mchid, return_amount, result, createdAt } = advance
    if (result !== 'PROCESSING') return advance
    if (funds.poolBalance(payer_mchid, 'BASIC', 'available') >= return_amount) {
      funds.move(payer_mchid, 'BASIC', 'available', -return_amount)
      funds.move(payee_mchid, 'BASIC', 'available', return_amount)
      return saveReturn({ ...advance, result: 'SUCCESS', succeededAt: now() })
    }
    return now() >= createdAt + TIME_TO_PAY ? saveReturn({ ...advance, result: 'FAILED' }) : advance
  }
  const scheduleAttempt = (refund_id: string) => scheduler.schedule(now() + DAY, 'advance-return', { refund_id })
  scheduler.on<{ refund_id: string }>('advance-return', ({ refund_id }) => {
    if (tryToPay(returns.get(refund_id)!).result === 'PROCESSING') scheduleAttempt(refund_id)
  })
  /** @throws {Rejection} there is no such refund of the sub-merchant, or nobody has advanced it */
  const create = (refund_id: string, sub_mchid: string): AdvanceReturn => {
    const refund = refunds.queryById(refund_id)
    if (refund.sub_mchid !== sub_mchid) throw new Rejection('REFUND_UNKNOWN', refund_id)
    const { advancer, status, out_refund_no } = refund
    if (advancer === undefined || status !== 'SUCCESS') throw new Rejection('REFUND_NOT_ADVANCED', refundKey(refund))
    const isTaken = (number: string) =>
      [...returns.values()].some(({ advance_return_id }) => advance_return_id === number)
    scheduleAttempt(refund_id)
    return saveReturn({
      advance_return_id: newNumber('refund_id', { random, now }, isTaken),
      refund_id,
      out_refund_no,
      payer_mchid: sub_mchid,
      payee_mchid: advancer,
      return_amount: refund.refund,
      result: 'PROCESSING',
      createdAt: now(),
    })
  }
  const find = (refund_id: string, sub_mchid: string): AdvanceReturn | undefined => {
    const advance = returns.get(refund_id)
    return advance?.payer_mchid === sub_mchid ? advance : undefined
  }
  return {
    request: (refund_id, sub_mchid) => tryToPay(find(refund_id, sub_mchid) ?? create(refund_id, sub_mchid)),
    query(refund_id, sub_mchid) {
      const advance = find(refund_id, sub_mchid)
      if (!advance) throw new Rejection('ADVANCE_RETURN_UNKNOWN', refund_id)
      return advance
    },
    *flows() {
      for (const {
        advance_return_id,
        out_refund_no,
        payer_mchid,
        payee_mchid,
        return_amount,
        succeededAt,
      } of returns.values()) {
        if (succeededAt === undefined) continue
        const common = { at: succeededAt, account: 'BASIC', number: advance_return_id, voucher: out_refund_no } as const
        yield { ...common, mchid: payer_mchid, business: '垫付退款回补', amount: -return_amount }
        yield { ...common, mchid: payee_mchid, business: '垫付退款回补', amount: return_amount }
      }
    },
  }
}
