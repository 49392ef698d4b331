import { ServiceError, WechatpayError } from '../../../core/base/errors.ts'
import { isFinallyUnpaid, isPaid } from '../../../core/base/trade-states.ts'
import { credentialsOf, type Wechatpay } from '../../../core/client/client.ts'
import type { CallOptions } from '../../../definitions/call.ts'
import type { V2PayCloseorderPostRequest } from '../../../definitions/generated/types.ts'
import { refuseUnknownOptions, requireMerchantNumber } from '../../checks.ts'
import { isAbsent, isCallerError, isTransient, wasNotSent } from '../../error-kind.ts'
import { RETRY_OPTIONS, type RetryOptions, readRetries } from '../../retries.ts'
import { isOverseas, type OverseasParties, overseasMerchants } from './overseas.ts'
import { type AnyOrder, type CombinedOrder, type OrderOf, queryOrder, tradeStateOf } from './query.ts'

/** Identifies an order to close; its fields determine the API version and mode. `mchid`: default the client's. */
export type CloseName =
  | { readonly out_trade_no: string; readonly mchid?: string }
  | { readonly out_trade_no: string; readonly sp_mchid: string; readonly sub_mchid: string }
  | ({ readonly out_trade_no: string } & OverseasParties)
  | { readonly combine_out_trade_no: string; readonly combine_appid: string }
  | V2PayCloseorderPostRequest

/** Result of {@link closeOrder}. */
export type ClosedOrder<Data> =
  /** A query found the order unpaid, and it cannot be paid any more. */
  | { state: 'closed'; tradeState: string; data: Data }
  /** A query found the order paid: the shopper was faster. Compare it with your records, then deliver or refund it. */
  | { state: 'paid'; tradeState: string; data: Data }
  /** WeChat Pay has no such order. It may still arrive if the call that places it is in progress. */
  | { state: 'absent'; tradeState: undefined; data: undefined }

/** Thrown if the order is not known to be closed, so that it may still be paid. Repeat the call to continue. */
export class CloseError extends WechatpayError {
  override readonly name: string = 'CloseError'
  declare readonly code: 'ORDER_NOT_CLOSED'
  /** The state found by the last query (`NOTPAY`, `USERPAYING`, …); undefined if no query got a response. */
  declare readonly tradeState: string | undefined
  /** WeChat Pay's code of the last refusal to close the order. */
  declare readonly serviceCode: string | undefined
}

/**
 * Closes an order (关闭订单) that should not be paid any more, because it has expired or the shopper has left: in APIv3 for
 * a merchant, a partner, a combined order (合单) or overseas (`merchant_category_code`); or in APIv2.
 *
 * Guarantees that `closed` means that a query found the order closed: the response to the closing call does not name
 * the order and may be lost, and the shopper may pay in the meantime, which results in `paid`. While the order is
 * neither, closes it again after each delay; closing twice is harmless.
 *
 * If the process stops in between, call it again. Also give orders a `time_expire`, so that WeChat Pay closes them by
 * itself. APIv2 cannot close orders younger than 5 minutes.
 *
 * @param client the merchant's or partner's client
 * @param name `{ out_trade_no }`, for partners with `sp_mchid` and `sub_mchid`;
 * `{ combine_appid, combine_out_trade_no }`; overseas `{ merchant_category_code, out_trade_no }`, for institutions with
 * `sp_mchid` and `sub_mchid`; in APIv2 `{ appid, mch_id, out_trade_no }`
 * @param options see {@link RetryOptions}
 * @throws {CallError} `name` or an option is invalid; nothing was sent
 * @throws {CloseError} `ORDER_NOT_CLOSED`: the order may still be paid; repeat the call to continue
 * @throws {ServiceError} WeChat Pay refuses the query permanently: `NO_AUTH`, `SIGN_ERROR` and so on
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

/**
 * Reads a final state. A combined order is paid as a whole, so one paid order means that the others are paid or about
 * to be.
 */
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

/** Closes a combined order. The call must name all of its orders, so they are queried first. */
async function closeCombined(
  client: Wechatpay,
  { combine_appid, combine_out_trade_no }: Extract<CloseName, { combine_appid: string }>,
  order: CombinedOrder | undefined,
  options: CallOptions,
): Promise<void> {
  const { sub_orders = [] } = order ?? (await queryOrder(client, { combine_out_trade_no }, options))
  // A paid order cannot be closed; the next query reports it.
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
  const found = tradeState ? `is ${tradeState}` : 'was not found by any query'
  const serviceCode = error instanceof ServiceError ? error.serviceCode : undefined
  const refusal = serviceCode ? `, and closing it was refused with ${serviceCode}` : ''
  const message = `The order ${number} ${found}${refusal}, so it may still be paid. Close it again later, and do not release the goods until then.`
  return new CloseError('ORDER_NOT_CLOSED', message, error, { tradeState, serviceCode })
}
