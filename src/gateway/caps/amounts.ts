import { printable } from '../../core/base/error-text.ts'
import { parseJson } from '../../core/index.ts'
import type { Api } from '../../definitions/call.ts'
import { exceededBound } from '../body/json-bounds.ts'
import type { Caller } from '../caller/caller.ts'
import { table as amountTable, fields as fieldSets } from '../generated/amounts.ts'
import { isDefinedEndpoint } from '../log/log-fields.ts'
import { readPaths } from '../path-table.ts'
import { Refusal } from '../problem.ts'

/** The amounts in the body of a call. */
export interface Amount {
  /** The largest of the fields' sums, in the currency's smallest unit: fen (分). 0: the call moves no money. */
  readonly total: number
  /** The sums of the amount fields in the body, by their dotted paths; the amounts in a list are added up. */
  readonly fields: Readonly<Record<string, number>>
  /** The currency in the body, if it is not `CNY`. */
  readonly currency?: string
  /** The first field whose value is not a whole number from 0 to 2^53 − 1. */
  readonly unreadable?: string
}

/** Lists the dotted paths of an endpoint's amount fields; undefined if no definition has the endpoint. */
export type FindAmountFields = (method: string, path: string) => readonly string[] | undefined

/** Stands in the table for the fields of an endpoint whose body does not show the amount that it moves. */
const UNNAMED = '?'

/**
 * Reads the table of endpoints that move money, `generated/amounts.ts`.
 *
 * @param table a table of paths; the word of an endpoint is its index in `sets`
 * @param sets lists of fields, separated by commas
 */
export function readAmounts(table: string, sets: readonly string[]): FindAmountFields {
  const { find } = readPaths(table)
  return (method, path) => {
    const found = find(method, path)
    return found && sets[Number(found.word)]!.split(',').filter(Boolean)
  }
}

const findAmountFields: FindAmountFields = readAmounts(amountTable, fieldSets)

/** Lists an endpoint's amount fields; undefined for an unknown endpoint. A defined GET moves no money. */
function amountFields(api: Api, method: string, path: string): readonly string[] | undefined {
  const fullPath = api === 'v2' ? `/v2${path}` : path
  if (method === 'GET' || method === 'HEAD') return isDefinedEndpoint('GET', fullPath) ? [] : undefined
  return findAmountFields(method, fullPath)
}

/**
 * Determines how much money a call moves.
 *
 * @param path with its parameters filled in; for APIv2 without `/v2`
 * @param body the object that is sent, before it is signed
 * @returns `unknown endpoint`: no definition has it; `unnamed amount`: it moves the amount of an order, a refund or a coupon, which
 * is not in its body (撤销订单, 异常退款, 发放代金券)
 * @example
 * ```ts
 * amountOf('v3', 'POST', '/v3/pay/transactions/native', { amount: { total: 100 } })
 * // { total: 100, fields: { 'amount.total': 100 } }
 * ```
 */
export function amountOf(
  api: Api,
  method: string,
  path: string,
  body: unknown,
): Amount | 'unknown endpoint' | 'unnamed amount' {
  const names = amountFields(api, method, path)
  if (names === undefined) return 'unknown endpoint'
  if (names.includes(UNNAMED)) return 'unnamed amount'
  const { fields, unreadable } = sumFields(body, names)
  const currency = unreadable === undefined ? foreignCurrencyIn(body, names) : undefined
  return {
    total: totalOf(fields),
    fields,
    ...(currency && { currency }),
    ...(unreadable && { unreadable }),
  }
}

/**
 * Determines the total of a call for the audit trail, as {@link amountOf} does, without looking for its currency.
 *
 * @returns undefined for an unknown endpoint, for a call without an amount, and for an amount that is not in the body
 */
export function movedBy(api: Api, method: string, path: string, body: unknown): number | undefined {
  const names = amountFields(api, method, path)
  if (names === undefined || names.includes(UNNAMED)) return undefined
  const { fields } = sumFields(body, names)
  return Object.keys(fields).length === 0 ? undefined : totalOf(fields)
}

const totalOf = (sums: Amount['fields']): number => Math.max(0, ...Object.values(sums))

/** Sums up the amounts in a body. */
function sumFields(body: unknown, names: readonly string[]): Pick<Amount, 'fields' | 'unreadable'> {
  const fields: Record<string, number> = {}
  let unreadable: string | undefined
  for (const name of names) {
    const sum = sumOf(valuesAt(body, name.split('.')))
    if (sum === undefined) continue
    if (Number.isSafeInteger(sum)) fields[name] = sum
    else unreadable ??= name
  }
  return { fields, ...(unreadable && { unreadable }) }
}

/** Matches `fee_type`, `refund_fee_type`, `currency`, `payer_currency`, … in all spellings that {@link valuesAt} accepts. */
const CURRENCY = /(?:feetype|currency)$/

/**
 * Finds the first currency in a body that is not `CNY`: a maximum in fen does not apply to other currencies, whose units are worth
 * more. JSON within a text is parsed if the field contains amounts; other texts, as in `attach`, are the caller's own.
 */
function foreignCurrencyIn(body: unknown, amounts: readonly string[]): string | undefined {
  if (amounts.length === 0) return undefined
  const withAmounts = new Set(amounts.flatMap(path => path.split('.').map(plain)))
  const levels: Iterator<readonly [string, unknown]>[] = [[['', body] as const].values()]
  for (let level = levels.at(-1); level; level = levels.at(-1)) {
    const next = level.next()
    if (next.done) {
      levels.pop()
      continue
    }
    const [name, raw] = next.value
    const isJson = typeof raw === 'string' && withAmounts.has(plain(name)) && /^\s*[[{]/.test(raw)
    const value = isJson ? jsonOf(raw) : raw
    if (Array.isArray(value)) levels.push(nameItems(name, value))
    else if (isRecord(value)) levels.push(Object.entries(value).values())
    else if (isGiven(value) && value !== 'CNY' && CURRENCY.test(plain(name))) return String(value)
  }
  return undefined
}

/** Pairs each item of a list with the name of the list. */
function* nameItems(name: string, values: readonly unknown[]): Generator<readonly [string, unknown]> {
  for (const value of values) yield [name, value]
}

/** @returns undefined if there is no value; not a safe integer if a value is not an amount, or the sum is too large */
function sumOf(values: Iterable<unknown>): number | undefined {
  let sum: number | undefined
  for (const value of values) {
    if (!isGiven(value)) continue
    sum = (sum ?? 0) + (fenOf(value) ?? Number.NaN)
    if (!Number.isSafeInteger(sum)) break
  }
  return sum
}

/** Reads a whole number from 0 on, or its digits: APIv2 has only texts. */
function fenOf(value: unknown): number | undefined {
  const number = typeof value === 'string' && /^\d{1,16}$/.test(value) ? Number(value) : value
  return Number.isSafeInteger(number) && (number as number) >= 0 ? (number as number) : undefined
}

const isGiven = (value: unknown): boolean => value !== undefined && value !== null && value !== ''

/** Values that are still to be visited, and the number of path segments that lead to them. */
interface Level {
  readonly values: Iterator<unknown>
  readonly at: number
}

/**
 * Yields the values at a path: in objects, in every item of a list, and in JSON within a text (APIv2's `receivers`). Names match in
 * any case and with or without underscores, because WeChat Pay's parser may be lenient. A value that should be an object but is not is
 * yielded as it is, and fails as an amount.
 *
 * It uses a stack instead of recursion, so that each value costs the same at any depth.
 */
function* valuesAt(body: unknown, path: readonly string[]): Generator<unknown> {
  const levels: Level[] = []
  const enter = (values: readonly unknown[], at: number): void => void levels.push({ values: values.values(), at })
  enter([body], 0)
  for (let level = levels.at(-1); level; level = levels.at(-1)) {
    const { done, value } = level.values.next()
    const { at } = level
    const name = path[at]
    if (done) levels.pop()
    else if (Array.isArray(value)) enter(value, at)
    else if (name === undefined) yield value
    else if (isRecord(value)) enter(membersNamed(value, name), at + 1)
    else if (isGiven(value)) {
      const inside = typeof value === 'string' ? jsonOf(value) : undefined
      if (typeof inside === 'object') enter([inside], at)
      else yield value
    }
  }
}

function membersNamed(record: Record<string, unknown>, name: string): unknown[] {
  const wanted = plain(name)
  return Object.keys(record)
    .filter(key => plain(key) === wanted)
    .map(key => record[key])
}

/**
 * Parses JSON within a text, which is sent to WeChat Pay unchanged.
 *
 * @returns undefined if it is not JSON, exceeds a bound, or has a duplicate member, for which parsers differ in the value they use
 */
function jsonOf(text: string): unknown {
  if (exceededBound(text)) return undefined
  try {
    const value = parseJson(text)
    return membersIn(value) === namesIn(text) ? value : undefined
  } catch {
    return undefined
  }
}

const namesIn = (json: string): number =>
  Array.from(json.matchAll(/"(?:[^"\\]|\\.)*"(\s*:)?/g)).filter(([, colon]) => colon).length

function membersIn(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  const below = Object.values(value)
  return below.reduce<number>((sum, child) => sum + membersIn(child), Array.isArray(value) ? 0 : below.length)
}

/** Excludes the form of an upload, which contains no amounts. */
const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !(value instanceof FormData)

const plain = (name: string): string => name.replaceAll('_', '').toLowerCase()

/**
 * Refuses a call that moves more than its caller may, or whose amount cannot be determined. A caller without `maxAmount` is never
 * refused.
 *
 * @param path with its parameters filled in; for APIv2 without `/v2`
 * @param body the object that is sent, before it is signed
 * @throws {Refusal} 403 `AMOUNT_OVER_CAP`, 403 `AMOUNT_UNKNOWN`, 400 `AMOUNT_INVALID`
 * @example
 * ```ts
 * refuseOverCap(caller, 'v3', 'POST', '/v3/refund/domestic/refunds', body)
 * ```
 */
export function refuseOverCap(
  { name, maxAmount }: Caller,
  api: Api,
  method: string,
  path: string,
  body: unknown,
): void {
  if (maxAmount === undefined) return
  const amount = amountOf(api, method, path, body)
  if (typeof amount === 'string')
    throw refusal(
      403,
      'AMOUNT_UNKNOWN',
      `${REASONS[amount]}, but ${name} may move at most ${maxAmount} fen per call. Use a caller without maxAmount.`,
    )
  const { currency, unreadable, total, fields } = amount
  if (currency !== undefined)
    throw refusal(
      403,
      'AMOUNT_UNKNOWN',
      `maxAmount is in fen of CNY, but this call names the currency ${printable(currency)}. Use a caller without maxAmount.`,
    )
  if (unreadable)
    throw refusal(
      400,
      'AMOUNT_INVALID',
      `${unreadable} is not a whole number of fen, 0 or more. Send digits only, without a sign or a decimal point.`,
      {
        field: unreadable,
      },
    )
  if (total <= maxAmount) return
  const field = Object.keys(fields).find(candidate => fields[candidate] === total)!
  throw refusal(
    403,
    'AMOUNT_OVER_CAP',
    `${field} is ${total} fen, but ${name} may move at most ${maxAmount} fen per call.`,
    {
      field,
      amount: total,
      maxAmount,
    },
  )
}

const REASONS = {
  'unknown endpoint': 'The amount of this call is unknown, because no definition has the endpoint',
  'unnamed amount': 'This call moves money without an amount in its body',
} as const

const refusal = (status: number, code: string, detail: string, more?: object): Refusal =>
  new Refusal({ status, code, detail, ...more })
