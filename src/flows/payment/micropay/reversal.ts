import type { MicropayCalls } from './calls.ts'
import type { Deadline } from './deadline.ts'
import type { MicropayRefusal, MicropayState, ReversalReason } from './state.ts'
import { outcomeOf, queryVerdict, refusesReversal } from './verdict.ts'

/** WeChat Pay recommends it: 建议支付后至少15s后再调用撤销订单接口. */
const MIN_REVERSAL_DELAY = 15_000

/** The reason for a reversal, and WeChat Pay's refusal of the payment if there is one. */
export interface Reversal {
  readonly reason: ReversalReason
  readonly refusal: MicropayRefusal | undefined
  /** Whether an earlier call sent the payment, should it turn out to be paid. */
  readonly isRepeat: boolean
}

/**
 * Reverses (撤销) an order until its outcome is proven. Reversals can be repeated safely: they close an unpaid order and
 * return the money of a paid one. If WeChat Pay refuses to reverse, a query determines the outcome.
 */
export async function* reverseOrder(
  calls: MicropayCalls,
  deadline: Deadline,
  { reason, refusal, isRepeat }: Reversal,
): AsyncGenerator<MicropayState<object>, void, undefined> {
  const { out_trade_no } = calls
  const found = { out_trade_no, by: 'query', isRepeat } as const
  // A payment that failed or was refused is over, so the delay is unnecessary.
  const remainingDelay = reason === 'PAYERROR' || reason === 'REFUSED' ? 0 : MIN_REVERSAL_DELAY - deadline.elapsed()
  if (remainingDelay > 0) {
    yield { state: 'waiting', out_trade_no, reason, elapsed: deadline.elapsed() }
    await deadline.pause(remainingDelay)
  }
  if (remainingDelay > 0 || reason === 'ABORTED') {
    // The order may be settled by now, or be another order with the same number.
    const verdict = await queryVerdict(calls)
    const outcome = verdict.is === 'paid' && reason === 'ABORTED' ? undefined : outcomeOf(verdict, found)
    if (outcome) return void (yield outcome)
  }
  let error: unknown
  /** A reversal whose response was lost may still take effect. */
  let mayBeReversed = false
  for (let attempt = 1; attempt <= deadline.reversals; attempt++) {
    if (attempt > 1) await deadline.pause(deadline.interval)
    yield { state: 'reversing', out_trade_no, reason, attempt }
    try {
      const result = await calls.reverse()
      if (result === 'recall') continue
      const state = result === 'reversed' ? result : (await queryVerdict(calls)).is
      if (state === 'reversed') return void (yield { state, out_trade_no, reason, refusal })
      mayBeReversed = true
      continue
    } catch (cause) {
      error = cause
    }
    if (!refusesReversal(error)) {
      mayBeReversed = true
      continue
    }
    const verdict = await queryVerdict(calls)
    const outcome = verdict.is === 'failed' ? failedPayment(out_trade_no) : outcomeOf(verdict, found)
    if (outcome?.state === 'reversed') return void (yield { state: 'reversed', out_trade_no, reason, refusal })
    if (outcome && !(mayBeReversed && outcome.state === 'paid')) return void (yield outcome)
    // A payment that never arrived cannot be reversed, but until the time limit it may still arrive.
    if (verdict.is === 'open' && verdict.found === 'absent' && deadline.elapsed() >= deadline.limit)
      return void (yield refusedAs(out_trade_no, verdict.reason, 'the payment never arrived'))
  }
  const verdict = await queryVerdict(calls)
  if (verdict.is === 'reversed') yield { state: 'reversed', out_trade_no, reason, refusal }
  else if (verdict.is === 'refused') yield { state: 'refused', out_trade_no, ...verdict.refusal }
  else yield { state: 'unknown', out_trade_no, error }
}

const refusedAs = (out_trade_no: string, serviceCode: string, serviceMessage: string): MicropayState<object> => ({
  state: 'refused',
  out_trade_no,
  serviceCode,
  serviceMessage,
  error: undefined,
})

const failedPayment = (out_trade_no: string) => refusedAs(out_trade_no, 'PAYERROR', 'the payment failed')
