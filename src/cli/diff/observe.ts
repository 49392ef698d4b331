import type { RecordedBody, RecordedExchange, RecordedText, RecordedValue } from '../record/recording.ts'

/** All that was seen at one place of the responses of an endpoint with one outcome. */
export interface Observed {
  readonly types: Set<string>
  readonly kinds: Set<string>
  readonly values: Set<string>
  /** Characters of the texts that the service made. */
  readonly lengths: Set<number>
}

/** The responses of an endpoint with one outcome. */
export interface Outcome {
  /** By place: a JSON pointer with `*` for an item, and `{?}` for a name that was not recorded. */
  readonly fields: Map<string, Observed>
  readonly headers: Set<string>
}

/** Outcomes by method and path, and by status with the error code. */
export type Endpoints = ReadonlyMap<string, ReadonlyMap<string, Outcome>>

/** Gathers what the responses of a recording have, endpoint by endpoint and outcome by outcome. */
export function observeResponses(exchanges: readonly RecordedExchange[]): Endpoints {
  const endpoints = new Map<string, Map<string, Outcome>>()
  const sent = new Set<number>()
  for (const { request, response } of exchanges) {
    for (const part of [request.parameters, request.query, request.body]) collectRefs(part, sent)
    const endpoint = `${request.method} ${request.path}`
    const outcomes = endpoints.get(endpoint) ?? new Map<string, Outcome>()
    endpoints.set(endpoint, outcomes)
    const name = response.code === undefined ? String(response.status) : `${response.status} ${response.code}`
    const outcome = outcomes.get(name) ?? { fields: new Map(), headers: new Set() }
    outcomes.set(name, outcome)
    for (const header of response.headers) outcome.headers.add(header)
    observeValue(response.body, '', outcome.fields, sent)
  }
  return endpoints
}

function collectRefs(value: RecordedBody, refs: Set<number>): void {
  if (value.type === 'string' && value.ref !== undefined) refs.add(value.ref)
  if (value.type === 'object') for (const member of Object.values(value.fields)) collectRefs(member, refs)
  if (value.type === 'array') for (const item of value.items) collectRefs(item, refs)
}

function observeValue(
  value: RecordedBody,
  place: string,
  fields: Map<string, Observed>,
  sent: ReadonlySet<number>,
): void {
  const observed = fields.get(place) ?? { types: new Set(), kinds: new Set(), values: new Set(), lengths: new Set() }
  fields.set(place, observed)
  observed.types.add(value.type)
  for (const [name, below] of membersOf(value)) observeValue(below, `${place}/${name}`, fields, sent)
  if ('value' in value && value.value !== undefined) observed.values.add(String(value.value))
  if (value.type === 'string') observeText(value, place, observed, sent)
}

function membersOf(value: RecordedBody): (readonly [name: string, value: RecordedValue])[] {
  if (value.type === 'array') return value.items.map(item => ['*', item])
  if (value.type !== 'object') return []
  const unnamed = (value.unnamed ?? []).map(member => ['{?}', member] as const)
  return [...Object.entries(value.fields), ...unnamed]
}

/** Fields with a sentence for people. */
const SENTENCE = /(?:message|msg|des|issue)$/

/**
 * Observes the kind and the length of a text that the service made. Neither says anything about the service if the request had the text, or
 * if it is a sentence.
 */
function observeText(
  { kind, length, value, ref }: RecordedText,
  place: string,
  { kinds, lengths }: Observed,
  sent: ReadonlySet<number>,
): void {
  const isEcho = ref !== undefined && sent.has(ref)
  if (value !== undefined || isEcho || SENTENCE.test(place)) return
  kinds.add(kind)
  // A text without a number is short, and the request may have had it too.
  if (ref !== undefined) lengths.add(length)
}
