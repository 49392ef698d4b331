import { type Fields, fieldsOf } from '../fields.ts'
import { settledBy } from '../generated/settled-by.ts'
import type { NewWatch, WatchRow } from '../store/watches.ts'
import { READERS, type Result, stateResult } from './results.ts'
import type { SettledBy } from './settled-by.ts'
import { ownNumber } from './watch-number.ts'

/** A query: a call of the client's that changes nothing. */
export interface Query {
  readonly method: string
  readonly path: string
  readonly params?: Readonly<Record<string, string>>
  readonly body?: Readonly<Record<string, string>>
}

/** A kind of call that is watched. */
export interface Kind {
  readonly api: 'v2' | 'v3'
  /** The field that holds its number. */
  readonly number: string
  /** The parameters of the query that are taken from the call. */
  readonly carries: readonly string[]
  /** The parameters without which WeChat Pay refuses the query. */
  readonly requires: readonly string[]
  /** Where the call nests a parameter: `business.business_product_id`. */
  readonly nested: Readonly<Record<string, string>>
  /** Makes the query. */
  readonly queryOf: (watch: Queried) => Query
  /** Returns what its response must name: the number, and the merchants of the query. */
  readonly expectedOf: (watch: Queried) => Fields
  /** Returns the part of the response that has them. */
  readonly subjectOf: (response: Fields, result: Result) => Fields
  /** Reads the outcome from the response. */
  readonly read: (response: Fields, watch: WatchRow) => Result
}

type Queried = Pick<NewWatch, 'mchid' | 'number' | 'query'>

/** The merchant itself: a query may require it where the call does not name it. */
const OWN: ReadonlySet<string> = new Set(['mchid', 'mch_id', 'sp_mchid', 'combine_mchid', 'combine_mch_id'])
/** An order and a refund are asked for by one number: these are others, or choose among the pages of a list. */
const OTHER_NUMBERS: ReadonlySet<string> = new Set([
  'transaction_id',
  'out_trade_no',
  'refund_id',
  'offset',
  'limit',
  'version',
])

function kindOf(row: SettledBy): Kind {
  const { api, number, as, at, params, required = [], with: fixed = {}, from = {} } = row
  const [method = '', template = ''] = row.query.split(' ')
  const names = params.filter(name => as === undefined || !OTHER_NUMBERS.has(name))
  const reader = as === undefined ? undefined : READERS[as]
  const own = names.filter(name => OWN.has(name))
  /** The merchant's parameter: an overseas query takes `mchid`, or `sp_mchid` where there is a sub-merchant. */
  const ownOf = ({ sub_mchid }: Readonly<Record<string, string>>): string | undefined =>
    sub_mchid !== undefined && own.includes('sp_mchid') ? 'sp_mchid' : own[0]
  const parties = ({ mchid, query }: Queried): Record<string, string> => {
    const name = ownOf(query)
    const isNamed = own.some(other => query[other] !== undefined)
    return name === undefined || isNamed ? { ...query } : { [name]: mchid, ...query }
  }
  return {
    api,
    number,
    carries: names,
    requires: required,
    nested: from,
    queryOf(watch) {
      const given: Record<string, string> = { ...fixed, ...parties(watch), [number]: ownNumber(watch.number) }
      const path = template.slice(1).replace(/\{(\w+)\}/g, (_, name: string) => {
        const value = given[name] ?? ''
        delete given[name]
        return encodeURIComponent(value)
      })
      return api === 'v2' ? { method, path, body: given } : { method, path, params: given }
    },
    expectedOf: watch => ({
      ...parties(watch),
      ...(reader?.isCombined && { combine_mchid: watch.mchid }),
      [number]: ownNumber(watch.number),
    }),
    subjectOf(response, result) {
      // A list of refunds names none of them until one has been read from it.
      if (reader?.isList && typeof result === 'object') return { ...response, ...result.fields }
      return at === undefined ? response : fieldsOf(response[at])
    },
    read: (response, watch) =>
      reader
        ? reader.read(response, watch)
        : stateResult(row, at === undefined ? response : fieldsOf(response[at]), watch),
  }
}

/** All that is watched, by kind. */
export const KINDS: Readonly<Record<string, Kind>> = Object.fromEntries(settledBy.map(row => [row.kind, kindOf(row)]))

/** The kinds of combined orders (合单), whose notification names them by `combine_out_trade_no`. */
export const COMBINED_KINDS: readonly string[] = settledBy.flatMap(({ kind, as = '' }) =>
  READERS[as]?.isCombined ? [kind] : [],
)

interface Placing {
  readonly kind: string
  /** Matches a path, its placeholders as groups. */
  readonly pattern: RegExp
}

const PLACED_BY: readonly Placing[] = settledBy.flatMap(({ kind, calls }) =>
  calls.map(call => ({ kind, pattern: new RegExp(`^${call.replace(/\{(\w+)\}/g, '(?<$1>[^/]+)')}$`) })),
)

/**
 * Finds the kind of a call.
 *
 * @returns its name, and what the path names; undefined of a call that no query settles
 */
export function kindPlacedBy(method: string, path: string): { kind: string; names: Fields } | undefined {
  for (const { kind, pattern } of PLACED_BY) {
    const match = pattern.exec(`${method} ${path}`)
    if (match) return { kind, names: match.groups ?? {} }
  }
  return undefined
}

/** Which events end a watch, and the fields by which two of them are the same fact. */
export interface Ending {
  readonly kinds: readonly string[]
  readonly number: string
  /** The state that the event has to tell; undefined where any does. */
  readonly states?: { readonly name: string; readonly values: readonly string[] }
}

/** By event, the watches that it ends: those of the same API that are named by the same number. */
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
