import { printable } from '../../core/error-text.ts'
import { parseJson } from '../../core/index.ts'
import { exceededBound } from '../body/json-bounds.ts'
import type { Caller } from '../caller/caller.ts'
import { fields, table } from '../generated/amounts.ts'
import { isDefinedEndpoint } from '../log/log-fields.ts'
import { readPaths } from '../path-table.ts'
import { Refusal } from '../problem.ts'

type Api = 'v2' | 'v3'

/** How much a call moves, as far as its body tells. */
export interface Amount {
  /** The largest of the fields' sums, in the currency's smallest unit: fen (分). 0: it moves nothing. */
  readonly total: number
  /** The sums of the fields that are there, by their dotted paths; lists are summed up. */
  readonly fields: Readonly<Record<string, number>>
  /** The currency that the body names, when it is another than `CNY`. */
  readonly currency?: string
  /** The first field that holds no whole number from 0 to 2^53 − 1. */
  readonly unreadable?: string
}

/** Finds the fields of an endpoint's body that hold money, dotted; undefined where no definition has the endpoint. */
export type FindAmountFields = (method: string, path: string) => readonly string[] | undefined

/** Stands in place of the fields where the body does not say how much a call moves. */
const UNKNOWN = '?'

/**
 * Reads the table of endpoints that move money, `generated/amounts.ts`.
 *
 * @param table a table of paths; the word of an endpoint is its number among `sets`
 * @param sets lists of fields, separated by commas
 */
export function readAmounts(table: string, sets: readonly string[]): FindAmountFields {
  const { find } = readPaths(table)
  return (method, path) => {
    const found = find(method, path)
    return found && sets[Number(found.word)]!.split(',').filter(Boolean)
  }
}

const findAmountFields: FindAmountFields = readAmounts(table, fields)

/** The definitions' view of an endpoint. A GET that they have moves nothing; of any other nobody knows. */
function amountFields(api: Api, method: string, path: string): readonly string[] | undefined {
  const fullPath = api === 'v2' ? `/v2${path}` : path
  if (method === 'GET' || method === 'HEAD') return isDefinedEndpoint('GET', fullPath) ? [] : undefined
  return findAmountFields(method, fullPath)
}

/**
 * How much money a call moves.
 *
 * @param path filled in, as its definition has it: APIv2 without `/v2`
 * @param body what is sent, before it is signed: an object
 * @returns `unknown endpoint`: no definition has it; `unnamed amount`: it moves what an order, a refund or a balance has,
 * and its body does not say how much that is (撤销订单, 异常退款, 发放代金券)
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
  if (names.includes(UNKNOWN)) return 'unnamed amount'
  const sums: Record<string, number> = {}
  let unreadable: string | undefined
  for (const name of names) {
    const sum = sumOf(valuesAt(body, name.split('.')))
    if (sum === undefined) continue
    if (Number.isSafeInteger(sum)) sums[name] = sum
    else unreadable ??= name
  }
  const currency = unreadable === undefined ? foreignCurrencyIn(body, names) : undefined
  return {
    total: Math.max(0, ...Object.values(sums)),
    fields: sums,
    ...(currency && { currency }),
    ...(unreadable && { unreadable }),
  }
}

/** `fee_type`, `refund_fee_type`, `currency`, `payer_currency`, … in any spelling that {@link valuesAt} takes for a name. */
const CURRENCY = /(?:feetype|currency)$/

/**
 * Finds the first currency in a body that is not `CNY`. A cap counts fen; a penny and a yen are worth more. JSON in a text is
 * read where amounts stand in it; any other text is the caller's own (`attach`).
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
    const [name, given] = next.value
    const isJson = typeof given === 'string' && withAmounts.has(plain(name)) && /^\s*[[{]/.test(given)
    const value = isJson ? jsonOf(given) : given
    if (Array.isArray(value)) levels.push(listed(name, value))
    else if (isRecord(value)) levels.push(Object.entries(value).values())
    else if (isGiven(value) && value !== 'CNY' && CURRENCY.test(plain(name))) return String(value)
  }
  return undefined
}

/** Gives each item of a list the name of the list. */
function* listed(name: string, values: readonly unknown[]): Generator<readonly [string, unknown]> {
  for (const value of values) yield [name, value]
}

/** @returns undefined if no value is given; not a safe integer as soon as one of them is no amount, or their sum is too large */
function sumOf(values: Iterable<unknown>): number | undefined {
  let sum: number | undefined
  for (const value of values) {
    if (!isGiven(value)) continue
    sum = (sum ?? 0) + (fenOf(value) ?? Number.NaN)
    if (!Number.isSafeInteger(sum)) break
  }
  return sum
}

/** A whole number from 0 on, or its digits as text: all of APIv2 is text. */
function fenOf(value: unknown): number | undefined {
  const number = typeof value === 'string' && /^\d{1,16}$/.test(value) ? Number(value) : value
  return Number.isSafeInteger(number) && (number as number) >= 0 ? (number as number) : undefined
}

const isGiven = (value: unknown): boolean => value !== undefined && value !== null && value !== ''

/** Values that are still to be read, and how much of the path lies behind them. */
interface Level {
  readonly values: Iterator<unknown>
  readonly at: number
}

/**
 * Yields the values at a path: in objects, in every item of a list, in JSON inside a text (APIv2's `receivers`). Names count in
 * any case and with or without underscores: nobody knows how exactly the other side reads them. A value without members, where
 * an object ought to be, is yielded as it stands, and is no amount.
 *
 * Keeps its own stack, so that each value costs the same at any depth.
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
 * The value of a JSON text, which goes to WeChat Pay letter by letter: undefined when it is none, and when it names a member
 * twice, of which two readers may take different ones, or exceeds a bound.
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
  return below.reduce<number>((sum, one) => sum + membersIn(one), Array.isArray(value) ? 0 : below.length)
}

/** An upload's form is none: no amount goes by it. */
const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !(value instanceof FormData)

const plain = (name: string): string => name.replaceAll('_', '').toLowerCase()

/**
 * Refuses a call that moves more than its caller may, or of which nobody can say how much it moves. A caller without
 * `maxAmount` is never refused.
 *
 * @param path filled in, as its definition has it: APIv2 without `/v2`
 * @param body what is sent, before it is signed: an object
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
      `${WHY[amount]}, and ${name} may move ${maxAmount} fen a call at the most. Let a caller without maxAmount do it.`,
    )
  const { currency, unreadable, total, fields } = amount
  if (currency !== undefined)
    throw refusal(
      403,
      'AMOUNT_UNKNOWN',
      `maxAmount counts fen of CNY, and this call names the currency ${printable(currency)}. Let a caller without maxAmount do it.`,
    )
  if (unreadable)
    throw refusal(
      400,
      'AMOUNT_INVALID',
      `${unreadable} is no whole number of fen, 0 or more. Give digits without sign and point.`,
      {
        field: unreadable,
      },
    )
  if (total <= maxAmount) return
  const field = Object.keys(fields).find(one => fields[one] === total)!
  throw refusal(
    403,
    'AMOUNT_OVER_CAP',
    `${field} is ${total} fen, and ${name} may move ${maxAmount} fen a call at the most.`,
    {
      field,
      amount: total,
      maxAmount,
    },
  )
}

const WHY = {
  'unknown endpoint': 'No definition says how much this call moves',
  'unnamed amount': 'This call moves money and does not say how much',
} as const

const refusal = (status: number, code: string, detail: string, more?: object): Refusal =>
  new Refusal({ status, code, detail, ...more })
