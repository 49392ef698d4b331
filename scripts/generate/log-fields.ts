import { type Endpoint, resolve } from './endpoint.ts'
import { type LogPolicy, type Treatment, treatmentOf } from './log-policy.ts'
import { erased, quoted } from './names.ts'
import type { Document, Parameter, Schema } from './openapi.ts'
import { PathTreeWriter } from './path-tree.ts'

/** Facts about a request field that logging depends on. */
export interface LogField {
  readonly name: string
  readonly label: string
  readonly isPersonal: boolean
  readonly isEncrypted: boolean
  readonly isListed: boolean
  /** Members of an object, of the objects in a list, or of JSON in a string. */
  readonly members: readonly LogField[]
  /** True for bytes and free-form values, which are never shown and need no decision. */
  readonly isOpaque: boolean
}

/** Endpoints of one path, which are logged alike: their definitions differ only in the names of placeholders. */
interface Row {
  readonly endpoints: Endpoint[]
}

/** Prefixes of members whose values are not shown, for `src/gateway/log/log-fields.ts`. */
const MARKS: Readonly<Record<Treatment, string>> = { shown: '', redacted: '-', encrypted: '!' }

/**
 * Writes `log-fields.ts`: the placeholders, query parameters and body fields of every endpoint that a log may show.
 * Equal shapes are written once.
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
  const table = new PathTreeWriter()
  for (const { endpoints } of rows.values()) {
    const requests = endpoints.map(endpoint => requestFieldsOf(document, endpoint))
    const [first] = endpoints as [Endpoint]
    const query = shapes.number(mergedByName(requests.flatMap(({ query }) => query)))
    const body = shapes.number(mergedByName(requests.flatMap(({ body }) => body)))
    const bits = first.placeholders.map((_, at) =>
      requests.every(({ path }) => treatmentOf(path[at]!, policy) === 'shown') ? '1' : '0',
    )
    table.add(first, `${query}.${body}.${bits.join('')}`)
  }
  return [
    '// Written by scripts/generate.ts from the definitions. Do not edit.',
    '',
    '/** Endpoints by path: shape numbers of query and body, and a digit per placeholder, 1 if it is shown. */',
    `export const table: string =\n  ${quoted(String(table))}`,
    '',
    '/** One shape per line: `name` is shown, `-name` is not, `!name` is encrypted on the wire, `name:7` has the members of line 7. */',
    `export const shapes: string = \`${shapes.lines.join('\n')}\``,
    '',
  ].join('\n')
}

/** Lists the request fields without a decision: path and label. */
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

/** Collects the fields of a request: placeholders in their order, query parameters, and members of the body. */
export function requestFieldsOf(
  document: Document,
  { operation, placeholders, query, body }: Endpoint,
): Readonly<Record<'path' | 'query' | 'body', readonly LogField[]>> {
  const parameters = (operation.parameters ?? []).map(parameter => resolve<Parameter>(document, parameter))
  const fieldOf = ({ name, description = '', schema = {} }: Parameter): LogField =>
    readField(document, name, [{ description, ...schema }])
  return {
    path: placeholders.map(name =>
      fieldOf(parameters.find(parameter => parameter.in === 'path' && parameter.name === name)!),
    ),
    query: query.map(fieldOf),
    body: body ? membersOf(document, [body.schema], []) : [],
  }
}

/** Lists all fields that hold a value, with their dotted paths. */
export function* leavesOf(fields: readonly LogField[], within = ''): Generator<{ at: string; field: LogField }> {
  for (const field of fields) {
    const at = `${within}${field.name}`
    if (field.members.length > 0 && !field.isPersonal && !field.isEncrypted) yield* leavesOf(field.members, `${at}.`)
    else if (!field.isOpaque) yield { at, field }
  }
}

/** Merges the parts of a schema in one field. */
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

/** Collects the members of an object from schemas, merging those of the same name. */
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
 * Lists the schemas that describe the same value or the members of its list: the schema itself, and those that it
 * refers to, extends, chooses from, lists, or contains as text.
 *
 * @param around enclosing schemas; a recursive shape is read once
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
  const parts = [...allOf, ...anyOf, ...oneOf]
  if (items) parts.push(items)
  if (contentSchema) parts.push(contentSchema)
  for (const part of parts) yield* partsOf(document, part, around)
}

const mergedByName = (fields: readonly LogField[]): LogField[] => {
  const merged = new Map<string, LogField>()
  for (const field of fields) {
    const earlier = merged.get(field.name)
    merged.set(field.name, earlier ? merge(earlier, field) : field)
  }
  return [...merged.values()]
}

const merge = (first: LogField, second: LogField): LogField => ({
  ...first,
  isPersonal: first.isPersonal || second.isPersonal,
  isEncrypted: first.isEncrypted || second.isEncrypted,
  isListed: first.isListed && second.isListed,
  isOpaque: first.isOpaque || second.isOpaque,
  members: mergedByName([...first.members, ...second.members]),
})

/** Distinct lines; the first is the empty shape. */
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
