import { fieldsOf } from '../fields.ts'
import { watchNumber } from '../intake/about.ts'
import type { NewWatch } from '../ledger/watches.ts'
import { pickNumbers } from '../relay/numbers.ts'
import { KINDS } from './kinds.ts'

const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE
/** The first look, ms after an order was placed; each wait is twice the one before. */
const FIRST = 5 * MINUTE
const LONGEST = DAY

/**
 * What a call places that is to be watched; undefined when it is nothing of that.
 *
 * @throws {CallError} `BODY_INVALID` a number is too long
 */
export function watchOf(mchid: string, method: string, path: string, body: unknown): NewWatch | undefined {
  const fields = fieldsOf(body)
  const found = Object.entries(KINDS).find(([, { placedBy }]) => placedBy.test(`${method} ${path}`))
  if (!found) return undefined
  const [kind, { number, carries }] = found
  // Without its number the call is refused by whoever reads it next.
  const { [number]: own } = pickNumbers(fields, [number, 'sub_mchid', 'sub_mch_id'])
  return own === undefined
    ? undefined
    : { mchid, kind, number: watchNumber(fields, number), query: pickNumbers(fields, carries) }
}

/** How long to wait for the next look, ms. @param looks how often it was looked before */
export const waitOf = (looks: number): number => Math.min(FIRST * 2 ** looks, LONGEST)

/** Days after which nothing is to be heard any more: an unpaid order is closed long before, a refund to a bank card takes days. */
export const GIVE_UP: Readonly<Record<'order' | 'refund', number>> = { order: 7 * DAY, refund: 30 * DAY }
