import { DAY } from '../../core/base/time.ts'
import type { Api } from '../../definitions/call.ts'
import { type Fields, fieldsOf } from '../fields.ts'
import { settledBy } from '../generated/settled-by.ts'
import type { NewWatch, WatchRow } from '../store/call/watches.ts'
import { READERS, type Result, stateResult } from './results.ts'
import type { SettledBy } from './settled-by.ts'
import { ownNumber } from './watch-number.ts'

/** A query to WeChat Pay, which changes nothing. */
export interface Query {
  readonly method: string
  readonly path: string
  readonly params?: Readonly<Record<string, string>>
  readonly body?: Readonly<Record<string, string>>
}

/** A kind of watched call. */
export interface Kind {
  readonly api: Api
  /** The field with its number. */
  readonly number: string
  /** The parameters of the query that are taken from the call. */
  readonly carries: readonly string[]
  /** The parameters without which WeChat Pay refuses the query. */
  readonly requires: readonly string[]
  /** The paths of parameters that are nested in the call: `business.business_product_id`. */
  readonly nested: Readonly<Record<string, string>>
  /** Its failure has the event of a payment, as that of a deduction (委托代扣) does, and ends the watch. */
  readonly failsAsPayment: boolean
  /** Milliseconds for which a watch is queried. */
  readonly maxQueryTime: number
  readonly queryOf: (watch: Queried) => Query
  /** Returns the fields that the response must have: the number, and the merchants of the query. */
  readonly expectedOf: (watch: Queried) => Fields
  /** Returns the part of the response that has these fields. */
  readonly subjectOf: (response: Fields, result: Result) => Fields
  /** Reads the outcome from the response. */
  readonly read: (response: Fields, watch: WatchRow) => Result
}

type Queried = Pick<NewWatch, 'mchid' | 'number' | 'query'>

/** Parameters with the gateway's own merchant, which a query may require although the call does not contain it. */
const OWN: ReadonlySet<string> = new Set(['mchid', 'mch_id', 'sp_mchid', 'combine_mchid', 'combine_mch_id'])
/** Parameters that a query of an order or a refund does not need: alternative numbers, and the page of a list. */
const OTHER_NUMBERS: ReadonlySet<string> = new Set([
  'transaction_id',
  'out_trade_no',
  'refund_id',
  'offset',
  'limit',
  'version',
])

/** Longer than any outcome takes, such as a refund to a bank card. */
export const MAX_QUERY_TIME: number = 30 * DAY
/** WeChat Pay closes an unpaid order within a week by default. */
const ORDER_QUERY_TIME = 7 * DAY

function kindOf(row: SettledBy): Kind {
  const { api, number, as, at, params, required = [], with: fixed = {}, from = {} } = row
  const [method = '', template = ''] = row.query.split(' ')
  const names = params.filter(name => as === undefined || !OTHER_NUMBERS.has(name))
  const reader = as === undefined ? undefined : READERS[as]
  const own = names.filter(name => OWN.has(name))
  /** Returns the parameter for the own merchant. An overseas query has `mchid`, or `sp_mchid` if there is a sub-merchant. */
  const ownOf = ({ sub_mchid }: Readonly<Record<string, string>>): string | undefined =>
    sub_mchid !== undefined && own.includes('sp_mchid') ? 'sp_mchid' : own[0]
  const parties = ({ mchid, query }: Queried): Record<string, string> => {
    const name = ownOf(query)
    const isNamed = own.some(parameter => query[parameter] !== undefined)
    return name === undefined || isNamed ? { ...query } : { [name]: mchid, ...query }
  }
  return {
    api,
    number,
    carries: names,
    requires: required,
    nested: from,
    failsAsPayment: reader?.product === 'deduction',
    // A response without a reader is of an order if it has a state in which nobody has paid.
    maxQueryTime: reader?.product === 'order' || row.unpaid !== undefined ? ORDER_QUERY_TIME : MAX_QUERY_TIME,
    queryOf(watch) {
      const parameters: Record<string, string> = { ...fixed, ...parties(watch), [number]: ownNumber(watch.number) }
      const path = template.slice(1).replace(/\{(\w+)\}/g, (_, name: string) => {
        const value = parameters[name] ?? ''
        delete parameters[name]
        return encodeURIComponent(value)
      })
      return api === 'v2' ? { method, path, body: parameters } : { method, path, params: parameters }
    },
    expectedOf: watch => ({
      ...parties(watch),
      ...(reader?.isCombined && { combine_mchid: watch.mchid }),
      [number]: ownNumber(watch.number),
    }),
    subjectOf(response, result) {
      // In a list of refunds, the fields of the refund in question were extracted by `read`.
      if (reader?.isList && typeof result === 'object') return { ...response, ...result.fields }
      return at === undefined ? response : fieldsOf(response[at])
    },
    read: (response, watch) =>
      reader
        ? reader.read(response, watch)
        : stateResult(row, at === undefined ? response : fieldsOf(response[at]), watch),
  }
}

/** All kinds, by their names. Has no prototype, because a ledger may contain any name. */
export const KINDS: Readonly<Record<string, Kind>> = Object.assign(
  Object.create(null),
  Object.fromEntries(settledBy.map(row => [row.kind, kindOf(row)])),
)

/** The kinds of combined orders (合单), whose notifications identify them by `combine_out_trade_no`. */
export const COMBINED_KINDS: readonly string[] = settledBy.flatMap(({ kind, as = '' }) =>
  READERS[as]?.isCombined ? [kind] : [],
)

interface Placing {
  readonly kind: string
  /** Matches a method and a path, and captures the placeholders. */
  readonly pattern: RegExp
}

const PLACINGS = settledBy.flatMap(({ kind, calls }) => calls.map(call => [call, kind] as const))

/** The kinds of the calls whose paths have no placeholders, which take precedence. If several kinds have a call, the first counts. */
const PLACED_BY_LITERALLY: ReadonlyMap<string, string> = new Map(
  PLACINGS.filter(([call]) => !call.includes('{')).toReversed(),
)

const PLACED_BY: readonly Placing[] = PLACINGS.filter(([call]) => call.includes('{')).map(([call, kind]) => ({
  kind,
  pattern: new RegExp(`^${call.replace(/\{(\w+)\}/g, '(?<$1>[^/]+)')}$`),
}))

/**
 * Finds the kind of a call.
 *
 * @returns its name, and the placeholders of the path; undefined for a call whose outcome no query can find
 */
export function kindPlacedBy(method: string, path: string): { kind: string; names: Fields } | undefined {
  const call = `${method} ${path}`
  const literal = PLACED_BY_LITERALLY.get(call)
  if (literal !== undefined) return { kind: literal, names: {} }
  for (const { kind, pattern } of PLACED_BY) {
    const match = pattern.exec(call)
    if (match) return { kind, names: match.groups ?? {} }
  }
  return undefined
}

/** The watches that an event ends. */
export interface Ending {
  readonly kinds: readonly string[]
  /** The field of the event with their number. */
  readonly number: string
  /** The states that the event must have; undefined if any state ends the watches. */
  readonly states?: { readonly name: string; readonly values: readonly string[] }
}

/** The watches that an event ends, by the name of the event. */
export const ENDINGS: Readonly<Record<string, Ending>> = endings()

function endings(): Record<string, Ending> {
  const found: Record<string, Ending> = {}
  const add = (event: string, { kind, number, state = '', final }: SettledBy) => {
    const { kinds = [], states } = found[event] ?? {}
    const own = Object.entries(final ?? {}).flatMap(([value, name]) => (name === event ? [value] : []))
    const values = [...new Set([...(states?.values ?? []), ...own])]
    found[event] = {
      kinds: [...kinds, kind],
      number,
      ...(values.length > 0 && { states: { name: state, values } }),
    }
  }
  for (const row of settledBy) {
    const { as, final = {} } = row
    for (const event of as === undefined ? new Set(Object.values(final)) : READERS[as]!.events)
      if (event !== null) add(event, row)
  }
  return found
}
