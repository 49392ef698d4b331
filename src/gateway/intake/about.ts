import type { Notification } from '../../core/index.ts'
import { isSuccessfulPayment } from '../../flows/notification/payment-outcome.ts'
import type { NewEvent } from '../ledger/events.ts'

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

/** The events that end what a sweep would ask for, by that the watch's kinds, and the number it is watched by. */
const ENDS: Readonly<Record<string, { kinds: readonly string[]; number: string }>> = {
  'TRANSACTION.SUCCESS': { kinds: ['v3-order', 'v3-partner-order'], number: 'out_trade_no' },
  'REFUND.SUCCESS': { kinds: ['v3-refund', 'v3-ecommerce-refund'], number: 'out_refund_no' },
  'REFUND.ABNORMAL': { kinds: ['v3-refund', 'v3-ecommerce-refund'], number: 'out_refund_no' },
  'REFUND.CLOSED': { kinds: ['v3-refund', 'v3-ecommerce-refund'], number: 'out_refund_no' },
  'transaction-success': { kinds: ['v2-order'], number: 'out_trade_no' },
  'refund-processed': { kinds: ['v2-refund'], number: 'out_refund_no' },
}

/** What happens to one and the same payment or refund once: a query may have told it before the notification does. */
const FACTS: Readonly<Record<string, readonly string[]>> = {
  'TRANSACTION.SUCCESS': ['transaction_id', 'combine_out_trade_no'],
  'REFUND.SUCCESS': ['refund_id'],
  'REFUND.ABNORMAL': ['refund_id'],
  'REFUND.CLOSED': ['refund_id'],
}

/** What the ledger keeps of an event to order it, to tell it from others, and to end what waits for it. */
export function aboutOf({
  api,
  event,
  resource,
}: Pick<Notification, 'api' | 'event' | 'resource'>): Pick<NewEvent, 'subject' | 'fact' | 'settles'> {
  const fields = Object(resource) as Fields
  const subject = firstOf(fields, SUBJECTS) ?? null
  // A deduction that failed (委托代扣) comes under the name of a payment, and ends nothing.
  if (api === 'v2' && event === 'transaction-success' && !isSuccessfulPayment(fields))
    return { subject, fact: null, settles: [] }
  // Rentals of APIv2 (免押租借) have a TRANSACTION.SUCCESS of their own, which is no order's.
  if (api === 'v2' && event.includes('.')) return { subject, fact: null, settles: [] }
  const fact = firstOf(fields, FACTS[event] ?? [])
  return { subject, fact: fact === undefined ? null : `${event}/${fact}`, settles: endsOf(event, fields) }
}

function endsOf(event: string, fields: Fields): NewEvent['settles'] {
  if (event === 'TRANSACTION.SUCCESS' && fields.combine_out_trade_no !== undefined)
    return [{ kind: 'v3-combined-order', number: String(fields.combine_out_trade_no) }]
  const { kinds = [], number = '' } = ENDS[event] ?? {}
  return kinds.map(kind => ({ kind, number: watchNumber(fields, number) }))
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
