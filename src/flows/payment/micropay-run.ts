import { TransportError, WechatpayError } from '../../core/errors.ts'
import type { MicropayCalls } from './micropay-calls.ts'
import type { Course } from './micropay-course.ts'
import { reversal } from './micropay-reversal.ts'
import type { MicropayOutcome, MicropayState, ReversalReason } from './micropay-state.ts'
import { look, outcomeOf, settledBy, type Verdict, verdictOf, verdictOfError } from './micropay-verdict.ts'
import { codeOf, wasNotSent } from './service-code.ts'

/** The consumer left before the payment was settled, and it could not be reversed. */
export class MicropayError extends WechatpayError {
  override readonly name: string = 'MicropayError'
  declare readonly code: 'OUTCOME_UNKNOWN'
  /** `unknown`, or `paid` where the shopper has paid and WeChat Pay refuses to reverse it. */
  declare readonly outcome: MicropayOutcome<object>
}

/** The states of a payment by code, one after the other; whoever leaves before the last has it reversed. */
export async function* run(
  calls: MicropayCalls,
  course: Course,
  signal: AbortSignal | undefined,
): AsyncGenerator<MicropayState<object>, void, undefined> {
  refuseAborted(signal)
  await calls.prepare()
  yield { state: 'paying', out_trade_no: calls.out_trade_no }
  refuseAborted(signal)
  course.begin()
  const first = await payOnce(calls, signal)
  let isOpen = true
  try {
    for await (const state of statesAfter(first, calls, course, signal)) {
      isOpen = !isOutcome(state)
      yield state
    }
  } finally {
    if (isOpen) await abandon(first, calls, course)
  }
}

const isOutcome = (state: MicropayState<object>): state is MicropayOutcome<object> =>
  ['paid', 'refused', 'reversed', 'unknown'].includes(state.state)

function refuseAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new TransportError('ABORTED', 'Aborted before it was sent.', false, signal.reason)
}

/** What the payment came to, so far. */
interface First {
  readonly verdict: Verdict
  /** WeChat Pay said that this number had been paid before: that payment is not this call's to reverse. */
  readonly isRepeat: boolean
  /** Nobody told to wait: the query is due at once. */
  readonly isDue: boolean
  readonly error: unknown
}

/** @throws what kept the payment from being sent */
async function payOnce(calls: MicropayCalls, signal: AbortSignal | undefined): Promise<First> {
  try {
    const verdict = verdictOf(await calls.pay(signal), calls.total, calls.paidState)
    return { verdict, isRepeat: false, isDue: false, error: undefined }
  } catch (error) {
    if (wasNotSent(error)) throw error
    const code = codeOf(error)
    return { verdict: verdictOfError(error), isRepeat: code === 'ORDERPAID', isDue: code !== 'USERPAYING', error }
  }
}

async function* statesAfter(
  first: First,
  calls: MicropayCalls,
  course: Course,
  signal: AbortSignal | undefined,
): AsyncGenerator<MicropayState<object>, void, undefined> {
  const { out_trade_no } = calls
  const { isRepeat } = first
  let by: 'answer' | 'query' = 'answer'
  let { verdict, isDue } = first
  for (;;) {
    const outcome = outcomeOf(verdict, { out_trade_no, by, isRepeat })
    if (outcome) return void (yield outcome)
    if (verdict.is !== 'open') return yield* ending(first, calls, course, 'PAYERROR')
    if (signal?.aborted) return yield* ending(first, calls, course, 'ABORTED')
    if (!isDue) {
      const left = course.limit - course.elapsed()
      if (left <= 0) return yield* ending(first, calls, course, 'LIMIT')
      yield { state: 'waiting', out_trade_no, reason: verdict.reason, elapsed: course.elapsed() }
      await course.pause(Math.min(course.interval, left), signal)
      if (signal?.aborted) continue
    }
    isDue = false
    by = 'query'
    verdict = settledBy(await look(calls), first.verdict)
  }
}

/** How it ends that is not settled: reversed, unless it was paid before this call, and only its query fails. */
async function* ending(
  { isRepeat, error }: First,
  calls: MicropayCalls,
  course: Course,
  reason: ReversalReason,
): AsyncGenerator<MicropayState<object>, void, undefined> {
  if (isRepeat) yield { state: 'unknown', out_trade_no: calls.out_trade_no, error }
  else yield* reversal(calls, course, reason)
}

/** Nobody looks any more: what is under way is reversed all the same. */
async function abandon(first: First, calls: MicropayCalls, course: Course): Promise<void> {
  const { out_trade_no } = calls
  let outcome: MicropayOutcome<object> = { state: 'unknown', out_trade_no, error: undefined }
  try {
    for await (const state of ending(first, calls, course, 'ABORTED')) if (isOutcome(state)) outcome = state
  } catch (error) {
    outcome = { state: 'unknown', out_trade_no, error }
  }
  if (outcome.state !== 'unknown' && outcome.state !== 'paid') return
  const what = outcome.state === 'paid' ? 'is paid and cannot be reversed: refund it' : 'may be paid: reverse it later'
  const message = `The order ${out_trade_no} was left, and ${what}.`
  throw new MicropayError('OUTCOME_UNKNOWN', message, undefined, { outcome })
}
