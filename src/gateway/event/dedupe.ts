import type { Fields } from '../fields.ts'
import { watchNumber } from '../sweep/watch-number.ts'

/**
 * The fields that identify a refund event, whether a notification or a query reports it. An abnormal refund that was redirected may
 * become abnormal again: see {@link mayRecur}.
 */
export const REFUND_DEDUPE_FIELDS: Readonly<Record<string, readonly string[]>> = {
  'REFUND.SUCCESS': ['refund_id'],
  'REFUND.ABNORMAL': ['refund_id', 'user_received_account'],
  'REFUND.CLOSED': ['refund_id'],
}

/**
 * Creates the key that two events share if they report the same occurrence, one in a notification and the other by a query.
 *
 * @param names the fields that identify an occurrence, the number first
 * @returns null if there are no names or a field is missing: only its id then identifies the event
 */
export function dedupeKeyOf(event: string, fields: Fields, names: readonly string[]): string | null {
  const values = names.map(name => fields[name])
  if (values.length === 0 || !values.every(value => typeof value === 'string' && value !== '')) return null
  // Two sub-merchants may use the same number of their own; WeChat Pay's numbers always differ.
  const own = names[0]!.startsWith('out_') ? [watchNumber(fields, names[0]!), ...values.slice(1)] : values
  return [event, names[0], ...own].join('/')
}

/** Returns whether an event can occur repeatedly: a refund that is redirected to the same account may fail a second time. */
export const mayRecur = (event: string): boolean => event === 'REFUND.ABNORMAL'
