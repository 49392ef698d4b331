import type { Field, Fields } from '../../scripts/compare-facts/node.ts'
import { SchemaReader } from '../../scripts/compare-facts/schema.ts'
import { type Endpoint, resolve } from '../../scripts/generate/endpoint.ts'
import type { Parameter } from '../../scripts/generate/openapi.ts'
import { document } from './catalogue.ts'

/** A message made up from a definition: what the caller gives or gets, and what of it has another form on the wire. */
export type Sample =
  | { kind: 'plain'; value: string | number | boolean }
  | EncryptedText
  /** Text on the wire, a value in the caller's hands. */
  | { kind: 'text'; encoding: 'json' | 'urlencode'; content: Sample }
  | { kind: 'file'; value: File }
  | { kind: 'list'; members: readonly Sample[] }
  | ObjectSample

/** Text that is encrypted on the wire. */
export interface EncryptedText {
  kind: 'encrypted'
  value: string
  /** `x-encrypted` */
  by: string
}

export interface ObjectSample {
  kind: 'object'
  members: Readonly<Record<string, Sample>>
}

/** All that a full request of an endpoint has: every field that its definition knows. */
export interface RequestSample {
  query: ObjectSample
  headers: ObjectSample
  body: ObjectSample | undefined
}

const reader = new SchemaReader(document)

export function requestSample({ operation, query, body }: Endpoint): RequestSample {
  const parameters = (operation.parameters ?? []).map(one => resolve<Parameter>(document, one))
  const headers = parameters.filter(one => one.in === 'header')
  return {
    query: objectOf(parameterFields(query), 'query'),
    headers: { kind: 'object', members: Object.fromEntries(headers.map(({ name }) => [name, headerOf(name)])) },
    body: body && objectOf(reader.membersOf(body.schema), 'body'),
  }
}

/** Headers hold ASCII alone. */
const headerOf = (name: string): Sample => ({ kind: 'plain', value: `value of ${name}` })

/** A full answer; `undefined` where it is no message. */
export function answerSample({ response }: Endpoint): ObjectSample | undefined {
  if (response.kind !== 'json' && response.kind !== 'xml') return undefined
  return objectOf(reader.membersOf(response.schema), 'answer')
}

const parameterFields = (parameters: readonly Parameter[]): Fields =>
  new Map(parameters.map(({ name, schema = {} }) => [name, reader.fieldOf(schema, false)]))

/** A member for every field, two for every family of numbered ones. */
function objectOf(fields: Fields, at: string): ObjectSample {
  const members: Record<string, Sample> = {}
  for (const [name, field] of fields) {
    for (const one of name.includes('$') ? [0, 1].map(n => name.replaceAll(/\$\w/g, String(n))) : [name])
      members[one] = sampleOf(field, `${at}.${one}`)
  }
  return { kind: 'object', members }
}

function sampleOf(field: Field, at: string): Sample {
  const { type, encoded, holds, ...facets } = field.facets
  if (type?.endsWith('[]')) {
    const item = { ...field, facets: { ...field.facets, type: type.slice(0, -2) } }
    return { kind: 'list', members: [0, 1].map(n => sampleOf(item, `${at}[${n}]`)) }
  }
  if (encoded === 'json' || encoded === 'urlencode') {
    const content = {
      ...field,
      facets: { ...facets, type: holds ?? 'object', encoded: undefined, holds: undefined, encrypted: undefined },
    }
    return { kind: 'text', encoding: encoded, content: sampleOf(content, at) }
  }
  if (facets.format === 'binary') return { kind: 'file', value: new File([`content of ${at}`], '名 1.png') }
  if (facets.encrypted) return { kind: 'encrypted', by: facets.encrypted, value: `密 ${at}`.slice(-60) }
  if (type === 'object') {
    // An object that the definition says nothing of may hold anything.
    return field.members.size > 0
      ? objectOf(field.members, at)
      : { kind: 'object', members: { any: { kind: 'plain', value: at } } }
  }
  return { kind: 'plain', value: scalarOf(field, at) }
}

function scalarOf(
  { facets: { type, enum: [first] = [], format, maxLength } }: Field,
  at: string,
): string | number | boolean {
  if (type === 'boolean') return true
  if (type === 'integer' || type === 'number') return Number(first ?? at.length)
  if (first !== undefined) return first
  if (at.endsWith('.sign_type')) return 'HMAC-SHA256'
  return format === 'date-time' ? '2026-01-02T03:04:05+08:00' : `值 <&> ${at}`.slice(-(maxLength ?? 100))
}

/**
 * The sample as the caller gives it, or gets it.
 *
 * @param encrypted what is given for a text that is encrypted on the wire
 */
export function given(sample: Sample, encrypted: (text: EncryptedText) => unknown = ({ value }) => value): unknown {
  switch (sample.kind) {
    case 'encrypted':
      return encrypted(sample)
    case 'text':
      return given(sample.content, encrypted)
    case 'list':
      return sample.members.map(member => given(member, encrypted))
    case 'object':
      return Object.fromEntries(
        Object.entries(sample.members).map(([name, member]) => [name, given(member, encrypted)]),
      )
    default:
      return sample.value
  }
}

/** The sample, each text that holds something written by the caller. */
export function written(sample: Sample): unknown {
  switch (sample.kind) {
    case 'text':
      return sample.encoding === 'json' ? JSON.stringify(written(sample.content)) : formOf(sample.content)
    case 'list':
      return sample.members.map(written)
    case 'object':
      return Object.fromEntries(Object.entries(sample.members).map(([name, member]) => [name, written(member)]))
    default:
      return sample.value
  }
}

/** `k=v&…`, percent-encoded once as a whole. */
export const formOf = (content: Sample): string =>
  encodeURIComponent(
    Object.entries(given(content) as object)
      .map(([name, value]) => `${name}=${value}`)
      .join('&'),
  )

/** Whether a sample has a text that holds something. */
export const holdsText = (sample: Sample | undefined): boolean =>
  sample !== undefined && JSON.stringify(sample).includes('"kind":"text"')

/** Every encrypted text in a sample. */
export function encryptedIn(sample: Sample | undefined): string[] {
  switch (sample?.kind) {
    case 'encrypted':
      return [sample.value]
    case 'text':
      return encryptedIn(sample.content)
    case 'list':
      return sample.members.flatMap(encryptedIn)
    case 'object':
      return Object.values(sample.members).flatMap(encryptedIn)
    default:
      return []
  }
}
