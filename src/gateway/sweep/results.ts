import { stringifyJson } from '../../core/index.ts'
import { refundIdOf, refundStateOf } from '../../core/refund-states.ts'
import { awaitsPayment, isFailedDeduction, isFinallyUnpaid, isPaid } from '../../core/trade-states.ts'
import { readProcessedRefund } from '../../flows/notification/processed-refund.ts'
import { type Fields, fieldsOf, withoutSignature } from '../fields.ts'
import type { NewEvent } from '../store/events.ts'
import type { WatchRow } from '../store/watches.ts'
import type { SettledBy } from './settled-by.ts'
import { ownNumber } from './watch-number.ts'

/** The state of a watched call, as the response to a query tells it. */
export type Result =
  /** Nothing final. */
  | 'open'
  /** Nothing final, and nothing has happened: an order that nobody has paid. */
  | 'unpaid'
  /** Final, and WeChat Pay does not notify of it: a closed order. */
  | 'over'
  /** Final: the event that WeChat Pay would have notified of, or one of the gateway's own. */
  | SyntheticEvent

/** An event that a query found, in place of a notification. */
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

/** An order that is not paid: a state that nobody knows may mean that money has moved. */
function unpaidResult(tradeState: unknown): Result {
  if (isFinallyUnpaid(tradeState)) return 'over'
  return awaitsPayment(tradeState) ? 'unpaid' : 'open'
}

/** 查询订单: its answer is what the notification holds. */
function orderResult(answer: Fields): Result {
  // Overseas it is called `id`, in the notification too.
  const { trade_state, out_trade_no, id = out_trade_no, transaction_id = id } = answer
  if (isPaid(trade_state))
    return syntheticEvent('TRANSACTION.SUCCESS', transaction_id, { ...answer, trade_state: 'SUCCESS' })
  return unpaidResult(trade_state)
}

/** 合单查询: paid as one. Where only a part is paid, somebody has to look. */
function combinedResult(answer: Fields): Result {
  const states = listOf(answer.sub_orders).map(({ trade_state }) => trade_state)
  if (states.length === 0) return 'open'
  if (states.every(state => isPaid(state)))
    return syntheticEvent('TRANSACTION.SUCCESS', answer.combine_out_trade_no, answer)
  const results = new Set(states.map(state => (isPaid(state) ? 'open' : unpaidResult(state))))
  if (results.has('open')) return 'open'
  return results.has('unpaid') ? 'unpaid' : 'over'
}

/** 电商合单委托代扣: told as one where all are paid; as an event of ours where all are over and one of them has failed. */
function combinedDeductionResult(answer: Fields, watch: WatchRow): Result {
  const result = combinedResult(answer)
  if (typeof result === 'object') return result
  const states = listOf(answer.sub_orders).map(({ trade_state }) => trade_state)
  const isOver = states.every(state => isPaid(state) || isFailedDeduction(state))
  return states.length > 0 && isOver ? ownEvent(watch, answer, 'FAIL') : 'open'
}

/** 合单查单 (APIv2): an event of ours, because it names the fields otherwise than the notification and lacks some. */
function v2CombinedResult(answer: Fields, watch: WatchRow): Result {
  const { trade_state } = answer
  if (isPaid(trade_state)) return ownEvent(watch, answer, 'SUCCESS')
  return unpaidResult(trade_state)
}

/** States of a service order (支付分) of the first version that is over. */
const SERVICE_OVER: ReadonlySet<unknown> = new Set(['USER_PAID', 'REVOKED', 'EXPIRED'])
/** 查询订单 of 支付分 that has `FINISHED` between completion and payment: it is over then only where nothing is to be paid. */
function serviceOrderResult(answer: Fields, watch: WatchRow): Result {
  const { state, total_amount } = answer
  const isFree = total_amount !== undefined && Number(total_amount) === 0
  return SERVICE_OVER.has(state) || (state === 'FINISHED' && isFree) ? ownEvent(watch, answer, state) : 'open'
}

const REFUNDS: Readonly<Record<string, string>> = {
  SUCCESS: 'REFUND.SUCCESS',
  CLOSED: 'REFUND.CLOSED',
  ABNORMAL: 'REFUND.ABNORMAL',
}

/**
 * 查询单笔退款: the notification calls its `status` `refund_status`, and has fewer amounts. It names the sub-merchant, which the
 * response does not: the refund is that of the one whom the query named.
 */
function refundResult(answer: Fields, { mchid, query, placed_at }: WatchRow): Result {
  const { status, out_trade_no, transaction_id, out_refund_no, refund_id } = answer
  const event = REFUNDS[String(status)]
  if (!event) return 'open'
  const { success_time, user_received_account, sub_mchid = query.sub_mchid } = answer
  const { total, refund, payer_total, payer_refund } = fieldsOf(answer.amount)
  const party = sub_mchid === undefined ? { mchid } : { sp_mchid: mchid, sub_mchid }
  const amount = { total, refund, payer_total, payer_refund }
  const names = { out_trade_no, transaction_id, out_refund_no, refund_id }
  // It may become abnormal again after it was redirected, which places the watch anew.
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

/** 查询单笔退款 (境外): it calls a closed refund `REFUNDCLOSE`, and what the notification calls `refund_id` `id`. */
function overseasRefundResult(answer: Fields, watch: WatchRow): Result {
  const { recv_account, fund_source, amount } = answer
  const id = refundIdOf(answer)
  const result = refundResult(
    {
      ...answer,
      refund_id: id,
      status: refundStateOf(answer),
      user_received_account: recv_account,
    },
    watch,
  )
  if (typeof result !== 'object') return result
  return { ...syntheticEvent(result.event, id, { ...result.fields, recv_account, fund_source, amount }), id: result.id }
}

/** 查询订单 (APIv2). The id is that of the notification: `core/notification/v2.ts`. */
function v2OrderResult(answer: Fields): Result {
  const { trade_state, transaction_id } = answer
  if (!isPaid(trade_state)) return unpaidResult(trade_state)
  const fields = fieldsOf(withoutSignature(answer))
  return {
    ...syntheticEvent('transaction-success', transaction_id, fields),
    id: `transaction-success/${transaction_id}/SUCCESS`,
  }
}

/** 查询退款 (APIv2): the refunds of an order, numbered. */
function v2RefundResult(answer: Fields, { number }: WatchRow): Result {
  const fields = readProcessedRefund(answer, ownNumber(number))
  if (!fields) return 'open'
  const { refund_id, refund_status } = fields
  return {
    ...syntheticEvent('refund-processed', refund_id, fields),
    id: `refund-processed/${refund_id}/${refund_status}`,
  }
}

/**
 * 查询扣款订单: a payment, or a failure that somebody waits for: WeChat Pay notifies of it in another way for each product, or not at
 * all. Nobody has to pay a deduction, so that one that stays unpaid is in doubt.
 */
function deductionResult(read: (answer: Fields) => Result): Reader['read'] {
  return (answer, watch) => {
    const { trade_state } = answer
    if (isFailedDeduction(trade_state)) return ownEvent(watch, answer, trade_state)
    const result = read(answer)
    return result === 'unpaid' ? 'open' : result
  }
}

/** Names the event of ours that tells how a call of a kind ended, where WeChat Pay has none. */
export const settled = (kind: string): string => `wechatpay-edge.${kind}.settled`

/** An event of ours, whose resource is the response to the query, with the sub-merchant that the query named. */
function ownEvent({ kind, number, query: { sub_mchid } }: WatchRow, answer: Fields, state: unknown): SyntheticEvent {
  const named = sub_mchid === undefined ? {} : { sub_mchid }
  const fields = { ...named, ...fieldsOf(withoutSignature(answer)) }
  const event = settled(kind)
  return { event, id: `query/${event}/${number}/${state}`, fields, resource: stringifyJson(fields) }
}

/** Reads a response by its state alone, as the notification's fields or as an event of ours. */
export function stateResult(
  { state = '', final = {}, fields = [], unpaid = [] }: SettledBy,
  answer: Fields,
  watch: WatchRow,
): Result {
  const value = String(answer[state])
  if (unpaid.includes(value)) return 'unpaid'
  if (!Object.hasOwn(final, value)) return 'open'
  const event = final[value]
  if (event === null || event === undefined) return ownEvent(watch, answer, value)
  const own = fields.filter(name => answer[name] !== undefined).map(name => [name, answer[name]])
  const missing = fields.includes('mchid') && answer.mchid === undefined ? { mchid: watch.mchid } : {}
  return syntheticEvent(event, `${watch.number}/${value}`, { ...missing, ...Object.fromEntries(own) })
}

/** How the response to a query of some product is read. */
export interface Reader {
  readonly read: (answer: Fields, watch: WatchRow) => Result
  /** The notifications that say the same. */
  readonly events: readonly string[]
  /** Its response is a list, in which the one that was asked for is looked for. */
  readonly isList?: boolean
  /** Its orders are named by `combine_out_trade_no`, and paid as one. */
  readonly isCombined?: boolean
}

/** By the name that `x-settles` gives (`as`). */
export const READERS: Readonly<Record<string, Reader>> = {
  order: { read: orderResult, events: ['TRANSACTION.SUCCESS'] },
  combined: { read: combinedResult, events: [], isCombined: true },
  'combined-deduction': { read: combinedDeductionResult, events: [], isCombined: true },
  deduction: { read: deductionResult(orderResult), events: ['TRANSACTION.SUCCESS'] },
  refund: { read: refundResult, events: Object.values(REFUNDS) },
  'overseas-refund': { read: overseasRefundResult, events: Object.values(REFUNDS) },
  'service-order': { read: serviceOrderResult, events: [] },
  'v2-order': { read: v2OrderResult, events: ['transaction-success'] },
  'v2-combined': { read: v2CombinedResult, events: ['combined-transactions-success'] },
  'v2-deduction': { read: deductionResult(v2OrderResult), events: ['transaction-success'] },
  'v2-refund': { read: v2RefundResult, events: ['refund-processed'], isList: true },
}

const listOf = (value: unknown): Fields[] => (Array.isArray(value) ? value.map(fieldsOf) : [])
