import { eventNames } from '../../core/endpoints/generated/event-names.ts'
import { nearestName } from '../../core/nearest-name.ts'
import { compilePattern, type Pattern } from '../caps/allow.ts'
import { settledBy } from '../generated/settled-by.ts'
import { matchesEvent } from '../intake/routes.ts'
import { definedEndpoints } from '../log/log-fields.ts'
import { settled } from '../sweep/results.ts'

// A misspelt `allow` locks a caller out of a call that it needs, and misspelt `events` deliver nothing; both without a word.
// They are no errors: WeChat Pay may have an endpoint or an event that is newer than the definitions.

/** The gateway's own pages, but for those below `/admin`. */
const OWN_PAGES: readonly [method: string, path: string][] = [
  ['POST', '/checkout/*'],
  ['GET', '/metrics'],
  ['GET', '/healthz'],
]
const ADMIN = 'admin'

/**
 * Tells what is unusual about a pattern of `allow` that no endpoint fits; undefined where one does.
 *
 * @param text without a fault, see `patternFault`
 * @example
 * ```ts
 * unmatchedAllow('POST /v3/pay/transaction/native')
 * // 'no definition has such an endpoint. Is /v3/pay/transactions/native meant?'
 * ```
 */
export function unmatchedAllow(text: string): string | undefined {
  const pattern = compilePattern(text)
  if (pattern.segments[1] === ADMIN) return undefined
  const fitting = endpoints().filter(({ segments }) => fits(pattern, segments))
  if (fitting.some(({ method }) => takesMethod(pattern, method))) return undefined
  if (fitting.length > 0)
    return `the definitions have it by ${[...new Set(fitting.map(({ method }) => method))].join(', ')} only`
  const [, path = ''] = text.trim().split(/ +/)
  const near = nearestName(path, new Set(similarPaths(pattern)))
  return `no definition has such an endpoint${near ? `. Is ${near} meant?` : ''}`
}

interface Endpoint {
  readonly method: string
  /** With an empty one before the first slash; `*` stands for a placeholder. */
  readonly segments: readonly string[]
}

let all: readonly Endpoint[] | undefined
const endpoints = (): readonly Endpoint[] => {
  all ??= [...definedEndpoints(), ...OWN_PAGES].map(([method, path]) => ({ method, segments: path.split('/') }))
  return all
}

const takesMethod = ({ methods }: Pattern, method: string): boolean =>
  !methods || methods.has(method) || (method === 'GET' && methods.has('HEAD'))

/** Whether a pattern and the path of an endpoint have any path in common. */
const fits = ({ segments, isOpen }: Pattern, path: readonly string[]): boolean =>
  (isOpen ? path.length > segments.length : path.length === segments.length) &&
  segments.every((segment, at) => segment === '*' || path[at] === '*' || segment === path[at])

/** Segments in which a misspelt path differs from the one that was meant, at most. */
const MAX_DIFFERENT = 2

/** Lists the paths that differ little from a pattern's, cut off where that one ends with `**`. Comparing letters of all is slow. */
const similarPaths = ({ segments, isOpen }: Pattern): string[] =>
  endpoints()
    .map(endpoint => endpoint.segments)
    .filter(path => (isOpen ? path.length > segments.length : path.length === segments.length))
    .filter(path => segments.filter((segment, at) => segment !== path[at]).length <= MAX_DIFFERENT)
    .map(path => (isOpen ? [...path.slice(0, segments.length), '**'] : path).join('/'))

/** Events of APIv2 whose names APIv3 has too. */
const V2 = /^v2\//
let events: readonly string[] | undefined

/**
 * Tells what is unusual about a pattern of `events` that no event fits; undefined where one does.
 *
 * @example
 * ```ts
 * unmatchedEvent('TRANSACTIONS.SUCCESS') // 'no definition has such an event. Is TRANSACTION.SUCCESS meant?'
 * ```
 */
export function unmatchedEvent(pattern: string): string | undefined {
  events ??= [...eventNames.map(name => name.replace(V2, '')), ...settledBy.map(({ kind }) => settled(kind))]
  if (events.some(matchesEvent(pattern))) return undefined
  const isOpen = pattern.endsWith('.*')
  const names = isOpen ? new Set(events.map(name => `${name.split('.')[0]}.*`)) : events
  const near = nearestName(pattern, names)
  return `no definition has such an event${near ? `. Is ${near} meant?` : ''}`
}
