import type { MicropayCalls } from './micropay-calls.ts'
import type { Course } from './micropay-course.ts'
import type { MicropayRefused, MicropayState, ReversalReason } from './micropay-state.ts'
import { look, outcomeOf, refusesReversal } from './micropay-verdict.ts'

/** 建议支付后至少15s后再调用撤销订单接口. */
const EARLIEST = 15_000

/**
 * Reverses (撤销) until it is proven what became of the order. A reversal may be repeated as often as one likes: of what is
 * not paid it closes the order, of what is paid it gives the money back. Only what WeChat Pay refuses to reverse is asked
 * about.
 */
export async function* reversal(
  calls: MicropayCalls,
  course: Course,
  reason: ReversalReason,
): AsyncGenerator<MicropayState<object>, void, undefined> {
  const { out_trade_no } = calls
  const told = { out_trade_no, by: 'query', isRepeat: false } as const
  // What has failed is not under way any more, and need not be waited for.
  const early = reason === 'PAYERROR' ? 0 : EARLIEST - course.elapsed()
  if (early > 0) {
    yield { state: 'waiting', out_trade_no, reason, elapsed: course.elapsed() }
    await course.pause(early)
  }
  if (early > 0 || reason === 'ABORTED') {
    // It may be settled by now, or not be this payment at all.
    const verdict = await look(calls)
    const outcome = verdict.is === 'paid' && reason === 'ABORTED' ? undefined : outcomeOf(verdict, told)
    if (outcome) return void (yield outcome)
  }
  let error: unknown
  /** A reversal whose answer was lost may still take effect. */
  let isDoubtful = false
  for (let attempt = 1; attempt <= course.reversals; attempt++) {
    if (attempt > 1) await course.pause(course.interval)
    yield { state: 'reversing', out_trade_no, reason, attempt }
    try {
      if (await calls.reverse()) continue
      return void (yield { state: 'reversed', out_trade_no, reason })
    } catch (cause) {
      error = cause
    }
    if (!refusesReversal(error)) {
      isDoubtful = true
      continue
    }
    const verdict = await look(calls)
    const outcome = verdict.is === 'failed' ? failed(out_trade_no) : outcomeOf(verdict, told)
    if (outcome?.state === 'reversed') return void (yield { ...outcome, reason })
    if (outcome && !(isDoubtful && outcome.state === 'paid')) return void (yield outcome)
    // What never arrived cannot be reversed. Not before its time is over can it be said to have never arrived.
    if (verdict.is === 'open' && verdict.isAbsent && course.elapsed() >= course.limit)
      return void (yield refusedAs(out_trade_no, verdict.reason, 'the payment never arrived'))
  }
  const verdict = await look(calls)
  if (verdict.is === 'reversed') yield { state: 'reversed', out_trade_no, reason }
  else if (verdict.is === 'refused') yield { state: 'refused', out_trade_no, ...verdict.refusal }
  else yield { state: 'unknown', out_trade_no, error }
}

const refusedAs = (out_trade_no: string, serviceCode: string, serviceMessage: string): MicropayRefused => ({
  ...{ state: 'refused', out_trade_no, serviceCode, serviceMessage, error: undefined },
})

const failed = (out_trade_no: string) => refusedAs(out_trade_no, 'PAYERROR', 'the payment failed')
