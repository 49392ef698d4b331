import type { Fields } from '../fields.ts'
import { watchNumber } from '../sweep/watch-number.ts'

/**
 * The fields that make two refund events the same, so that a query may find what a notification reports, and the reverse. A
 * redirected abnormal refund may become abnormal again: see {@link mayRecur}.
 */
export const REFUND_DEDUPE_FIELDS: Readonly<Record<string, readonly string[]>> = {
  'REFUND.SUCCESS': ['refund_id'],
  'REFUND.ABNORMAL': ['refund_id', 'user_received_account'],
  'REFUND.CLOSED': ['refund_id'],
}

/**
 * Makes the key that two events share when they report the same occurrence, whether WeChat Pay notified of it or a query found it.
 *
 * @param names the fields that tell occurrences apart, the number first
 * @returns null where there are no names or a field is missing: the event is then told apart by its id only
 */
export function dedupeKeyOf(event: string, fields: Fields, names: readonly string[]): string | null {
  const values = names.map(name => fields[name])
  if (values.length === 0 || !values.every(value => typeof value === 'string' && value !== '')) return null
  // Two sub-merchants may use the same number of their own; WeChat Pay's numbers always differ.
  const own = names[0]!.startsWith('out_') ? [watchNumber(fields, names[0]!), ...values.slice(1)] : values
  return [event, names[0], ...own].join('/')
}

/** Tells whether the same may happen again: a refund that is redirected to the same account fails a second time. */
export const mayRecur = (event: string): boolean => event === 'REFUND.ABNORMAL'
