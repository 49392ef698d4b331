import { credentialsOf, type Wechatpay } from '../../../core/client.ts'
import { type Wait, waitWithTimer } from '../../wait.ts'
import { refuseUnknownOptions, requirePositive } from '../checks.ts'
import { type MicropayCalls, micropayCalls, micropayPayment } from './calls.ts'
import { createDeadline, type Deadline } from './deadline.ts'
import { reverseOrder } from './reversal.ts'
import { type MicropayError, payAndFollow, type RunOptions, resume } from './run.ts'
import type { MicropayName, MicropayOrder, MicropayOutcome, MicropayState, MicropayTransaction } from './state.ts'

/** How a payment by code is made. */
export interface MicropayOptions {
  /** Gives up: nothing is sent any more but a query and the reversal. */
  signal?: AbortSignal | undefined
  /**
   * Milliseconds from a payment that is not settled to the first query, between two queries, and between two reversals. Default
   * 5,000: WeChat Pay advises 5 s after a system error, then 3 to 5 s, on another page 10 s while the shopper enters the password.
   *
   * @see https://pay.weixin.qq.com/doc/v2/merchant/4011937125
   * @see https://pay.weixin.qq.com/doc/global/v2/zh/4013637903
   */
  interval?: number | undefined
  /**
   * Milliseconds until what is not settled is reversed. Default 45,000, as WeChat Pay advises: it reverses by itself what is not
   * paid by then.
   */
  limit?: number | undefined
  /** How often a reversal is tried before the outcome is `unknown`. Default 10. */
  reversals?: number | undefined
  /** Milliseconds that an attempt of a call may take. Default: the client's. */
  timeout?: number | undefined
  /** Waits between the calls. Default: a timer. */
  wait?: Wait | undefined
  /**
   * Called when the loop was left before the payment was settled and it could not be reversed: write the order down and look at
   * it later. The loop throws the same error after `break` and `return`; after a `throw` in its body ECMAScript drops that
   * error, and only this function hears of it.
   */
  onUnsettled?: ((error: MicropayError) => void) | undefined
}

const OPTIONS = [
  'signal',
  'interval',
  'limit',
  'reversals',
  'timeout',
  'wait',
  'onUnsettled',
] satisfies (keyof MicropayOptions)[]

/**
 * Pays by the shopper's code (付款码支付) to the end, in APIv3 (overseas too) or APIv2: sends the payment once, queries while it is not
 * settled, and reverses (撤销) it when it is not settled in time. Yields each state as it comes about; the last is `paid`,
 * `refused`, `reversed` or `unknown`, and after it nothing is under way any more.
 *
 * What it guarantees:
 * - The payment is sent once. Whatever WeChat Pay responds with but a state, an error of any code too, is settled by a query:
 *   `AUTH_CODE_EXPIRE`, `OUT_TRADE_NO_USED` or `FREQUENCY_LIMITED` say that this request was not carried out, and nothing of an
 *   earlier one under the same number.
 * - `paid` is what a verified response says. `refused` takes a query that finds no such order, or a closed one. `reversed` takes
 *   a reversal that WeChat Pay confirms, or a query that finds it. Everything else is `unknown`.
 * - An order that an earlier call has paid is found (`isRepeat`), and never reversed because its query fails.
 * - When `signal` is aborted, the payment is given up: before it was sent nothing happens, and the iterator throws
 *   {@link TransportError} `ABORTED`; after that the order is reversed, not before 15 seconds have passed since the payment,
 *   as WeChat Pay advises. The last state tells what came of it.
 * - `break`, `return` or `throw` in the loop does the same, and waits for it. Where the reversal does not come through, the
 *   shopper may have paid: `onUnsettled` is called and the loop throws {@link MicropayError}. After a `throw` in the body the
 *   loop throws the body's error instead, so give `onUnsettled` where the body may throw. A consumer that calls `next()` by hand
 *   and neither goes on nor calls `return()` leaves the payment as it is.
 * - APIv2 requires the client certificate (双向证书) for reversals; a client without it does not begin to pay.
 *
 * When the process dies in between, the payment is wherever it was: keep the order (without its code) before the call, and after
 * the restart call {@link resumeMicropay} to follow it, or {@link reverseMicropay} to take it back. Calling `micropay` again with
 * the same order is safe too.
 *
 * @param order `amount.total`, `total_fee`: in the smallest unit of its currency (fen, cents, yen), which an overseas order (told by
 * its `merchant_category_code`) has to name; `auth_code`: 18 digits that begin with 10 to 15
 * @throws {CallError} at once: the order or an option cannot be right. Nothing was sent
 * @throws {ConfigurationError} the client lacks a key or its certificate. Nothing was sent
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4012382150
 * @see https://pay.weixin.qq.com/doc/v2/merchant/4011937125
 * @see https://pay.weixin.qq.com/doc/v2/merchant/4011937361
 * @example
 * ```ts
 * for await (const state of micropay(wxpay, {
 *   appid, mchid, description: 'Tea', out_trade_no, amount: { total: 100 }, // fen
 *   payer: { auth_code }, scene_info: { store_info: { id: '0001' } },
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
): MicropayStates<Order> {
  const { calls, deadline, run, callOptions } = prepareRun(client, order, options)
  const payment = micropayPayment(client, order, callOptions)
  return payAndFollow(payment, calls, deadline, run) as MicropayStates<Order>
}

/**
 * Follows a payment by code that was sent before, without its code: after a crash, or when an outcome was `unknown`. Queries at
 * once, then as {@link micropay} does, and reverses it when it is not settled within `limit` from now. Yields the same states but
 * `paying`.
 *
 * @param name the order of the payment, as it was sent; its code is not needed. `amount.total`, `total_fee`: in the
 * smallest unit of its currency (fen, cents, yen), by which an order
 * of another amount under the same number is told apart and left alone
 * @param options as of {@link micropay}; `limit`: milliseconds from now
 * @throws {CallError} {@link ConfigurationError} as {@link micropay}
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4012382150
 * @example
 * ```ts
 * for (const order of await db.paymentsUnderWay())
 *   for await (const state of resumeMicropay(wxpay, order))
 *     if (state.state === 'paid') await handOver(state.transaction.transaction_id)
 * ```
 */
export function resumeMicropay<Name extends MicropayName>(
  client: Wechatpay,
  name: Name,
  options: MicropayOptions = {},
): MicropayStates<Name> {
  const { calls, deadline, run } = prepareRun(client, name, options)
  return resume(calls, deadline, run) as MicropayStates<Name>
}

/**
 * Reverses (撤销) a payment by code that was sent before, without its code: an order that is not paid is closed, the money of one
 * that is paid goes back. Repeats until WeChat Pay confirms it or a query tells. Do not call it within 15 seconds of the payment,
 * as WeChat Pay advises, nor after 7 days.
 *
 * @param name the order of the payment, as {@link resumeMicropay} takes it
 * @param options `signal` and `limit` are not used
 * @returns `reversed`; `refused` where there is no such order, or it is closed or refunded; `paid` where it is paid and WeChat Pay
 * refuses to reverse it, after 7 days or a profit sharing say: refund it; `unknown`: call it again later
 * @throws {CallError} {@link ConfigurationError} as {@link micropay}
 * @see https://pay.weixin.qq.com/doc/v2/merchant/4011937361
 * @example
 * ```ts
 * const { state } = await reverseMicropay(wxpay, { appid, mchid, out_trade_no, amount: { total: 100 } }) // fen
 * ```
 */
export async function reverseMicropay<Name extends MicropayName>(
  client: Wechatpay,
  name: Name,
  options: MicropayOptions = {},
): Promise<MicropayOutcome<MicropayTransaction<Name>>> {
  const { calls, deadline } = prepareRun(client, name, options)
  const { out_trade_no } = calls
  await calls.prepare()
  let last: MicropayState<object> = { state: 'unknown', out_trade_no, error: undefined }
  // Its 15 seconds are the caller's to keep: this process need not be the one that paid.
  const passed: Deadline = { ...deadline, elapsed: () => Number.POSITIVE_INFINITY }
  const reversal = { reason: 'ABORTED', refusal: undefined, isRepeat: true } as const
  for await (const state of reverseOrder(calls, passed, reversal)) last = state
  return last as MicropayOutcome<MicropayTransaction<Name>>
}

type MicropayStates<Name extends MicropayName> = AsyncGenerator<
  MicropayState<MicropayTransaction<Name>>,
  void,
  undefined
>

/** @throws {CallError} {@link ConfigurationError} */
function prepareRun(
  client: Wechatpay,
  name: MicropayName,
  options: MicropayOptions,
): { calls: MicropayCalls; deadline: Deadline; run: RunOptions; callOptions: { timeout?: number } } {
  refuseUnknownOptions(options, OPTIONS)
  const {
    signal,
    timeout,
    interval = 5_000,
    limit = 45_000,
    reversals = 10,
    wait = waitWithTimer,
    onUnsettled,
  } = options
  requirePositive(interval, 'interval', 'milliseconds')
  requirePositive(limit, 'limit', 'milliseconds')
  requirePositive(reversals, 'reversals', 'attempts')
  const callOptions = timeout === undefined ? {} : { timeout }
  const { now } = credentialsOf(client).account
  return {
    calls: micropayCalls(client, name, callOptions),
    deadline: createDeadline({ interval, limit, reversals, wait, now }),
    run: { signal, onUnsettled },
    callOptions,
  }
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
