import type { RecordedExchange } from '../record/recording.ts'
import { type Observed, type Outcome, observeResponses } from './observe.ts'

/** A difference between two recordings. */
export interface Difference {
  /** Method and path of the definition. */
  readonly endpoint: string
  /** Status, with the error code if there is one. */
  readonly outcome: string
  /** The place: a field as a JSON pointer, `header <name>`, or `outcome`. */
  readonly at: string
  readonly here: string
  readonly there: string
}

export interface Comparison {
  readonly differences: readonly Difference[]
  /** Number of endpoints that both recordings have. */
  readonly compared: number
  /** Endpoints that only the first recording has. */
  readonly onlyHere: readonly string[]
  /** Endpoints that only the second recording has. */
  readonly onlyThere: readonly string[]
}

/** The same of both recordings. */
type Pair<T> = readonly [here: T, there: T]

/**
 * Compares the responses of two recordings, endpoint by endpoint and outcome by outcome: fields, their types, kinds, listed values and
 * lengths, and the names of headers.
 *
 * @param here the first recording
 * @param there the second one
 */
export function compareRecordings(here: readonly RecordedExchange[], there: readonly RecordedExchange[]): Comparison {
  const [first, second] = [observeResponses(here), observeResponses(there)]
  const common = [...first].flatMap(([endpoint, outcomes]) => {
    const others = second.get(endpoint)
    return others ? [[endpoint, [outcomes, others]] as const] : []
  })
  return {
    differences: common.flatMap(([endpoint, pair]) => compareEndpoint(endpoint, pair)),
    compared: common.length,
    onlyHere: [...first.keys()].filter(endpoint => !second.has(endpoint)),
    onlyThere: [...second.keys()].filter(endpoint => !first.has(endpoint)),
  }
}

function compareEndpoint(endpoint: string, [here, there]: Pair<ReadonlyMap<string, Outcome>>): Difference[] {
  const common = [...here.keys()].filter(outcome => there.has(outcome))
  const differences = common.flatMap(outcome =>
    compareOutcome([here.get(outcome)!, there.get(outcome)!]).map(found => ({ endpoint, outcome, ...found })),
  )
  if (common.length === here.size && common.length === there.size) return differences
  const lists = { here: listOf(here.keys(), ', '), there: listOf(there.keys(), ', ') }
  return [{ endpoint, outcome: common.join(', '), at: 'outcome', ...lists }, ...differences]
}

/** A difference between responses of one endpoint and outcome. */
type Found = Omit<Difference, 'endpoint' | 'outcome'>

function compareOutcome([here, there]: Pair<Outcome>): Found[] {
  const headers = [...new Set([...here.headers, ...there.headers])]
    .filter(name => here.headers.has(name) !== there.headers.has(name))
    .map(name => ({ at: `header ${name}`, here: presence(here, name), there: presence(there, name) }))
  const places = [...new Set([...here.fields.keys(), ...there.fields.keys()])]
  const fields = places.flatMap(place => comparePlace(place, [here.fields, there.fields]))
  return [...headers, ...fields]
}

const ABSENT = 'absent'
const presence = ({ headers }: Outcome, name: string): string => (headers.has(name) ? 'present' : ABSENT)

function comparePlace(place: string, [here, there]: Pair<Outcome['fields']>): Found[] {
  const [first, second] = [here.get(place), there.get(place)]
  const at = place || '/'
  if (first && second) return compareObserved([first, second]).map(([a, b]) => ({ at, here: a, there: b }))
  const parent = place.slice(0, place.lastIndexOf('/'))
  // Members of an absent place are absent with it.
  if (place !== '' && !(first ? there : here).has(parent)) return []
  return [{ at, here: first ? textOf(first) : ABSENT, there: second ? textOf(second) : ABSENT }]
}

const listOf = (names: Iterable<string | number>, separator = ' | '): string =>
  [...names].map(String).sort().join(separator)
const textOf = ({ types, kinds }: Observed): string => [listOf(types), listOf(kinds)].filter(Boolean).join(', ')

function compareObserved([here, there]: Pair<Observed>): Pair<string>[] {
  if (listOf(here.types) !== listOf(there.types)) return [[listOf(here.types), listOf(there.types)]]
  // A text may look like digits by chance, and a recording need not have every state: each side must have what the other lacks.
  for (const name of ['kinds', 'values'] as const)
    if (differ(here[name], there[name])) return [[listOf(here[name]), listOf(there[name])]]
  const [[first], [second]] = [[...here.lengths], [...there.lengths]]
  if (here.lengths.size !== 1 || there.lengths.size !== 1 || first === second) return []
  return [[`${first} characters`, `${second} characters`]]
}

const differ = (here: ReadonlySet<string>, there: ReadonlySet<string>): boolean =>
  !isSubset(here, there) && !isSubset(there, here)
const isSubset = (set: ReadonlySet<string>, other: ReadonlySet<string>): boolean =>
  [...set].every(member => other.has(member))
