import { DAY, MINUTE } from '../../core/base/time.ts'
import { type Fields, fieldsOf } from '../fields.ts'
import { pickNumbers } from '../relay/numbers.ts'
import type { NewWatch } from '../store/call/watches.ts'
import { KINDS, kindPlacedBy } from './kinds.ts'
import { watchNumber } from './watch-number.ts'

/** Milliseconds from placing an order to its first query; each further delay is twice the one before. */
const FIRST_DELAY = 5 * MINUTE
export const MAX_QUERY_DELAY: number = DAY

/**
 * Creates the watch for a call.
 *
 * @returns undefined if no query can find the outcome of the call, or if the call does not have the parameters that the query requires,
 * such as a return of profit sharing that identifies its order only by WeChat Pay's number
 * @throws {CallError} `BODY_INVALID`: a number is too long
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
  const bodyFields = fieldsOf(body)
  // APIv2 transfers and red packets have other names for it than their queries.
  const appid = bodyFields.appid ?? bodyFields.mch_appid ?? bodyFields.wxappid
  const inner = Object.entries(nested).map(([name, place]) => [name, valueAt(bodyFields, place)])
  const fields: Fields = { ...bodyFields, ...names, appid, ...Object.fromEntries(inner) }
  // WeChat Pay refuses a call without its number.
  const own = pickNumbers(fields, [number, 'sub_mchid', 'sub_mch_id'])
  if (own[number] === undefined) return undefined
  const query = pickNumbers(fields, carries)
  if (requires.some(name => query[name] === undefined)) return undefined
  return { mchid, kind, number: watchNumber(own, number), query, caller, expiresAt: expiryOf(fields) }
}

const valueAt = (fields: Fields, place: string): unknown =>
  place.split('.').reduce<unknown>((value, name) => fieldsOf(value)[name], fields)

/**
 * Returns the delay before the next query, ms.
 *
 * @param queries the number of queries so far
 */
export const queryDelayOf = (queries: number): number => Math.min(FIRST_DELAY * 2 ** queries, MAX_QUERY_DELAY)

/** Milliseconds after `time_expire` until an order counts as expired, because clocks differ. */
export const EXPIRY_GRACE: number = 60 * MINUTE
/** Milliseconds for which queries may fail or get mismatching responses before a call is in doubt. */
export const DOUBT_AFTER: number = DAY

/** Reads the time after which an order cannot be paid, ms, from its `time_expire`: RFC 3339 in APIv3, Beijing time in APIv2. */
function expiryOf({ time_expire }: Fields): number {
  if (typeof time_expire !== 'string') return 0
  const v2 = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/.exec(time_expire)
  const text = v2 ? `${v2[1]}-${v2[2]}-${v2[3]}T${v2[4]}:${v2[5]}:${v2[6]}+08:00` : time_expire
  return Date.parse(text) || 0
}
