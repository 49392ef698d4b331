import { partiesOf, type Wechatpay } from '../../core/client.ts'
import { type Wait, wait as waitWithTimer } from '../wait.ts'
import { refuseUnknownOptions, requirePositive } from './checks.ts'
import { micropayCalls } from './micropay-calls.ts'
import { courseOf } from './micropay-course.ts'
import { run } from './micropay-run.ts'
import type { MicropayOrder, MicropayOutcome, MicropayState, MicropayTransaction } from './micropay-state.ts'

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

/**
 * Pays by the shopper's code (付款码支付) to the end, in APIv3 or APIv2: sends the payment once, queries while it is not
 * settled, and reverses (撤销) what is not settled in time. Each state is told as it comes about; the last is `paid`,
 * `refused`, `reversed` or `unknown`, and after it nothing is under way any more.
 *
 * - The payment is sent once. A lost answer, `SYSTEMERROR`, `BANKERROR` and any code that is not known to be a refusal are
 *   settled by queries. Called again with the same order, after a crash say, it finds the same payment (`isRepeat`).
 * - When `signal` is aborted, the payment is given up: before it was sent nothing happens, and the iterator throws
 *   {@link TransportError} `ABORTED`; after that the order is reversed, not before 15 seconds have passed since the payment,
 *   as WeChat Pay advises. The last state tells what came of it.
 * - `break`, `return` or `throw` in the loop does the same, and waits for it. Where the reversal does not come through, the
 *   loop throws {@link MicropayError}: the shopper may have paid.
 * - APIv2 demands the client certificate (双向证书) for reversals; a client without it does not begin to pay.
 *
 * @param order `amount.total`, `total_fee`: fen; `auth_code`: 18 digits that begin with 10 to 15
 * @throws {CallError} at once: the order or an option cannot be right. Nothing was sent
 * @throws {ConfigurationError} the client lacks a key or its certificate. Nothing was sent
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4012382150
 * @see https://pay.weixin.qq.com/doc/v2/merchant/4011937125
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
