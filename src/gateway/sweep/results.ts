import { refundIdOf, refundStateOf } from '../../core/base/refund-states.ts'
import { awaitsPayment, isFailedDeduction, isFinallyUnpaid, isPaid } from '../../core/base/trade-states.ts'
import { stringifyJson } from '../../core/index.ts'
import { readProcessedRefund } from '../../flows/notification/processed-refund.ts'
import { type Fields, fieldsOf, withoutSignature } from '../fields.ts'
import type { WatchRow } from '../store/call/watches.ts'
import type { NewEvent } from '../store/event/events.ts'
import type { SettledBy } from './settled-by.ts'
import { ownNumber } from './watch-number.ts'

/** The state of a watched call according to the response to a query. */
export type Result =
  /** Not final. */
  | 'open'
  /** Not final, and without effect so far: an unpaid order. */
  | 'unpaid'
  /** Final, without a notification of WeChat Pay: a closed order. */
  | 'ended'
  /** Final, with the event that WeChat Pay would have notified of, or one of the gateway's own. */
  | SyntheticEvent

/** An event that a query has found, in place of a notification. */
export interface SyntheticEvent extends Pick<NewEvent, 'event' | 'resource'> {
  readonly fields: Fields
  readonly id: string
}

const syntheticEvent = (event: string, number: unknown, fields: Fields): SyntheticEvent => ({
  event,
  id: `query/${event}/${number}`,
  fields,
  resource: stringifyJson(fields),
})

/** Returns the result for an order that is not paid. An unknown state is `open`, because money may have moved. */
function unpaidResult(tradeState: unknown): Result {
  if (isFinallyUnpaid(tradeState)) return 'ended'
  return awaitsPayment(tradeState) ? 'unpaid' : 'open'
}

/** Reads 查询订单, whose response has the fields of the notification. */
function orderResult(response: Fields): Result {
  // Overseas orders call it `id`, as their notification does.
  const { trade_state, out_trade_no, id = out_trade_no, transaction_id = id } = response
  if (isPaid(trade_state))
    return syntheticEvent('TRANSACTION.SUCCESS', transaction_id, { ...response, trade_state: 'SUCCESS' })
  return unpaidResult(trade_state)
}

/** Reads 合单查询. The orders are paid together, so an order that is paid in part stays `open`, which ends in doubt. */
function combinedResult(response: Fields): Result {
  const states = listOf(response.sub_orders).map(({ trade_state }) => trade_state)
  if (states.length === 0) return 'open'
  if (states.every(state => isPaid(state)))
    return syntheticEvent('TRANSACTION.SUCCESS', response.combine_out_trade_no, response)
  const results = new Set(states.map(state => (isPaid(state) ? 'open' : unpaidResult(state))))
  if (results.has('open')) return 'open'
  return results.has('unpaid') ? 'unpaid' : 'ended'
}

/** Reads 电商合单委托代扣. If all orders have ended and one has failed, the result is an event of the gateway's own. */
function combinedDeductionResult(response: Fields, watch: WatchRow): Result {
  const result = combinedResult(response)
  if (typeof result === 'object') return result
  const states = listOf(response.sub_orders).map(({ trade_state }) => trade_state)
  const haveEnded = states.every(state => isPaid(state) || isFailedDeduction(state))
  return states.length > 0 && haveEnded ? ownEvent(watch, response, 'FAIL') : 'open'
}

/** Reads 合单查单 (APIv2). The event is the gateway's own, because the response has other and fewer fields than the notification. */
function v2CombinedResult(response: Fields, watch: WatchRow): Result {
  const { trade_state } = response
  if (isPaid(trade_state)) return ownEvent(watch, response, 'SUCCESS')
  return unpaidResult(trade_state)
}

/** Final states of a service order (支付分) of the first version. */
const FINAL_SERVICE_STATES: ReadonlySet<unknown> = new Set(['USER_PAID', 'REVOKED', 'EXPIRED'])
/** Reads 查询订单 of 支付分. `FINISHED` means completed but not yet paid, so it is final only if nothing is to be paid. */
function serviceOrderResult(response: Fields, watch: WatchRow): Result {
  const { state, total_amount } = response
  const isFree = total_amount !== undefined && Number(total_amount) === 0
  return FINAL_SERVICE_STATES.has(state) || (state === 'FINISHED' && isFree) ? ownEvent(watch, response, state) : 'open'
}

const REFUNDS: Readonly<Record<string, string>> = {
  SUCCESS: 'REFUND.SUCCESS',
  CLOSED: 'REFUND.CLOSED',
  ABNORMAL: 'REFUND.ABNORMAL',
}

/**
 * Reads 查询单笔退款. The notification has `refund_status` in place of `status`, and fewer amounts. It names the sub-merchant, which the
 * response does not, so that of the query is used.
 */
function refundResult(response: Fields, { mchid, query, placed_at }: WatchRow): Result {
  const { status, out_trade_no, transaction_id, out_refund_no, refund_id } = response
  const event = REFUNDS[String(status)]
  if (!event) return 'open'
  const { success_time, user_received_account, sub_mchid = query.sub_mchid } = response
  const { total, refund, payer_total, payer_refund } = fieldsOf(response.amount)
  const party = sub_mchid === undefined ? { mchid } : { sp_mchid: mchid, sub_mchid }
  const amount = { total, refund, payer_total, payer_refund }
  const names = { out_trade_no, transaction_id, out_refund_no, refund_id }
  // A redirected refund may become abnormal again. Redirecting it places the watch again, so `placed_at` distinguishes the events.
  const occurrence = status === 'ABNORMAL' ? `${refund_id}/${placed_at}` : refund_id
  return syntheticEvent(event, occurrence, {
    ...party,
    ...names,
    refund_status: status,
    success_time,
    user_received_account,
    amount,
  })
}

/** Reads 查询单笔退款 (境外). It has `REFUNDCLOSE` for a closed refund, and `id` in place of `refund_id`. */
function overseasRefundResult(response: Fields, watch: WatchRow): Result {
  const { recv_account, fund_source, amount } = response
  const id = refundIdOf(response)
  const result = refundResult(
    {
      ...response,
      refund_id: id,
      status: refundStateOf(response),
      user_received_account: recv_account,
    },
    watch,
  )
  if (typeof result !== 'object') return result
  return { ...syntheticEvent(result.event, id, { ...result.fields, recv_account, fund_source, amount }), id: result.id }
}

/** Reads 查询订单 (APIv2). The event has the same id as from a notification: `core/notification/v2.ts`. */
function v2OrderResult(response: Fields): Result {
  const { trade_state, transaction_id } = response
  if (!isPaid(trade_state)) return unpaidResult(trade_state)
  const fields = fieldsOf(withoutSignature(response))
  return {
    ...syntheticEvent('transaction-success', transaction_id, fields),
    id: `transaction-success/${transaction_id}/SUCCESS`,
  }
}

/** Reads 查询退款 (APIv2), whose response has numbered fields for each refund of an order. */
function v2RefundResult(response: Fields, { number }: WatchRow): Result {
  const fields = readProcessedRefund(response, ownNumber(number))
  if (!fields) return 'open'
  const { refund_id, refund_status } = fields
  return {
    ...syntheticEvent('refund-processed', refund_id, fields),
    id: `refund-processed/${refund_id}/${refund_status}`,
  }
}

/**
 * Reads 查询扣款订单. A failure is an event of the gateway's own, because WeChat Pay notifies of it differently for each product, or not
 * at all. A deduction needs no payer, so one that stays unpaid ends in doubt.
 */
function deductionResult(read: (response: Fields) => Result): Reader['read'] {
  return (response, watch) => {
    const { trade_state } = response
    if (isFailedDeduction(trade_state)) return ownEvent(watch, response, trade_state)
    const result = read(response)
    return result === 'unpaid' ? 'open' : result
  }
}

/** Returns the name of the gateway's own event for the end of a call, for which WeChat Pay has no notification. */
export const settledEventType = (kind: string): string => `wechatpay-edge.${kind}.settled`

/** Creates an event of the gateway's own. Its resource is the response to the query, with the sub-merchant of the query. */
function ownEvent({ kind, number, query: { sub_mchid } }: WatchRow, response: Fields, state: unknown): SyntheticEvent {
  const named = sub_mchid === undefined ? {} : { sub_mchid }
  const fields = { ...named, ...fieldsOf(withoutSignature(response)) }
  const event = settledEventType(kind)
  return { event, id: `query/${event}/${number}/${state}`, fields, resource: stringifyJson(fields) }
}

/** Reads a response that needs no {@link Reader}: its state determines the event, which is a notification or the gateway's own. */
export function stateResult(
  { state = '', final = {}, fields = [], unpaid = [] }: SettledBy,
  response: Fields,
  watch: WatchRow,
): Result {
  const value = String(response[state])
  if (unpaid.includes(value)) return 'unpaid'
  if (!Object.hasOwn(final, value)) return 'open'
  const event = final[value]
  if (event === null || event === undefined) return ownEvent(watch, response, value)
  const own = fields.filter(name => response[name] !== undefined).map(name => [name, response[name]])
  const missing = fields.includes('mchid') && response.mchid === undefined ? { mchid: watch.mchid } : {}
  return syntheticEvent(event, `${watch.number}/${value}`, { ...missing, ...Object.fromEntries(own) })
}

/** Reads the responses to a product's query. */
export interface Reader {
  readonly read: (response: Fields, watch: WatchRow) => Result
  /** The notifications of the same outcome. */
  readonly events: readonly string[]
  /** The response is a list that contains the result. */
  readonly isList?: boolean
  /** The orders have a `combine_out_trade_no`, and are paid together. */
  readonly isCombined?: boolean
  /** An order waits for its payer; a deduction (委托代扣) is carried out without one, and can fail. */
  readonly product?: 'order' | 'deduction'
}

/** The readers, by their names in `x-settles` (`as`). */
export const READERS: Readonly<Record<string, Reader>> = {
  order: { read: orderResult, events: ['TRANSACTION.SUCCESS'], product: 'order' },
  combined: { read: combinedResult, events: [], isCombined: true, product: 'order' },
  'combined-deduction': { read: combinedDeductionResult, events: [], isCombined: true, product: 'deduction' },
  deduction: { read: deductionResult(orderResult), events: ['TRANSACTION.SUCCESS'], product: 'deduction' },
  refund: { read: refundResult, events: Object.values(REFUNDS) },
  'overseas-refund': { read: overseasRefundResult, events: Object.values(REFUNDS) },
  'service-order': { read: serviceOrderResult, events: [] },
  'v2-order': { read: v2OrderResult, events: ['transaction-success'], product: 'order' },
  'v2-combined': { read: v2CombinedResult, events: ['combined-transactions-success'], product: 'order' },
  'v2-deduction': { read: deductionResult(v2OrderResult), events: ['transaction-success'], product: 'deduction' },
  'v2-refund': { read: v2RefundResult, events: ['refund-processed'], isList: true },
}

const listOf = (value: unknown): Fields[] => (Array.isArray(value) ? value.map(fieldsOf) : [])
