import type { Shape } from '../../src/simulator/catalogue/shape.ts'
import type { Upload } from '../../src/simulator/catalogue/upload.ts'
import { type Endpoint, resolve } from './endpoint.ts'
import { fieldsOf } from './fields.ts'
import type { Notification } from './notification.ts'
import { type Document, HOME, isJson, type Operation, type Parameter, prefixOf, type Schema } from './openapi.ts'
import { uploadedFileOf } from './uploaded-file.ts'

/**
 * Writes the simulator's catalogue: all endpoints with parameters, body and response, all notifications, distinct
 * shapes and fields, and the hosts. They are texts of JSON lines, because the simulator parses only the lines it needs.
 */
export function writeCatalogue(
  document: Document,
  endpoints: readonly Endpoint[],
  notifications: readonly Notification[],
): string {
  const tables = new Tables(document)
  const lines = endpoints.flatMap(endpoint => endpointLines(endpoint, document, tables))
  const notices = notifications.map(notification => notificationLine(notification, document, tables))
  return [
    '// Written by scripts/generate.ts from the definitions. Do not edit.',
    '',
    '/** One endpoint per line: method, path with the prefix of its access point, other facts as JSON. */',
    `export const ENDPOINTS: string = ${template(lines)}`,
    '',
    '/** One notification per line: its API and event, other facts as JSON. */',
    `export const NOTIFICATIONS: string = ${template(notices)}`,
    '',
    '/** One field per line: name, label, number of its shape, 1 if it is required. */',
    `export const FIELDS: string = ${template(tables.fields.lines)}`,
    '',
    '/** One shape per line, with fields and shapes as their numbers. */',
    `export const SHAPES: string = ${template(tables.shapes.lines)}`,
    '',
    '/** One host of an access point per line. */',
    `export const HOSTS: string = ${template(hostsOf(endpoints))}`,
    '',
  ].join('\n')
}

/** Distinct lines. */
class Lines {
  readonly lines: string[] = []
  readonly #numbers = new Map<string, number>()

  /** @returns the line's number */
  add(line: string): number {
    const number = this.#numbers.get(line) ?? this.lines.push(line) - 1
    this.#numbers.set(line, number)
    return number
  }
}

/** The shapes and fields of all endpoints. */
class Tables {
  readonly shapes = new Lines()
  readonly fields = new Lines()
  readonly #document: Document
  readonly #known = new Map<string, number>()
  readonly #open: string[] = []

  constructor(document: Document) {
    this.#document = document
  }

  resolve(schema: Schema | undefined): Schema {
    return resolve<Schema>(this.#document, (schema ?? {}) as Schema & { $ref: string })
  }

  placeholders({ parameters = [] }: Operation): Parameter[] {
    return parameters
      .map(parameter => resolve<Parameter>(this.#document, parameter))
      .filter(parameter => parameter.in === 'path')
  }

  shape(schema: Schema): number {
    if (!schema.$ref) return this.#add(schema)
    const known = this.#known.get(schema.$ref)
    if (known !== undefined) return known
    // A recursive shape becomes "any", so that the text is finite; no definition has one.
    if (this.#open.includes(schema.$ref)) return this.#add({})
    this.#open.push(schema.$ref)
    const number = this.shape(this.resolve(schema))
    this.#open.pop()
    this.#known.set(schema.$ref, number)
    return number
  }

  field(name: string, label: string, schema: Schema, required: boolean): number {
    const line = [name, label.replaceAll('\n', ' '), this.shape(schema), ...(required ? [1] : [])]
    return this.fields.add(JSON.stringify(line))
  }

  /** Lists the fields of an object, starting with inherited ones; a redefined field keeps the place of the first. */
  fieldsOf(schema: Schema): number[] {
    const parts = this.#parts(schema)
    const required = new Set(parts.flatMap(({ required = [] }) => required))
    const found = new Map<string, number>()
    for (const part of parts) this.#gather(part, required, found)
    return [...found.values()]
  }

  /** Lists the parts of an object, itself last. */
  #parts(given: Schema): Schema[] {
    const { allOf = [], ...own } = this.resolve(given)
    return [...allOf.flatMap(part => this.#parts(part)), own]
  }

  #gather(schema: Schema, required: ReadonlySet<string>, found: Map<string, number>): void {
    const named = Object.entries(schema.properties ?? {})
    const families = Object.entries(schema.patternProperties ?? {}).map(
      ([pattern, field]) => [pattern.replace(/^\^|\$$/g, '').replaceAll('\\d+', '#'), field] as const,
    )
    for (const [name, field] of [...named, ...families]) {
      const label = field.description ?? this.resolve(field).description ?? name
      found.set(name, this.field(name, label, field, required.has(name)))
    }
  }

  #add(schema: Schema): number {
    return this.shapes.add(JSON.stringify(this.#line(schema)))
  }

  #line(schema: Schema): ShapeLine {
    const { items, anyOf, contentSchema, enum: values, format } = schema
    const { minLength, maxLength } = withoutOneSource(schema)
    if (schema.allOf || schema.properties || schema.patternProperties || schema.type === 'object')
      return { type: 'object', fields: this.fieldsOf(schema) }
    if (schema.type === 'array') return { type: 'array', items: this.shape(items ?? {}) }
    if (anyOf) return { type: 'any', anyOf: anyOf.map(part => this.shape(part)) }
    if (contentSchema) {
      const name = isJson(schema.contentMediaType ?? '') ? 'json' : 'form'
      return { type: 'string', [name]: this.shape(contentSchema) }
    }
    return {
      type: (schema.type as Shape['type']) ?? 'any',
      ...(values && { enum: values as (string | number)[] }),
      ...(minLength !== undefined && { minLength }),
      ...(maxLength !== undefined && { maxLength }),
      ...(format && { format: format as Shape['format'] & string }),
      ...(schema['x-one-source']?.includes('format') && { lenient: true as const }),
      ...(schema['x-encrypted'] && { encrypted: schema['x-encrypted'] as Shape['encrypted'] & string }),
    }
  }
}

interface ShapeLine
  extends Pick<Shape, 'type' | 'enum' | 'minLength' | 'maxLength' | 'format' | 'lenient' | 'encrypted'> {
  fields?: number[]
  items?: number
  anyOf?: number[]
  json?: number
  form?: number
}

/** Removes the bounds that only one source states: refusing a correct request is worse than admitting a wrong one. */
const withoutOneSource = (schema: Schema): Schema =>
  Object.fromEntries(Object.entries(schema).filter(([keyword]) => !schema['x-one-source']?.includes(keyword)))

const serversOf = ({ servers = [{ url: HOME }] }: Operation) => servers

const hostsOf = (endpoints: readonly Endpoint[]): string[] =>
  [
    ...new Set(endpoints.flatMap(({ operation }) => serversOf(operation).map(({ url }) => new URL(url).hostname))),
  ].sort()

/** Writes a line for each prefix of the endpoint's access points. */
function endpointLines(endpoint: Endpoint, document: Document, tables: Tables): string[] {
  const { api, method, path, operation, query, headers, body, response } = endpoint
  const fields = (parameters: readonly Parameter[]) =>
    parameters.map(({ name, description = name, schema = {}, required = false }) =>
      tables.field(name, description, schema, required),
    )
  const prefixes = new Set(serversOf(operation).map(prefixOf))
  const given = {
    title: operation.summary,
    path: fields(tables.placeholders(operation)),
    query: fields(query),
    headers: fields(headers),
    ...uploadOf(endpoint, document, tables),
    ...(body && body.kind !== 'multipart' && { body: tables.shape(body.schema), required: body.required }),
    kind: response.kind,
    ...(response.schema && { response: tables.shape(response.schema) }),
    mtls: operation['x-mtls'],
    nonceless: operation['x-nonceless'],
    api,
  }
  const kept = Object.entries(given).filter(
    ([, value]) => value !== undefined && value !== false && !(Array.isArray(value) && value.length === 0),
  )
  const rest = JSON.stringify(Object.fromEntries(kept))
  return Array.from(prefixes, prefix => `${method} ${prefix}${path} ${rest}`)
}

/**
 * Writes the line of a notification: the shape of its resource, otherwise of the message, and facts of the envelope.
 */
function notificationLine(
  { api, event, operation, message, resource }: Notification,
  document: Document,
  tables: Tables,
): string {
  const fields = [...fieldsOf(document, message.schema)]
  const of = (name: string) => fields.find(([path, field]) => path === name && field.enum)?.[1].enum?.[0]
  const given = {
    title: operation.summary,
    original_type: of('resource.original_type'),
    sign_type: of('sign_type'),
    question: operation['x-question'],
    shape: tables.shape((resource ?? message).schema),
  }
  return `${api}/${event} ${JSON.stringify(given)}`
}

/** Returns the file of an upload, and the shape of the rest: the other parts of APIv2, otherwise `meta`. */
function uploadOf(
  endpoint: Endpoint,
  document: Document,
  tables: Tables,
): { upload: Upload; body: number } | undefined {
  const file = uploadedFileOf(document, endpoint)
  if (!file) return undefined
  const { part, maxBytes, kinds, oneSource } = file
  const { properties = {}, required = [] } = tables.resolve(endpoint.body?.schema)
  const { [part]: _, meta = { type: 'object' }, ...rest } = properties
  const others = { type: 'object', properties: rest, required: required.filter(name => name !== part) }
  const upload = {
    part,
    ...(maxBytes !== undefined && !oneSource.includes('x-max-bytes') && { maxBytes }),
    ...(kinds && !oneSource.includes('x-file-kinds') && { kinds }),
  }
  return { upload, body: tables.shape(endpoint.api === 'v2' ? others : meta) }
}

const template = (lines: readonly string[]): string =>
  `\`${lines.join('\n').replace(/[\\`]|\$\{/g, found => `\\${found}`)}\``
