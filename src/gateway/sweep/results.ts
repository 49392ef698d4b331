import { stringifyJson } from '../../core/index.ts'
import { isFinallyUnpaid, isPaid } from '../../core/trade-states.ts'
import { readProcessedRefund } from '../../flows/notification/processed-refund.ts'
import { type Fields, fieldsOf, withoutSignature } from '../fields.ts'
import type { WatchRow } from '../ledger/watches.ts'
import type { Result, Told } from './kinds.ts'

const told = (event: string, number: unknown, fields: Fields): Told => ({
  event,
  id: `query/${event}/${number}`,
  fields,
  resource: stringifyJson(fields),
})

/** 查询订单: its answer is what the notification holds. */
export function orderResult(answer: Fields): Result {
  const { trade_state, transaction_id } = answer
  if (isPaid(trade_state)) return told('TRANSACTION.SUCCESS', transaction_id, { ...answer, trade_state: 'SUCCESS' })
  return isFinallyUnpaid(trade_state) ? 'over' : 'open'
}

/** 合单查询: paid as one. */
export function combinedResult(answer: Fields): Result {
  const states = listOf(answer.sub_orders).map(({ trade_state }) => trade_state)
  if (states.length > 0 && states.every(state => isPaid(state)))
    return told('TRANSACTION.SUCCESS', answer.combine_out_trade_no, answer)
  return states.length > 0 && states.every(state => isFinallyUnpaid(state)) ? 'over' : 'open'
}

const REFUNDS: Readonly<Record<string, string>> = {
  SUCCESS: 'REFUND.SUCCESS',
  CLOSED: 'REFUND.CLOSED',
  ABNORMAL: 'REFUND.ABNORMAL',
}

/** 查询单笔退款: the notification calls its `status` `refund_status`, and has fewer amounts. */
export function refundResult(answer: Fields, { mchid }: WatchRow): Result {
  const { status, out_trade_no, transaction_id, out_refund_no, refund_id } = answer
  const event = REFUNDS[String(status)]
  if (!event) return 'open'
  const { success_time, user_received_account, sub_mchid } = answer
  const { total, refund, payer_total, payer_refund } = fieldsOf(answer.amount)
  const party = sub_mchid === undefined ? { mchid } : { sp_mchid: mchid, sub_mchid }
  const amount = { total, refund, payer_total, payer_refund }
  const names = { out_trade_no, transaction_id, out_refund_no, refund_id }
  return told(event, refund_id, {
    ...party,
    ...names,
    refund_status: status,
    success_time,
    user_received_account,
    amount,
  })
}

/** 查询订单 (APIv2). The id is that of the notification: `core/notification/v2.ts`. */
export function v2OrderResult(answer: Fields): Result {
  const { trade_state, transaction_id } = answer
  if (!isPaid(trade_state)) return isFinallyUnpaid(trade_state) ? 'over' : 'open'
  const fields = fieldsOf(withoutSignature(answer))
  return { ...told('transaction-success', transaction_id, fields), id: `transaction-success/${transaction_id}/SUCCESS` }
}

/** 查询退款 (APIv2): the refunds of an order, numbered. */
export function v2RefundResult(answer: Fields, { number }: WatchRow): Result {
  const fields = readProcessedRefund(answer, number.slice(number.indexOf('/') + 1))
  if (!fields) return 'open'
  const { refund_id, refund_status } = fields
  return { ...told('refund-processed', refund_id, fields), id: `refund-processed/${refund_id}/${refund_status}` }
}

const listOf = (value: unknown): Fields[] => (Array.isArray(value) ? value.map(fieldsOf) : [])
