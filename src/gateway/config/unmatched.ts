import { nearestName } from '../../core/base/nearest-name.ts'
import { nameInApi, PROFIT_SHARING_CHANGE } from '../../core/notification/event-name.ts'
import type { Api } from '../../definitions/call.ts'
import { eventNames } from '../../definitions/generated/event-names.ts'
import { compilePattern, type Pattern } from '../caps/allow.ts'
import { matchesEvent } from '../event/pattern.ts'
import { settledBy } from '../generated/settled-by.ts'
import { definedEndpoints } from '../log/log-fields.ts'
import { settledEventType } from '../sweep/results.ts'

// A misspelt pattern of `allow` locks a caller out, and one of `events` delivers nothing, both without an error. They cause warnings
// and not errors, because WeChat Pay may have endpoints and events that are newer than the definitions.

/** The gateway's own pages, without those under `/admin`. */
const OWN_PAGES: readonly [method: string, path: string][] = [
  ['POST', '/checkout/*'],
  ['GET', '/metrics'],
  ['GET', '/healthz'],
]
const ADMIN = 'admin'

/**
 * Describes the problem with a pattern of `allow` that matches no endpoint.
 *
 * @param text a valid pattern, see `patternProblem`
 * @returns undefined if it matches an endpoint
 * @example
 * ```ts
 * unmatchedAllow('POST /v3/pay/transaction/native')
 * // 'no definition has such an endpoint. Is /v3/pay/transactions/native meant?'
 * ```
 */
export function unmatchedAllow(text: string): string | undefined {
  const pattern = compilePattern(text)
  if (pattern.segments[1] === ADMIN) return undefined
  const matching = endpoints().filter(({ segments }) => matchesPath(pattern, segments))
  if (matching.some(({ method }) => matchesMethod(pattern, method))) return undefined
  if (matching.length > 0)
    return `the definitions have this path with ${[...new Set(matching.map(({ method }) => method))].join(', ')} only`
  const [, path = ''] = text.trim().split(/ +/)
  const near = nearestName(path, new Set(similarPaths(pattern)))
  return `no definition has such an endpoint${near ? `. Is ${near} meant?` : ''}`
}

interface Endpoint {
  readonly method: string
  /** The first one, before the first slash, is empty; `*` stands for a placeholder. */
  readonly segments: readonly string[]
}

let all: readonly Endpoint[] | undefined
const endpoints = (): readonly Endpoint[] => {
  all ??= [...definedEndpoints(), ...OWN_PAGES].map(([method, path]) => ({ method, segments: path.split('/') }))
  return all
}

const matchesMethod = ({ methods }: Pattern, method: string): boolean =>
  !methods || methods.has(method) || (method === 'GET' && methods.has('HEAD'))

/** Returns whether a path exists that matches both a pattern and an endpoint. */
const matchesPath = ({ segments, isOpen }: Pattern, path: readonly string[]): boolean =>
  (isOpen ? path.length > segments.length : path.length === segments.length) &&
  segments.every((segment, at) => segment === '*' || path[at] === '*' || segment === path[at])

/** Maximum number of segments in which a misspelt path differs from the intended one. */
const MAX_DIFFERENT = 2

/**
 * Lists the paths that differ in few segments from a pattern, shortened to its length if it ends with `**`. Comparing the letters of
 * all paths would be slow.
 */
const similarPaths = ({ segments, isOpen }: Pattern): string[] =>
  endpoints()
    .map(endpoint => endpoint.segments)
    .filter(path => (isOpen ? path.length > segments.length : path.length === segments.length))
    .filter(path => segments.filter((segment, at) => segment !== path[at]).length <= MAX_DIFFERENT)
    .map(path => (isOpen ? [...path.slice(0, segments.length), '**'] : path).join('/'))

/** The events that are defined. */
const defined = (): readonly string[] => [
  ...eventNames,
  PROFIT_SHARING_CHANGE,
  ...settledBy.map(({ kind }) => settledEventType(kind)),
]

/** The names that events of a defined type have if another API sends them: `brand/REFUND.SUCCESS`. */
const foreign = (): readonly string[] =>
  APIS.flatMap(api => eventNames.map(name => nameInApi(api, name.replace(/^v2\//, ''))))
const APIS = ['v2', 'v3', 'brand'] as const satisfies readonly Api[]

let events: readonly string[] | undefined

/**
 * Describes the problem with a pattern of `events` that matches no event of a defined type.
 *
 * @returns undefined if it matches an event
 * @example
 * ```ts
 * unmatchedEvent('TRANSACTIONS.SUCCESS') // 'no definition has such an event. Is TRANSACTION.SUCCESS meant?'
 * ```
 */
export function unmatchedEvent(pattern: string): string | undefined {
  events ??= [...defined(), ...foreign()]
  if (events.some(matchesEvent(pattern))) return undefined
  const isOpen = pattern.endsWith('.*')
  const names = isOpen ? new Set(defined().map(name => `${name.split('.')[0]}.*`)) : defined()
  const near = nearestName(pattern, names)
  return `no definition has such an event${near ? `. Is ${near} meant?` : ''}`
}
