import { METHODS } from '../../src/definitions/trait-table.ts'
import { type Endpoint, resolve } from './endpoint.ts'
import { type LogPolicy, type Treatment, treatmentOf } from './log-policy.ts'
import { erased, quoted } from './names.ts'
import type { Document, Parameter, Schema } from './openapi.ts'
import { PathTable } from './path-table.ts'

/** A field of a request, as far as a log is concerned. */
export interface LogField {
  readonly name: string
  readonly label: string
  readonly isPersonal: boolean
  readonly isEncrypted: boolean
  readonly isListed: boolean
  /** Of an object, of the objects of a list, of the JSON in a text. */
  readonly members: readonly LogField[]
  /** It holds bytes, or whatever a caller likes: its value is never shown, and nothing has to be decided. */
  readonly isOpaque: boolean
}

/** The endpoints of one path, whose requests are logged alike: several definitions differ in the names of placeholders only. */
interface Row {
  readonly endpoints: Endpoint[]
}

/** Begins the line of a member whose value is not shown. `src/gateway/log/log-fields.ts` reads it. */
const MARKS: Readonly<Record<Treatment, string>> = { shown: '', redacted: '-', encrypted: '!' }

/**
 * Writes `log-fields.ts`: of every endpoint, which placeholders of its path, which query parameters and which fields of its
 * body a log may show. Every shape stands there once.
 */
export function writeLogFields(document: Document, endpoints: readonly Endpoint[], policy: LogPolicy): string {
  const rows = new Map<string, Row>()
  for (const endpoint of endpoints) {
    const key = `${endpoint.method} ${endpoint.api} ${erased(endpoint.path)}`
    const row = rows.get(key) ?? { endpoints: [] }
    row.endpoints.push(endpoint)
    rows.set(key, row)
  }
  const shapes = new Shapes(policy)
  const table = new PathTable()
  for (const { endpoints } of rows.values()) {
    const requests = endpoints.map(endpoint => requestFieldsOf(document, endpoint))
    const [first] = endpoints as [Endpoint]
    const query = shapes.number(mergedByName(requests.flatMap(({ query }) => query)))
    const body = shapes.number(mergedByName(requests.flatMap(({ body }) => body)))
    const bits = first.placeholders.map((_, at) =>
      requests.every(({ path }) => treatmentOf(path[at]!, policy) === 'shown') ? '1' : '0',
    )
    table.add(first, `${METHODS[first.method]}${query}.${body}.${bits.join('')}`)
  }
  return [
    '// Written by scripts/generate.ts from the definitions. Do not edit.',
    '',
    '/** The endpoints by path: the numbers of the shapes of query and body, and for each placeholder whether it is shown. */',
    `export const table: string =\n  ${quoted(String(table))}`,
    '',
    '/** A shape a line: `name` is shown, `-name` is not, `!name` is encrypted on the wire, `name:7` has members, those of line 7. */',
    `export const shapes: string = \`${shapes.lines.join('\n')}\``,
    '',
  ].join('\n')
}

/** A field of a request that nobody has decided on: where it is, and its label. */
export function undecidedFields(document: Document, endpoints: readonly Endpoint[], policy: LogPolicy): string[] {
  return endpoints.flatMap(endpoint => {
    const { path, query, body } = requestFieldsOf(document, endpoint)
    const named = (part: string, fields: readonly LogField[]) =>
      [...leavesOf(fields)]
        .filter(({ field }) => treatmentOf(field, policy) === undefined)
        .map(({ at, field }) => `${endpoint.method} ${endpoint.path} ${part}: ${at} (${field.label})`)
    return [...named('path', path), ...named('query', query), ...named('body', body)]
  })
}

/** The fields of a request: placeholders in their order, query parameters, and members of the body. */
export function requestFieldsOf(
  document: Document,
  { operation, placeholders, query, body }: Endpoint,
): Readonly<Record<'path' | 'query' | 'body', readonly LogField[]>> {
  const parameters = (operation.parameters ?? []).map(one => resolve<Parameter>(document, one))
  const fieldOf = ({ name, description = '', schema = {} }: Parameter): LogField =>
    readField(document, name, [{ description, ...schema }])
  return {
    path: placeholders.map(name => fieldOf(parameters.find(one => one.in === 'path' && one.name === name)!)),
    query: query.map(fieldOf),
    body: body ? membersOf(document, [body.schema], []) : [],
  }
}

/** All that hold a value, with their dotted paths. */
export function* leavesOf(fields: readonly LogField[], within = ''): Generator<{ at: string; field: LogField }> {
  for (const field of fields) {
    const at = `${within}${field.name}`
    if (field.members.length > 0 && !field.isPersonal && !field.isEncrypted) yield* leavesOf(field.members, `${at}.`)
    else if (!field.isOpaque) yield { at, field }
  }
}

/** One field of all that the parts of a schema say of it. */
function readField(
  document: Document,
  name: string,
  said: readonly Schema[],
  around: readonly Schema[] = [],
): LogField {
  const parts = said.flatMap(schema => [...partsOf(document, schema, around)])
  const members = membersOf(document, said, around)
  const holdsAnything = parts.every(({ type, items }) => type === undefined || type === 'object' || items !== undefined)
  const scalars = parts.filter(part => part.type !== undefined && part.type !== 'array' && part.type !== 'object')
  return {
    name,
    label: parts.find(({ description }) => description)?.description ?? '',
    isPersonal: parts.some(part => part['x-personal']),
    isEncrypted: parts.some(part => part['x-encrypted'] !== undefined),
    isListed: scalars.length > 0 && scalars.every(part => part.enum !== undefined || part.const !== undefined),
    members,
    isOpaque:
      parts.some(({ format }) => format === 'binary') ||
      (members.length === 0 && holdsAnything && scalars.length === 0),
  }
}

/** The members that schemas give an object, those of one name made one. */
function membersOf(document: Document, schemas: readonly Schema[], around: readonly Schema[]): LogField[] {
  const said = new Map<string, Schema[]>()
  const parts = schemas.flatMap(schema => [...partsOf(document, schema, around)])
  for (const { properties = {}, patternProperties = {} } of parts) {
    for (const [name, schema] of Object.entries(properties)) said.set(name, [...(said.get(name) ?? []), schema])
    for (const [pattern, schema] of Object.entries(patternProperties)) {
      const name = pattern.replace(/^\^|\$$/g, '').replaceAll('\\d+', '#')
      said.set(name, [...(said.get(name) ?? []), schema])
    }
  }
  return Array.from(said, ([name, found]) => readField(document, name, found, [...around, ...parts]))
}

/**
 * A schema and all that describes the same value, or the members of a list of it: what it refers to, extends, chooses from,
 * lists, or holds as text.
 *
 * @param around what the schema lies in: a shape that holds itself is read once
 */
function* partsOf(document: Document, schema: Schema, around: readonly Schema[]): Generator<Schema> {
  const { $ref, ...own } = schema
  if (around.includes(schema)) return
  yield $ref ? own : schema
  if ($ref) {
    const target = resolve<Schema>(document, { $ref })
    if (!around.includes(target)) yield* partsOf(document, target, around)
  }
  const { allOf = [], anyOf = [], oneOf = [], items, contentSchema } = schema
  for (const part of [
    ...allOf,
    ...anyOf,
    ...oneOf,
    ...(items ? [items] : []),
    ...(contentSchema ? [contentSchema] : []),
  ])
    yield* partsOf(document, part, around)
}

const mergedByName = (fields: readonly LogField[]): LogField[] => {
  const merged = new Map<string, LogField>()
  for (const field of fields) {
    const other = merged.get(field.name)
    merged.set(field.name, other ? merge(other, field) : field)
  }
  return [...merged.values()]
}

const merge = (one: LogField, other: LogField): LogField => ({
  ...one,
  isPersonal: one.isPersonal || other.isPersonal,
  isEncrypted: one.isEncrypted || other.isEncrypted,
  isListed: one.isListed && other.isListed,
  isOpaque: one.isOpaque || other.isOpaque,
  members: mergedByName([...one.members, ...other.members]),
})

/** Lines, each of which stands there once; the first is that of nothing. */
class Shapes {
  readonly lines: string[] = ['']
  readonly #policy: LogPolicy

  constructor(policy: LogPolicy) {
    this.#policy = policy
  }

  number(fields: readonly LogField[]): number {
    const line = fields.map(field => this.#member(field)).join()
    const known = this.lines.indexOf(line)
    return known < 0 ? this.lines.push(line) - 1 : known
  }

  #member(field: LogField): string {
    const { name, members, isPersonal, isEncrypted, isOpaque } = field
    if (members.length > 0 && !isPersonal && !isEncrypted) return `${name}:${this.number(members)}`
    const treatment = isOpaque && !isEncrypted ? 'redacted' : treatmentOf(field, this.#policy)
    return MARKS[treatment ?? 'redacted'] + name
  }
}
