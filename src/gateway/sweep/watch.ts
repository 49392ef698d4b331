import { type Fields, fieldsOf } from '../fields.ts'
import { pickNumbers } from '../relay/numbers.ts'
import type { NewWatch } from '../store/watches.ts'
import { KINDS, kindPlacedBy } from './kinds.ts'
import { watchNumber } from './watch-number.ts'

const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE
/** Milliseconds from placing an order to its first query; each wait is twice the one before. */
const FIRST_WAIT = 5 * MINUTE
const MAX_WAIT = DAY

/**
 * Returns the watch for what a call places; undefined when it is nothing of that, or when the call leaves out what the query
 * requires: a return of shares that names its order by WeChat Pay's number only.
 *
 * @throws {CallError} `BODY_INVALID` a number is too long
 */
export function watchOf({
  mchid,
  method,
  path,
  body,
  caller,
}: {
  readonly mchid: string
  readonly method: string
  readonly path: string
  readonly body: unknown
  readonly caller: string
}): NewWatch | undefined {
  const found = kindPlacedBy(method, path)
  if (!found) return undefined
  const { kind, names } = found
  const { number, carries, requires, nested } = KINDS[kind]!
  const given = fieldsOf(body)
  // Transfers and red packets of APIv2 call it otherwise than their queries.
  const appid = given.appid ?? given.mch_appid ?? given.wxappid
  const inner = Object.entries(nested).map(([name, place]) => [name, valueAt(given, place)])
  const fields: Fields = { ...given, ...names, appid, ...Object.fromEntries(inner) }
  // Without its number the call is refused by whoever reads it next.
  const { [number]: own } = pickNumbers(fields, [number, 'sub_mchid', 'sub_mch_id'])
  if (own === undefined) return undefined
  const query = pickNumbers(fields, carries)
  if (requires.some(name => query[name] === undefined)) return undefined
  return { mchid, kind, number: watchNumber(fields, number), query, caller, expiresAt: expiryOf(fields) }
}

const valueAt = (fields: Fields, place: string): unknown =>
  place.split('.').reduce<unknown>((value, name) => fieldsOf(value)[name], fields)

/** Returns how long to wait before the next query, ms. @param queries how many there were */
export const waitOf = (queries: number): number => Math.min(FIRST_WAIT * 2 ** queries, MAX_WAIT)

/** After its time_expire nobody can pay an order; clocks differ. Milliseconds. */
export const EXPIRY_GRACE: number = 60 * MINUTE
/** How long queries may fail, or be answered about something else, before a call is in doubt, ms. */
export const DOUBT_AFTER: number = DAY

/**
 * How long to ask, ms: an unpaid order is closed within a week unless it says otherwise, and a refund to a bank card takes days.
 *
 * @param kind of the watch
 */
export const giveUpOf = (kind: string): number => (kind.endsWith('order') ? 7 * DAY : 30 * DAY)

/** When an order can no longer be paid, ms, as its `time_expire` says: of APIv3 RFC 3339, of APIv2 Beijing time. */
function expiryOf({ time_expire }: Fields): number {
  if (typeof time_expire !== 'string') return 0
  const v2 = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/.exec(time_expire)
  const text = v2 ? `${v2[1]}-${v2[2]}-${v2[3]}T${v2[4]}:${v2[5]}:${v2[6]}+08:00` : time_expire
  return Date.parse(text) || 0
}
