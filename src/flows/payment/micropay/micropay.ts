import { credentialsOf, type Wechatpay } from '../../../core/client/client.ts'
import { refuseUnknownOptions, requirePositive } from '../../checks.ts'
import { type Wait, waitWithTimer } from '../../wait.ts'
import { type MicropayCalls, micropayCalls, micropayPayment } from './calls.ts'
import { createDeadline, type Deadline } from './deadline.ts'
import { reverseOrder } from './reversal.ts'
import { type MicropayError, payAndFollow, type RunOptions, resume } from './run.ts'
import type { MicropayName, MicropayOrder, MicropayOutcome, MicropayState, MicropayTransaction } from './state.ts'

/** Options of {@link micropay}. */
export interface MicropayOptions {
  /** Gives up the payment: only queries and the reversal are sent after that. */
  signal?: AbortSignal | undefined
  /**
   * Milliseconds before the first query, between queries, and between reversals. Default: 5,000. WeChat Pay recommends
   * 5 s after a system error, then 3 to 5 s; another page recommends 10 s while the shopper enters the password.
   *
   * @see https://pay.weixin.qq.com/doc/v2/merchant/4011937125
   * @see https://pay.weixin.qq.com/doc/global/v2/zh/4013637903
   */
  interval?: number | undefined
  /**
   * Milliseconds after which an unsettled payment is reversed. Default: 45,000, as WeChat Pay recommends; it reverses
   * unpaid ones itself then.
   */
  limit?: number | undefined
  /** Number of attempts to reverse before the outcome is `unknown`. Default: 10 */
  reversals?: number | undefined
  /** Milliseconds per attempt of a call. Default: the client's */
  timeout?: number | undefined
  /** Waits between calls. Default: a timer */
  wait?: Wait | undefined
  /**
   * Called if the loop is left before the payment is settled and the reversal fails: record the order and check it
   * later. After `break` and `return` the loop throws the same error; after a `throw` in the loop body, ECMAScript
   * drops that error, and it is reported only here.
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
 * Pays by the shopper's code (付款码支付), in APIv3 (overseas too) or APIv2: sends the payment once, queries it until it is
 * settled, and reverses it (撤销) if it is not settled in time. Yields each state as it occurs; the last one is `paid`,
 * `refused`, `reversed` or `unknown`.
 *
 * Guarantees:
 * - The payment is sent once. Any response without a state, including every error, is settled by a query: codes such as
 * `AUTH_CODE_EXPIRE`, `OUT_TRADE_NO_USED` or `FREQUENCY_LIMITED` say that this request was not carried out, but an
 * earlier one under the same number may have been.
 * - `paid` requires a verified response. `refused` requires a query that finds no such order, or a closed one.
 * `reversed` requires a reversal that WeChat Pay confirms, or a query that finds it. Everything else is `unknown`.
 * - An order that was paid by an earlier call is found (`isRepeat`), and is not reversed if its query fails.
 * - Aborting `signal` gives up the payment: before it was sent, the iterator throws {@link TransportError} `ABORTED`;
 * after that, the order is reversed, but not within the first 15 seconds, as WeChat Pay recommends. The last state is
 * the outcome.
 * - `break`, `return` or `throw` in the loop does the same and waits for it. If the reversal fails, the shopper may
 * have paid: `onUnsettled` is called and the loop throws {@link MicropayError}. After a `throw` in the loop body, the
 * loop throws that error instead, so set `onUnsettled` if the body may throw. A consumer that calls `next()` itself and
 * then neither continues nor calls `return()` leaves the payment as it is.
 * - APIv2 requires the client certificate (双向证书) for reversals; a client without it does not start the payment.
 *
 * If the process stops in between, the payment stays in its current state: store the order (without its code) before
 * the call, and after the restart call {@link resumeMicropay} to continue, or {@link reverseMicropay} to reverse it.
 * Calling `micropay` again with the same order is safe too.
 *
 * @param client the merchant's or partner's client
 * @param order the request. `amount.total`, `total_fee`: in the smallest unit of the currency (fen, cents, yen), which
 * is required for overseas orders (those with `merchant_category_code`); `auth_code`: 18 digits beginning with 10 to 15
 * @param options see {@link MicropayOptions}
 * @throws {CallError} synchronously: the order or an option is invalid; nothing was sent
 * @throws {ConfigurationError} the client lacks a key or its certificate; nothing was sent
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
 * Continues a payment by code that was sent before, without its code: after a crash, or after the outcome `unknown`.
 * Queries at once, then as {@link micropay} does, and reverses the payment if it is not settled within `limit` from
 * now. Yields the same states except `paying`.
 *
 * @param client the merchant's or partner's client
 * @param name the order as it was sent, without its code. `amount.total`, `total_fee`: in the smallest unit of the
 * currency (fen, cents, yen); an order of another amount under the same number is left alone
 * @param options as for {@link micropay}; `limit`: milliseconds from now
 * @throws {CallError | ConfigurationError} as {@link micropay}
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4012382150
 * @example
 * ```ts
 * for (const order of await db.unsettledPayments())
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
 * Reverses (撤销) a payment by code that was sent before, without its code: an unpaid order is closed, a paid one is
 * returned to the shopper. Repeats the reversal until WeChat Pay or a query confirms it. Do not call it within 15
 * seconds of the payment, as WeChat Pay recommends, nor after 7 days.
 *
 * @param client the merchant's or partner's client
 * @param name the order, as for {@link resumeMicropay}
 * @param options as for {@link micropay}; `signal` and `limit` are ignored
 * @returns `reversed`; `refused` if the order does not exist, or is closed or refunded; `paid` if WeChat Pay refuses to
 * reverse a paid order, for example after 7 days or a profit sharing: refund it; `unknown`: call it again later
 * @throws {CallError | ConfigurationError} as {@link micropay}
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
  // Waiting for 15 seconds is up to the caller, since another process may have sent the payment.
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

/** @throws {CallError | ConfigurationError} */
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
 * Pays like {@link micropay} and returns only the last state.
 *
 * @param client the merchant's or partner's client
 * @param order as for {@link micropay}
 * @param options as for {@link micropay}
 * @throws {CallError | ConfigurationError | TransportError} as {@link micropay}
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4012382150
 * @example
 * ```ts
 * const outcome = await micropayOutcome(wxpay, order, { signal: cancelButton.signal })
 * if (outcome.state === 'paid') await handOver(outcome.transaction.transaction_id)
 * else if (outcome.state === 'unknown') await checkLater(outcome.out_trade_no)
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
