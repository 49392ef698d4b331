import { isFailedDeduction, isPaid } from '../../core/base/trade-states.ts'
import type { AnyNotification } from '../../core/index.ts'
import { isSuccessfulPayment } from '../../flows/expectation.ts'
import type { Fields } from '../fields.ts'
import { SUBJECT_FIELDS } from '../number-fields.ts'
import type { NewEvent } from '../store/event/events.ts'
import { COMBINED_KINDS, ENDINGS, KINDS } from '../sweep/kinds.ts'
import { watchNumber } from '../sweep/watch-number.ts'
import { dedupeKeyOf, REFUND_DEDUPE_FIELDS } from './dedupe.ts'

/** The subject, by which related events are ordered, the key by which duplicates are recognised, and the watches that the event ends. */
export type Correlation = Pick<NewEvent, 'subject' | 'dedupeKey' | 'settles'>
type Settled = NonNullable<NewEvent['settles']>

/**
 * Correlates an event with others and with the watches that wait for it.
 *
 * @param notification an event from a notification or from a query
 */
export function correlate({ api, event, resource }: Pick<AnyNotification, 'api' | 'event' | 'resource'>): Correlation {
  const fields = isOverseasOrder(event, resource) ? withTransactionId(Object(resource)) : (Object(resource) as Fields)
  const subject = subjectOf(fields)
  // A number in the event of a brand is not that of the merchant's order, which it neither orders nor ends.
  if (api === 'brand') return { subject: subject && `brand/${subject}`, dedupeKey: null, settles: [] }
  // A failed deduction (委托代扣) has the event name of a payment, and ends no order.
  if (api === 'v2' && event === 'transaction-success' && !isSuccessfulPayment(fields))
    return { subject, dedupeKey: null, settles: deductionsEndedBy(event, fields) }
  // TRANSACTION.SUCCESS of an APIv2 rental (免押租借) is not the payment of an order.
  if (api === 'v2' && event.includes('.')) return { subject, dedupeKey: null, settles: [] }
  if (event === 'TRANSACTION.SUCCESS') return { subject, ...correlatePayment(fields) }
  return {
    subject,
    dedupeKey: dedupeKeyOf(event, fields, REFUND_DEDUPE_FIELDS[event] ?? []),
    ...correlateEnding(event, fields, subject),
    settles: watchesEndedBy(event, fields),
  }
}

/**
 * Correlates an event that ends a watch by a state. A query may find the same end, so the dedupe key consists of the merchant's number
 * and the state. Two sub-merchants may use the same number, so the subject contains the sub-merchant too; a subject with WeChat Pay's
 * number stays as it is, because other events have the same subject.
 */
function correlateEnding(event: string, fields: Fields, subject: string | null): Partial<Correlation> | undefined {
  const { number, states } = ENDINGS[event] ?? {}
  if (number === undefined || !states || !fields[number]) return undefined
  return {
    ...(subject === `${number}/${fields[number]}` && { subject: `${number}/${watchNumber(fields, number)}` }),
    dedupeKey: dedupeKeyOf(event, fields, [number, states.name]),
  }
}

/** Correlates a payment. Only a paid order has a dedupe key and ends its watch; a deduction also ends by its failure. */
function correlatePayment(fields: Fields): Pick<Correlation, 'dedupeKey' | 'settles'> {
  const event = 'TRANSACTION.SUCCESS'
  const { sub_orders: subOrders, combine_out_trade_no: number, trade_state } = fields
  if (number === undefined) {
    if (isPaid(trade_state))
      return { dedupeKey: dedupeKeyOf(event, fields, ['transaction_id']), settles: watchesEndedBy(event, fields) }
    return { dedupeKey: null, settles: isFailedDeduction(trade_state) ? deductionsEndedBy(event, fields) : [] }
  }
  const isWhole = Array.isArray(subOrders) && subOrders.every(order => isPaid((Object(order) as Fields).trade_state))
  if (!isWhole) return { dedupeKey: null, settles: [] }
  return {
    dedupeKey: dedupeKeyOf(event, fields, ['combine_out_trade_no']),
    settles: COMBINED_KINDS.map(kind => ({ kind, number: String(number) })),
  }
}

/** Recognises an overseas order (境外支付), whose `transaction_id` is called `id` in notifications and responses. */
const isOverseasOrder = (event: string, resource: unknown): boolean => {
  const { id, transaction_id, trade_state } = Object(resource) as Fields
  return (
    event === 'TRANSACTION.SUCCESS' && id !== undefined && transaction_id === undefined && trade_state !== undefined
  )
}

const withTransactionId = (order: Fields): Fields => ({ ...order, transaction_id: order.id })

/** Returns the watched deductions that a failure ends. A watched order stays: it may still be paid. */
const deductionsEndedBy = (event: string, fields: Fields): Settled =>
  watchesEndedBy(event, fields).filter(({ kind }) => KINDS[kind]!.failsAsPayment)

function watchesEndedBy(event: string, fields: Fields): Settled {
  const { kinds = [], number = '', states } = ENDINGS[event] ?? {}
  if (states && !states.values.includes(String(fields[states.name]))) return []
  return kinds.map(kind => ({ kind, number: watchNumber(fields, number) }))
}

function subjectOf(fields: Fields): string | null {
  const name = SUBJECT_FIELDS.find(candidate => ['string', 'bigint', 'number'].includes(typeof fields[candidate]))
  return name === undefined ? null : `${name}/${fields[name]}`
}
