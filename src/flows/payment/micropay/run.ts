import { TransportError, WechatpayError } from '../../../core/errors.ts'
import { isOutOfOrderCode } from '../../../core/service-codes.ts'
import { serviceCodeOf, wasNotSent } from '../error-kind.ts'
import type { MicropayCalls, MicropayPayment } from './calls.ts'
import type { Deadline } from './deadline.ts'
import { reverseOrder } from './reversal.ts'
import type { MicropayOutcome, MicropayRefusal, MicropayState, ReversalReason } from './state.ts'
import { outcomeOf, queryVerdict, reasonOf, refusalIn, type Verdict, verdictOf } from './verdict.ts'

/** The consumer left before the payment was settled, and it could not be reversed. */
export class MicropayError extends WechatpayError {
  override readonly name: string = 'MicropayError'
  declare readonly code: 'OUTCOME_UNKNOWN'
  /** `unknown`, or `paid` where the shopper has paid and WeChat Pay refuses to reverse it. */
  declare readonly outcome: MicropayOutcome<object>
}

/** How a run goes, beside its calls and its deadline. */
export interface RunOptions {
  readonly signal: AbortSignal | undefined
  readonly onUnsettled: ((error: MicropayError) => void) | undefined
}

/** Pays, and follows the payment to its end. Whoever leaves before the last state has it reversed. */
export async function* payAndFollow(
  payment: MicropayPayment,
  calls: MicropayCalls,
  deadline: Deadline,
  options: RunOptions,
): AsyncGenerator<MicropayState<object>, void, undefined> {
  const { signal } = options
  refuseAborted(signal)
  await calls.prepare()
  yield { state: 'paying', out_trade_no: calls.out_trade_no }
  refuseAborted(signal)
  deadline.begin()
  yield* followOrReverse(await payOnce(payment, calls, signal), calls, deadline, options)
}

/** Follows a payment that an earlier call has sent. */
export async function* resume(
  calls: MicropayCalls,
  deadline: Deadline,
  options: RunOptions,
): AsyncGenerator<MicropayState<object>, void, undefined> {
  refuseAborted(options.signal)
  await calls.prepare()
  deadline.begin()
  const verdict: Verdict = { is: 'open', reason: 'RESUMED' }
  const sent: Sent = {
    verdict,
    refusal: undefined,
    isRepeat: true,
    wasPaid: false,
    mayQueryAtOnce: true,
    error: undefined,
  }
  yield* followOrReverse(sent, calls, deadline, options)
}

const isOutcome = (state: MicropayState<object>): state is MicropayOutcome<object> =>
  ['paid', 'refused', 'reversed', 'unknown'].includes(state.state)

function refuseAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new TransportError('ABORTED', 'Aborted before it was sent.', false, signal.reason)
}

/** A payment that was sent, and how WeChat Pay responded. */
interface Sent {
  readonly verdict: Verdict
  /** WeChat Pay has not carried out this request. An earlier one under the same number may have been. */
  readonly refusal: MicropayRefusal | undefined
  /** If it is paid, an earlier request was. */
  readonly isRepeat: boolean
  /** WeChat Pay says that the number was paid before this request: that payment is not this call's to reverse. */
  readonly wasPaid: boolean
  /** The query need not wait: the response does not say that it is to be made later. */
  readonly mayQueryAtOnce: boolean
  readonly error: unknown
}

/** WeChat Pay asks by these codes for a query, and not at once: 5 s after a system error, later while the shopper is paying. */
const asksToWait = (code: string): boolean => code === 'USERPAYING' || isOutOfOrderCode(code)

/** @throws what kept the payment from being sent */
async function payOnce(payment: MicropayPayment, calls: MicropayCalls, signal: AbortSignal | undefined): Promise<Sent> {
  try {
    const verdict = verdictOf(await payment.pay(signal), calls, payment.paidState)
    return { verdict, refusal: undefined, isRepeat: false, wasPaid: false, mayQueryAtOnce: false, error: undefined }
  } catch (error) {
    if (wasNotSent(error)) throw error
    const refusal = refusalIn(error)
    return {
      verdict: { is: 'open', reason: reasonOf(error) },
      refusal,
      isRepeat: refusal !== undefined,
      wasPaid: serviceCodeOf(error) === 'ORDERPAID',
      mayQueryAtOnce: !asksToWait(serviceCodeOf(error) ?? ''),
      error,
    }
  }
}

async function* followOrReverse(
  sent: Sent,
  calls: MicropayCalls,
  deadline: Deadline,
  { signal, onUnsettled }: RunOptions,
): AsyncGenerator<MicropayState<object>, void, undefined> {
  const progress: Progress = { hasFoundOrder: false }
  let isOpen = true
  try {
    for await (const state of follow(sent, calls, deadline, progress, signal)) {
      isOpen = !isOutcome(state)
      yield state
    }
  } finally {
    if (isOpen) await abandon(sent, calls, deadline, progress, onUnsettled)
  }
}

interface Progress {
  /** A query has found the order, so that it is there to be reversed. */
  hasFoundOrder: boolean
}

async function* follow(
  sent: Sent,
  calls: MicropayCalls,
  deadline: Deadline,
  progress: Progress,
  signal: AbortSignal | undefined,
): AsyncGenerator<MicropayState<object>, void, undefined> {
  const { out_trade_no } = calls
  const { isRepeat } = sent
  let by: 'response' | 'query' = 'response'
  let { verdict, mayQueryAtOnce } = sent
  for (;;) {
    const outcome = outcomeOf(verdict, { out_trade_no, by, isRepeat })
    if (outcome) return void (yield outcome)
    if (by === 'query' && sent.refusal && !sent.wasPaid && verdict.is === 'open') {
      // This request was refused, and no earlier one has left anything.
      if (verdict.found === 'absent') return void (yield { state: 'refused', out_trade_no, ...sent.refusal })
      // An earlier one has left an order that nobody is paying.
      if (verdict.reason === 'NOTPAY') return yield* reverseOrGiveUp(sent, calls, deadline, progress, 'REFUSED')
    }
    if (verdict.is !== 'open') return yield* reverseOrGiveUp(sent, calls, deadline, progress, 'PAYERROR')
    if (signal?.aborted) return yield* reverseOrGiveUp(sent, calls, deadline, progress, 'ABORTED')
    if (!mayQueryAtOnce) {
      const left = deadline.limit - deadline.elapsed()
      if (left <= 0) return yield* reverseOrGiveUp(sent, calls, deadline, progress, 'LIMIT')
      yield { state: 'waiting', out_trade_no, reason: verdict.reason, elapsed: deadline.elapsed() }
      await deadline.pause(Math.min(deadline.interval, left), signal)
      if (signal?.aborted) continue
    }
    mayQueryAtOnce = false
    by = 'query'
    verdict = await queryVerdict(calls)
    if (verdict.is === 'failed' || (verdict.is === 'open' && verdict.found === 'order')) progress.hasFoundOrder = true
  }
}

/**
 * Ends what is not settled: reverses it. But an order that was paid before this call is not reversed because its query fails; nor
 * is one of which this call's request was refused and no query has told anything.
 */
async function* reverseOrGiveUp(
  { wasPaid, refusal, isRepeat, error }: Sent,
  calls: MicropayCalls,
  deadline: Deadline,
  { hasFoundOrder }: Progress,
  reason: ReversalReason,
): AsyncGenerator<MicropayState<object>, void, undefined> {
  const mayReverse = !wasPaid && (refusal === undefined || hasFoundOrder)
  if (mayReverse) yield* reverseOrder(calls, deadline, { reason, refusal, isRepeat })
  else yield { state: 'unknown', out_trade_no: calls.out_trade_no, error }
}

/**
 * Reverses what a consumer has left. ECMAScript discards what is thrown here when the loop's body has thrown itself, so
 * `onUnsettled` is told first.
 */
async function abandon(
  sent: Sent,
  calls: MicropayCalls,
  deadline: Deadline,
  progress: Progress,
  onUnsettled: RunOptions['onUnsettled'],
): Promise<void> {
  const { out_trade_no } = calls
  let outcome: MicropayOutcome<object> = { state: 'unknown', out_trade_no, error: undefined }
  try {
    for await (const state of endAbandoned(sent, calls, deadline, progress)) if (isOutcome(state)) outcome = state
  } catch (error) {
    outcome = { state: 'unknown', out_trade_no, error }
  }
  if (outcome.state !== 'unknown' && outcome.state !== 'paid') return
  const what =
    outcome.state === 'paid'
      ? 'is paid and cannot be reversed: refund it'
      : sent.wasPaid
        ? 'was paid before this call: query it, and refund it if the goods were not handed over'
        : 'may be paid: reverse it later'
  const message = `The order ${out_trade_no} was left, and ${what}.`
  const error = new MicropayError('OUTCOME_UNKNOWN', message, undefined, { outcome })
  onUnsettled?.(error)
  throw error
}

/** After a refusal one query more tells whether there is anything to reverse. */
async function* endAbandoned(
  sent: Sent,
  calls: MicropayCalls,
  deadline: Deadline,
  progress: Progress,
): AsyncGenerator<MicropayState<object>, void, undefined> {
  const { refusal, wasPaid } = sent
  if (refusal && !wasPaid && !progress.hasFoundOrder) {
    const verdict = await queryVerdict(calls)
    if (verdict.is === 'open' && verdict.found === 'absent')
      return void (yield { state: 'refused', out_trade_no: calls.out_trade_no, ...refusal })
    progress.hasFoundOrder = verdict.is !== 'open' || verdict.found === 'order'
  }
  yield* reverseOrGiveUp(sent, calls, deadline, progress, 'ABORTED')
}
