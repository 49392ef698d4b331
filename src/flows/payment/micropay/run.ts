import { TransportError, WechatpayError } from '../../../core/base/errors.ts'
import { isOutOfOrderCode } from '../../../core/base/service-codes.ts'
import { serviceCodeOf, wasNotSent } from '../../error-kind.ts'
import type { MicropayCalls, MicropayPayment } from './calls.ts'
import type { Deadline } from './deadline.ts'
import { reverseOrder } from './reversal.ts'
import type { MicropayOutcome, MicropayRefusal, MicropayState, ReversalReason } from './state.ts'
import { outcomeOf, queryVerdict, reasonOf, refusalIn, type Verdict, verdictOf } from './verdict.ts'

/** Thrown if the loop was left before the payment was settled, and the payment could not be reversed. */
export class MicropayError extends WechatpayError {
  override readonly name: string = 'MicropayError'
  declare readonly code: 'OUTCOME_UNKNOWN'
  /** `unknown`, or `paid` if the shopper has paid and WeChat Pay refuses to reverse it. */
  declare readonly outcome: MicropayOutcome<object>
}

/** Options of a run besides its calls and its deadline. */
export interface RunOptions {
  readonly signal: AbortSignal | undefined
  readonly onUnsettled: ((error: MicropayError) => void) | undefined
}

/**
 * Pays and follows the payment until it is settled. If the consumer leaves before the last state, reverses the payment.
 */
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

/** Follows a payment that an earlier call sent. */
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

/** A payment that was sent, with WeChat Pay's response. */
interface Sent {
  readonly verdict: Verdict
  /** WeChat Pay's refusal of this request; an earlier request under the same number may have been carried out. */
  readonly refusal: MicropayRefusal | undefined
  /** Whether an earlier request sent the payment, should it turn out to be paid. */
  readonly isRepeat: boolean
  /** Whether WeChat Pay says that the number was paid before; this call must not reverse that payment. */
  readonly wasPaid: boolean
  /** Whether to query without delay, because the response does not ask to wait. */
  readonly mayQueryAtOnce: boolean
  readonly error: unknown
}

/** Returns whether a code asks for a delayed query: 5 s after a system error, longer while the shopper is paying. */
const asksToWait = (code: string): boolean => code === 'USERPAYING' || isOutOfOrderCode(code)

/** @throws the error, if the payment was not sent */
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
  /** Whether a query found the order, so that it can be reversed. */
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
      // This request was refused, and no earlier one created an order.
      if (verdict.found === 'absent') return void (yield { state: 'refused', out_trade_no, ...sent.refusal })
      // An earlier request created an order that the shopper is not paying.
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
 * Reverses an unsettled order. Yields `unknown` instead for an order that was paid before this call, because only its
 * query failed, and for one whose request was refused while no query found an order.
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
 * Reverses a payment that the consumer left. Calls `onUnsettled` before it throws, because ECMAScript discards this
 * error if the loop body has thrown.
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
  const advice =
    outcome.state === 'paid'
      ? 'is paid and cannot be reversed: refund it'
      : sent.wasPaid
        ? 'was paid before this call: query it, and refund it if the goods were not handed over'
        : 'may be paid: reverse it later'
  const message = `The order ${out_trade_no} was left, and ${advice}.`
  const error = new MicropayError('OUTCOME_UNKNOWN', message, undefined, { outcome })
  onUnsettled?.(error)
  throw error
}

/**
 * Ends a run that the consumer left. After a refusal, another query determines whether there is an order to reverse.
 */
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
