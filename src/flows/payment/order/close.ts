import { credentialsOf, type Wechatpay } from '../../../core/client.ts'
import type { CallOptions } from '../../../core/endpoints/call.ts'
import type { V2PayCloseorderPostRequest } from '../../../core/endpoints/generated/types.ts'
import { CallError, ConfigurationError, ServiceError, WechatpayError } from '../../../core/errors.ts'
import { isFinallyUnpaid, isPaid } from '../../../core/trade-states.ts'
import { refuseUnknownOptions, requireMerchantNumber } from '../checks.ts'
import { isAbsent, isTransient, wasNotSent } from '../error-kind.ts'
import { RETRY_OPTIONS, type RetryOptions, readRetries } from '../retries.ts'
import { isOverseas, type OverseasParties, overseasMerchants } from './overseas.ts'
import { type AnyOrder, type CombinedOrder, type OrderOf, queryOrder, tradeStateOf } from './query.ts'

/** Names an order to close; which fields there are tells which API and which mode it is of. `mchid`: default the client's. */
export type CloseName =
  | { readonly out_trade_no: string; readonly mchid?: string }
  | { readonly out_trade_no: string; readonly sp_mchid: string; readonly sub_mchid: string }
  | ({ readonly out_trade_no: string } & OverseasParties)
  | { readonly combine_out_trade_no: string; readonly combine_appid: string }
  | V2PayCloseorderPostRequest

/** How closing an order ends. */
export type ClosedOrder<Data> =
  /** A query says that nobody has paid it, and nobody can any more. */
  | { state: 'closed'; tradeState: string; data: Data }
  /** A query says that it is paid: the shopper was faster. Compare it with your records, and deliver or refund it. */
  | { state: 'paid'; tradeState: string; data: Data }
  /** WeChat Pay has no such order. One whose placing is still on its way may come. */
  | { state: 'absent'; tradeState: undefined; data: undefined }

/** An order is not known to be closed: it may still be paid. The same call again goes on. */
export class CloseError extends WechatpayError {
  override readonly name: string = 'CloseError'
  declare readonly code: 'ORDER_NOT_CLOSED'
  /** The state that the last query found (`NOTPAY`, `USERPAYING`, …); undefined where none was answered. */
  declare readonly tradeState: string | undefined
  /** WeChat Pay's code of the last refusal to close it. */
  declare readonly serviceCode: string | undefined
}

/**
 * Closes an order (关闭订单) that is not to be paid any more, because its time is over or the shopper has left: in APIv3, as a
 * merchant, as a partner, combined (合单), or overseas (`merchant_category_code`); in APIv2.
 *
 * What it guarantees: only a query that finds the order closed makes it `closed`. The response to closing names no order and may be
 * lost; and a shopper may pay while the order is being closed, which is then `paid`. While the order is neither, it is closed
 * again after each delay; closing twice changes nothing.
 *
 * When the process dies in between, call it again. Give an order `time_expire` besides: WeChat Pay closes it then by itself. APIv2
 * closes no order that is younger than 5 minutes.
 *
 * @param name `{ out_trade_no }`; of a partner with `sp_mchid` and `sub_mchid`; `{ combine_appid, combine_out_trade_no }`; overseas
 * `{ merchant_category_code, out_trade_no }`, of an institution with `sp_mchid` and `sub_mchid`; of APIv2
 * `{ appid, mch_id, out_trade_no }`
 * @throws {CallError} the name or an option cannot be right. Nothing was sent
 * @throws {CloseError} `ORDER_NOT_CLOSED`: it may still be paid. The same call again goes on
 * @throws {ServiceError} WeChat Pay refuses the query, and would again: `NO_AUTH`, `SIGN_ERROR` and the like
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4012791860
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4012577452
 * @see https://pay.weixin.qq.com/doc/v2/merchant/4011935216
 * @example
 * ```ts
 * const order = await closeOrder(wxpay, { out_trade_no })
 * if (order.state === 'paid') {
 *   requireExpected(order.data, await db.expected(out_trade_no)) // { total: 100, appid }
 *   await ship(out_trade_no)
 * } else if (order.state === 'closed') await db.release(out_trade_no)
 * ```
 */
export async function closeOrder<Name extends CloseName>(
  client: Wechatpay,
  name: Name,
  options: RetryOptions = {},
): Promise<ClosedOrder<OrderOf<Name>>> {
  refuseUnknownOptions(options, RETRY_OPTIONS)
  const number = 'combine_out_trade_no' in name ? name.combine_out_trade_no : name.out_trade_no
  requireMerchantNumber(number, 'combine_out_trade_no' in name ? 'combine_out_trade_no' : 'out_trade_no', 32)
  const { delays, signal, pause } = readRetries(options)
  const { timeout } = options
  const callOptions: CallOptions = timeout === undefined ? {} : { timeout }
  let order: AnyOrder | undefined
  let error: unknown
  for (let attempt = 0; attempt <= delays.length; attempt++) {
    if (attempt > 0) await pause(delays[attempt - 1]!)
    if (signal?.aborted && attempt > 0) break
    error = await sendClose(client, name, order, { ...callOptions, ...(signal && { signal }) }).then(
      () => undefined,
      cause => cause,
    )
    if (isCallerError(error) || (attempt === 0 && signal?.aborted && wasNotSent(error))) throw error
    const found = await queryOrder(client, name, callOptions).catch(cause => ({ cause }))
    if (!('cause' in found)) {
      order = found
      const ended = closedOrderOf(found)
      if (ended) return ended as ClosedOrder<OrderOf<Name>>
    } else if (isAbsent(found.cause)) return { state: 'absent', tradeState: undefined, data: undefined }
    else if (!isTransient(found.cause)) throw found.cause
    else error ??= found.cause
  }
  throw notClosedError(number, order, error)
}

/** The call cannot be sent as it stands. */
const isCallerError = (error: unknown): boolean => error instanceof CallError || error instanceof ConfigurationError

/** A combined order is paid as one: where one of its orders is, all are, or are about to be told. */
function closedOrderOf(order: AnyOrder): ClosedOrder<AnyOrder> | undefined {
  const states = 'combine_out_trade_no' in order ? statesOf(order) : [order.trade_state]
  const tradeState = tradeStateOf(order)
  if (states.some(isPaid)) return { state: 'paid', tradeState, data: order }
  return states.length > 0 && states.every(isFinallyUnpaid) ? { state: 'closed', tradeState, data: order } : undefined
}

const statesOf = ({ sub_orders = [] }: CombinedOrder) => sub_orders.map(({ trade_state }) => trade_state)

async function sendClose(
  client: Wechatpay,
  name: CloseName,
  order: AnyOrder | undefined,
  options: CallOptions,
): Promise<void> {
  const once: CallOptions = { ...options, retry: false }
  if ('mch_id' in name) return void (await client.v2.pay.closeorder.post(name, once))
  if ('combine_out_trade_no' in name) return closeCombined(client, name, order as CombinedOrder | undefined, once)
  const { out_trade_no } = name
  if (isOverseas(name)) {
    const merchants = overseasMerchants(name, credentialsOf(client).account.mchid)
    const order = client.v3.global.transactions.outTradeNo._out_trade_no_
    return void (await order.close.post(merchants, { ...once, out_trade_no }))
  }
  if ('sp_mchid' in name) {
    const { sp_mchid, sub_mchid } = name
    const order = client.v3.pay.partner.transactions.outTradeNo._out_trade_no_
    return void (await order.close.post({ sp_mchid, sub_mchid }, { ...once, out_trade_no }))
  }
  const mchid = name.mchid ?? credentialsOf(client).account.mchid
  await client.v3.pay.transactions.outTradeNo._out_trade_no_.close.post({ mchid }, { ...once, out_trade_no })
}

/** Closing a combined order names all of its orders, which a query tells. */
async function closeCombined(
  client: Wechatpay,
  { combine_appid, combine_out_trade_no }: Extract<CloseName, { combine_appid: string }>,
  order: CombinedOrder | undefined,
  options: CallOptions,
): Promise<void> {
  const { sub_orders = [] } = order ?? (await queryOrder(client, { combine_out_trade_no }, options))
  // One that is paid cannot be closed: the next query says so.
  if (sub_orders.some(({ trade_state }) => isPaid(trade_state))) return
  const named = sub_orders.map(({ mchid, out_trade_no, individual_auth_id, sub_mchid, sub_appid }) => ({
    mchid,
    out_trade_no,
    ...(individual_auth_id && { individual_auth_id }),
    ...(sub_mchid && { sub_mchid }),
    ...(sub_appid && { sub_appid }),
  }))
  const { close } = client.v3.combineTransactions.outTradeNo._combine_out_trade_no_
  await close.post({ combine_appid, sub_orders: named }, { ...options, combine_out_trade_no })
}

function notClosedError(number: string, order: AnyOrder | undefined, error: unknown): CloseError {
  const tradeState = order && tradeStateOf(order)
  const found = tradeState ? `is ${tradeState}` : 'was found by no query'
  const serviceCode = error instanceof ServiceError ? error.serviceCode : undefined
  const refusal = serviceCode ? `, and closing it was answered ${serviceCode}` : ''
  const message = `The order ${number} ${found}${refusal}: it may still be paid. Close it again later, and hand nothing over until then.`
  return new CloseError('ORDER_NOT_CLOSED', message, error, { tradeState, serviceCode })
}
