import type { Notification } from '../../core/index.ts'
import { isFailedDeduction, isPaid } from '../../core/trade-states.ts'
import { isSuccessfulPayment } from '../../flows/expectation.ts'
import type { NewEvent } from '../ledger/events.ts'
import { COMBINED_KINDS, ENDINGS } from '../sweep/kinds.ts'

type Fields = Readonly<Record<string, unknown>>

/**
 * What an event is about, by the first of these numbers that it has: a payment before the order, for a refund and a profit
 * sharing name both; the order of a service, a transfer, a contract, a complaint, an application.
 */
const SUBJECTS: readonly string[] = [
  'transaction_id',
  'out_trade_no',
  'combine_out_trade_no',
  'out_order_no',
  'out_bill_no',
  'out_batch_no',
  'contract_id',
  'complaint_id',
  'applyment_id',
  'business_code',
  'coupon_id',
  'coupon_code',
  'out_request_no',
]

/**
 * The fields that make two refund events the same fact, so that a query may find out what a notification reports, or the
 * reverse. An abnormal refund that is redirected may become abnormal again: see `mayRecur`. Any other event is told apart by
 * its id alone: two of them never are the same fact.
 */
const REFUND_FACTS: Readonly<Record<string, readonly string[]>> = {
  'REFUND.SUCCESS': ['refund_id'],
  'REFUND.ABNORMAL': ['refund_id', 'user_received_account'],
  'REFUND.CLOSED': ['refund_id'],
}

/** What the ledger keeps of an event to order it, to tell it from others, and to end what waits for it. */
export function aboutOf({
  api,
  event,
  resource,
}: Pick<Notification, 'api' | 'event' | 'resource'>): Pick<NewEvent, 'subject' | 'fact' | 'settles'> {
  const fields = isOverseasOrder(event, resource) ? withTransactionId(Object(resource)) : (Object(resource) as Fields)
  const subject = firstOf(fields, SUBJECTS) ?? null
  // A deduction that failed (委托代扣) comes under the name of a payment, and ends no order.
  if (api === 'v2' && event === 'transaction-success' && !isSuccessfulPayment(fields))
    return { subject, fact: null, settles: deductionsOf(event, fields) }
  // Rentals of APIv2 (免押租借) have a TRANSACTION.SUCCESS of their own, which is no order's.
  if (api === 'v2' && event.includes('.')) return { subject, fact: null, settles: [] }
  if (event === 'TRANSACTION.SUCCESS') return { subject, ...paymentOf(fields) }
  return {
    subject,
    fact: factOf(event, fields, REFUND_FACTS[event] ?? []),
    ...endingOf(event, fields, subject),
    settles: endsOf(event, fields),
  }
}

/**
 * Tells apart the ends of what a merchant names: where a query may have told the one and a notification tells the other, they are
 * the same fact by the number and the state. Two sub-merchants may use one number, so that it is no subject without them; a subject by
 * a number of WeChat Pay's stays, for other events of the same are ordered by it.
 */
function endingOf(event: string, fields: Fields, subject: string | null): Partial<NewEvent> | undefined {
  const { number, states } = ENDINGS[event] ?? {}
  if (number === undefined || !states || !fields[number]) return undefined
  return {
    ...(subject === `${number}/${fields[number]}` && { subject: `${number}/${watchNumber(fields, number)}` }),
    fact: factOf(event, fields, [number, states.name]),
  }
}

/** An overseas order (境外支付) calls its `transaction_id` `id`, in the notification and in the response to a query. */
const isOverseasOrder = (event: string, resource: unknown): boolean => {
  const { id, transaction_id, trade_state } = Object(resource) as Fields
  return (
    event === 'TRANSACTION.SUCCESS' && id !== undefined && transaction_id === undefined && trade_state !== undefined
  )
}

const withTransactionId = (order: Fields): Fields => ({ ...order, transaction_id: order.id })

/** The deductions that a notification of a failure ends: an order may still be paid. */
const deductionsOf = (event: string, fields: Fields): NonNullable<NewEvent['settles']> =>
  endsOf(event, fields).filter(({ kind }) => kind.endsWith('deduction'))

/** Only an order that is paid is a fact that a query finds too, and ends a watch. A deduction ends by its failure as well. */
function paymentOf(fields: Fields): Pick<NewEvent, 'fact' | 'settles'> {
  const event = 'TRANSACTION.SUCCESS'
  const { sub_orders: subOrders, combine_out_trade_no: number } = fields
  if (number === undefined)
    return isPaid(fields.trade_state)
      ? { fact: factOf(event, fields, ['transaction_id']), settles: endsOf(event, fields) }
      : { fact: null, settles: isFailedDeduction(fields.trade_state) ? deductionsOf(event, fields) : [] }
  const isWhole = Array.isArray(subOrders) && subOrders.every(order => isPaid((Object(order) as Fields).trade_state))
  return isWhole
    ? {
        fact: factOf(event, fields, ['combine_out_trade_no']),
        settles: COMBINED_KINDS.map(kind => ({ kind, number: String(number) })),
      }
    : { fact: null, settles: [] }
}

function endsOf(event: string, fields: Fields): NonNullable<NewEvent['settles']> {
  const { kinds = [], number = '', states } = ENDINGS[event] ?? {}
  if (states && !states.values.includes(String(fields[states.name]))) return []
  return kinds.map(kind => ({ kind, number: watchNumber(fields, number) }))
}

/** @returns null where a field is missing: nothing tells then that two events are the same */
function factOf(event: string, fields: Fields, names: readonly string[]): string | null {
  const values = names.map(name => fields[name])
  if (values.length === 0 || !values.every(value => typeof value === 'string' && value !== '')) return null
  // A sub-merchant's own number: two may use the same. WeChat Pay's differ anyway.
  const own = names[0]!.startsWith('out_') ? [watchNumber(fields, names[0]!), ...values.slice(1)] : values
  return [event, names[0], ...own].join('/')
}

/** A sub-merchant's numbers are its own: two may use the same. */
export const watchNumber = (fields: Fields, name: string): string =>
  [fields.sub_mchid ?? fields.sub_mch_id, fields[name]].filter(Boolean).join('/')

function firstOf(fields: Fields, names: readonly string[]): string | undefined {
  const name = names.find(
    one => typeof fields[one] === 'string' || typeof fields[one] === 'bigint' || typeof fields[one] === 'number',
  )
  return name === undefined ? undefined : `${name}/${fields[name]}`
}

/** Tells whether the same may happen again: a refund that is redirected to the same account fails a second time. */
export const mayRecur = (event: string): boolean => event === 'REFUND.ABNORMAL'
