import { parseJson } from '../../core/index.ts'
import { type Fields, pick } from '../fields.ts'
import { INDEXED_FIELDS } from '../number-fields.ts'
import type { EventRow } from '../store/event/events.ts'

/** An event as lists show it: without its content, of which only the numbers of orders, refunds and the like remain. */
export interface EventSummary extends Omit<EventRow, 'resource'> {
  readonly numbers: Readonly<Record<string, string>>
}

/** Replaces the content of an event by the numbers in it: lists show neither amounts nor personal data. */
export const withoutResource = ({ resource, ...row }: EventRow): EventSummary => ({
  ...row,
  numbers: pick(fieldsIn(resource), INDEXED_FIELDS),
})

function fieldsIn(resource: string): Fields {
  try {
    return Object(parseJson(resource)) as Fields
  } catch {
    return {}
  }
}
