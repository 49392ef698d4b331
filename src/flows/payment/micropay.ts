import { partiesOf, type Wechatpay } from '../../core/client.ts'
import { TransportError, WechatpayError } from '../../core/errors.ts'
import { refuseUnknownOptions, requirePositive } from './checks.ts'
import { type MicropayCalls, micropayCalls } from './micropay-calls.ts'
import { type Course, reversal } from './micropay-reversal.ts'
import type { MicropayOrder, MicropayOutcome, MicropayState, MicropayTransaction } from './micropay-state.ts'
import { look, outcomeOf, type Verdict, verdictOf, verdictOfError } from './micropay-verdict.ts'
import { codeOf, wasNotSent } from './service-code.ts'
import { type Wait, waitOrAbort, wait as waitWithTimer } from './wait.ts'

/** How a payment by code is made. */
export interface MicropayOptions {
  /** Gives up: nothing is sent any more but a query and the reversal. */
  signal?: AbortSignal | undefined
  /** Milliseconds between two queries, and between two reversals. Default 5,000, as WeChat Pay advises. */
  interval?: number | undefined
  /** Milliseconds until what is not settled is reversed. Default 45,000. */
  limit?: number | undefined
  /** How often a reversal is tried before the outcome is `unknown`. Default 10. */
  reversals?: number | undefined
  /** Milliseconds that an attempt of a call may take. Default: the client's. */
  timeout?: number | undefined
  /** Waits between the calls. Default: a timer. */
  wait?: Wait | undefined
}

const OPTIONS = ['signal', 'interval', 'limit', 'reversals', 'timeout', 'wait'] satisfies (keyof MicropayOptions)[]

/** The consumer left before the payment was settled, and it could not be reversed. */
export class MicropayError extends WechatpayError {
  override readonly name: string = 'MicropayError'
  declare readonly code: 'OUTCOME_UNKNOWN'
  /** `unknown`, or `paid` where the shopper has paid and WeChat Pay refuses to reverse it. */
  declare readonly outcome: MicropayOutcome<object>
}

/**
 * Pays by the shopper's code (付款码支付) to the end, in APIv3 or APIv2: sends the payment once, queries while it is not
 * settled, and reverses (撤销) what is not settled in time. Each state is told as it comes about; the last is `paid`,
 * `refused`, `reversed` or `unknown`, and after it nothing is under way any more.
 *
 * - The payment is sent once. A lost answer, `SYSTEMERROR`, `BANKERROR` and any code that is not known to be a refusal are
 *   settled by queries. Called again with the same order, after a crash say, it finds the same payment (`isRepeat`).
 * - When `signal` is aborted, the payment is given up: before it was sent nothing happens, and the iterator throws
 *   {@link TransportError} `ABORTED`; after that the order is reversed, not before 15 seconds have passed since the payment,
 *   as WeChat Pay demands. The last state tells what came of it.
 * - `break`, `return` or `throw` in the loop does the same, and waits for it. Where the reversal does not come through, the
 *   loop throws {@link MicropayError}: the shopper may have paid.
 * - APIv2 demands the client certificate (双向证书) for reversals; a client without it does not begin to pay.
 *
 * @param order `amount.total`, `total_fee`: fen; `auth_code`: 18 digits that begin with 10 to 15
 * @throws {CallError} at once: the order or an option cannot be right. Nothing was sent
 * @throws {ConfigurationError} the client lacks a key or its certificate. Nothing was sent
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4012382150
 * @see https://pay.weixin.qq.com/doc/v2/merchant/4011937361
 * @example
 * ```ts
 * for await (const state of micropay(wxpay, {
 *   ...{ appid, mchid, description: 'Tea', out_trade_no, amount: { total: 100 } }, // fen
 *   ...{ payer: { auth_code }, scene_info: { store_info: { id: '0001' } } },
 * })) {
 *   if (state.state === 'waiting') display.show('请输入密码')
 *   if (state.state === 'paid') await handOver(state.transaction.transaction_id)
 * }
 * ```
 */
export function micropay<Order extends MicropayOrder>(
  client: Wechatpay,
  order: Order,
  options: MicropayOptions = {},
): AsyncGenerator<MicropayState<MicropayTransaction<Order>>, void, undefined> {
  refuseUnknownOptions(options, OPTIONS)
  const { signal, timeout, interval = 5_000, limit = 45_000, reversals = 10, wait = waitWithTimer } = options
  requirePositive(interval, 'interval', 'milliseconds')
  requirePositive(limit, 'limit', 'milliseconds')
  requirePositive(reversals, 'reversals', 'attempts')
  const calls = micropayCalls(client, order, timeout === undefined ? {} : { timeout })
  const { now } = partiesOf(client).account
  const states = run(calls, courseOf({ interval, limit, reversals, wait, now }), signal)
  return states as AsyncGenerator<MicropayState<MicropayTransaction<Order>>, void, undefined>
}

/**
 * {@link micropay}, of which only the end is of interest.
 *
 * @throws what {@link micropay} throws
 * @example
 * ```ts
 * const outcome = await micropayOutcome(wxpay, order, { signal: cancelButton.signal })
 * if (outcome.state === 'paid') await handOver(outcome.transaction.transaction_id)
 * else if (outcome.state === 'unknown') await lookAtLater(outcome.out_trade_no)
 * ```
 */
export async function micropayOutcome<Order extends MicropayOrder>(
  client: Wechatpay,
  order: Order,
  options: MicropayOptions = {},
): Promise<MicropayOutcome<MicropayTransaction<Order>>> {
  let last: MicropayState<MicropayTransaction<Order>> | undefined
  for await (const state of micropay(client, order, options)) last = state
  return last as MicropayOutcome<MicropayTransaction<Order>>
}

/** Time passes by the clock, and where that stands still, by what was waited. */
function courseOf({
  interval,
  limit,
  reversals,
  wait,
  now,
}: Required<Omit<MicropayOptions, 'signal' | 'timeout'>> & {
  now: () => number
}): Course {
  let began = now()
  let waited = 0
  return {
    ...{ interval, limit, reversals },
    begin() {
      began = now()
    },
    elapsed: () => Math.max(now() - began, waited),
    async pause(ms, signal) {
      if (ms <= 0) return
      await waitOrAbort(wait, ms, signal)
      if (!signal?.aborted) waited += ms
    },
  }
}

async function* run(
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
    if (isOpen) await abandon(calls, course)
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
  /** WeChat Pay said that this number had been paid before. */
  readonly isRepeat: boolean
  /** Nobody told to wait: the query is due at once. */
  readonly isDue: boolean
}

/** @throws what kept the payment from being sent */
async function payOnce(calls: MicropayCalls, signal: AbortSignal | undefined): Promise<First> {
  try {
    const verdict = verdictOf(await calls.pay(signal), calls.total, calls.paidState)
    return { verdict, isRepeat: false, isDue: false }
  } catch (error) {
    if (wasNotSent(error)) throw error
    const code = codeOf(error)
    return { verdict: verdictOfError(error), isRepeat: code === 'ORDERPAID', isDue: code !== 'USERPAYING' }
  }
}

async function* statesAfter(
  { verdict: first, isRepeat, isDue: isFirstDue }: First,
  calls: MicropayCalls,
  course: Course,
  signal: AbortSignal | undefined,
): AsyncGenerator<MicropayState<object>, void, undefined> {
  const { out_trade_no } = calls
  let by: 'answer' | 'query' = 'answer'
  let isDue = isFirstDue
  for (let verdict = first; ; ) {
    const outcome = outcomeOf(verdict, { out_trade_no, by, isRepeat })
    if (outcome) return void (yield outcome)
    if (verdict.is !== 'open') return yield* reversal(calls, course, 'PAYERROR')
    if (signal?.aborted) return yield* reversal(calls, course, 'ABORTED')
    if (!isDue) {
      const left = course.limit - course.elapsed()
      if (left <= 0) return yield* reversal(calls, course, 'LIMIT')
      yield { state: 'waiting', out_trade_no, reason: verdict.reason, elapsed: course.elapsed() }
      await course.pause(Math.min(course.interval, left), signal)
      if (signal?.aborted) continue
    }
    isDue = false
    by = 'query'
    verdict = await look(calls)
  }
}

/** Nobody looks any more: what is under way is reversed all the same. */
async function abandon(calls: MicropayCalls, course: Course): Promise<void> {
  let last: MicropayState<object> | undefined
  for await (const state of reversal(calls, course, 'ABORTED')) last = state
  const outcome = last as MicropayOutcome<object>
  if (outcome.state !== 'unknown' && outcome.state !== 'paid') return
  const what = outcome.state === 'paid' ? 'is paid and cannot be reversed: refund it' : 'may be paid: reverse it later'
  const message = `The order ${calls.out_trade_no} was left, and ${what}.`
  throw new MicropayError('OUTCOME_UNKNOWN', message, undefined, { outcome })
}
