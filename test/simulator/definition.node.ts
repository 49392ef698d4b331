import { readFileSync } from 'node:fs'
import type { Api, Document, Operation, Parameter, Schema } from '../../scripts/generate/openapi.ts'

/** The definitions themselves, read without the simulator's catalogue. */
export const document = JSON.parse(
  readFileSync(new URL('../../src/definitions/generated/openapi.json', import.meta.url), 'utf8'),
) as Document

export interface Defined {
  api: Api
  method: string
  path: string
  operation: Operation
  parameters: Parameter[]
  /** The body's schema; of an upload that of its part `meta`. */
  body: Schema | undefined
  /** The name of an upload's file. */
  file: string | undefined
  /** The schema of an upload's file. */
  fileSchema: Schema | undefined
}

export const defined: readonly Defined[] = Object.entries(document.paths!).flatMap(([path, item]) =>
  ['get', 'post', 'put', 'patch', 'delete'].flatMap(method => {
    const operation = item[method] as Operation | undefined
    if (!operation) return []
    const [content] = Object.entries(operation.requestBody?.content ?? {})
    const whole = content?.[0].startsWith('multipart') ? resolve(content[1].schema!) : undefined
    const file = Object.keys(whole?.properties ?? {}).find(name => whole!.properties![name]!.format === 'binary')
    return {
      api: operation['x-api']!,
      method: method.toUpperCase(),
      path,
      operation,
      parameters: (operation.parameters ?? []) as Parameter[],
      body: file ? (whole!.properties!.meta ?? withoutFile(whole!, file)) : content?.[1].schema,
      file,
      fileSchema: file ? whole!.properties![file] : undefined,
    }
  }),
)

function withoutFile({ properties, required }: Schema, file: string): Schema {
  const { [file]: _, ...others } = properties!
  return { type: 'object', properties: others, required: required!.filter(name => name !== file) }
}

export function resolve(schema: Schema): Schema {
  return schema.$ref ? resolve(document.components!.schemas![schema.$ref.split('/').at(-1)!]!) : schema
}

/** The members of an object, those of the shapes that it extends too. */
export function membersOf(given: Schema): { properties: Record<string, Schema>; required: Set<string> } {
  const schema = resolve(given)
  const parts = (schema.allOf ?? []).map(membersOf)
  return {
    properties: Object.assign({}, ...parts.map(({ properties }) => properties), schema.properties),
    required: new Set([...parts.flatMap(({ required }) => [...required]), ...(schema.required ?? [])]),
  }
}

const isObject = (schema: Schema): boolean =>
  Boolean(schema.properties || schema.allOf || schema.patternProperties) || schema.type === 'object'

/** A value that fits, with the fields that are required and no others. */
export function fill(given: Schema, name: string, known: Readonly<Record<string, unknown>>): unknown {
  const schema = resolve(given)
  if (schema.enum) return schema.enum[0]
  if (schema.anyOf) return fill(schema.anyOf[0]!, name, known)
  if (schema.contentSchema)
    return /json/.test(schema.contentMediaType!)
      ? JSON.stringify(fill(schema.contentSchema, name, known))
      : new URLSearchParams(fill(schema.contentSchema, name, known) as Record<string, string>).toString()
  if (isObject(schema)) {
    const { properties, required } = membersOf(schema)
    return Object.fromEntries([...required].map(member => [member, fill(properties[member]!, member, known)]))
  }
  if (schema.type === 'array') return [fill(schema.items!, name, known)]
  if (schema.type === 'integer' || schema.type === 'number')
    return schema.format === 'uint64' ? 2n ** 53n + 1n : Number(known[name] ?? 1)
  if (schema.type === 'boolean') return true
  if (schema.format === 'date-time') return '2026-03-01T10:00:00+08:00'
  return known[name] ?? 'text-1'.padEnd(schema.minLength ?? 0, '0').slice(0, schema.maxLength)
}

/** Yields the places that do not fit a schema, by dotted path. In XML every value is text. */
export function* misfits(value: unknown, given: Schema, at: string, text: boolean): Generator<string> {
  const schema = resolve(given)
  if (schema.anyOf) {
    if (schema.anyOf.every(one => [...misfits(value, one, at, text)].length > 0)) yield `${at}: none of the forms`
  } else if (isObject(schema)) yield* misfitMembers(value, schema, at, text)
  else if (schema.type === 'array') {
    const members = Array.isArray(value) ? value : text ? [value] : undefined
    if (!members) yield `${at}: no list`
    for (const [index, member] of (members ?? []).entries())
      yield* misfits(member, schema.items!, `${at}.${index}`, text)
  } else if (schema.contentSchema && typeof value !== 'string') {
    yield* misfits(value, schema.contentSchema, at, !/json/.test(schema.contentMediaType!))
  } else if (!isScalar(value, schema, text))
    yield `${at}: ${JSON.stringify(value)} is no ${schema.format ?? schema.type}`
  else if (schema.enum && !schema.enum.some(one => String(one) === String(value)))
    yield `${at}: ${String(value)} is none of ${schema.enum.join()}`
}

function* misfitMembers(value: unknown, schema: Schema, at: string, text: boolean): Generator<string> {
  if (text && value === '') return
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    yield `${at}: no object`
    return
  }
  const { properties, required } = membersOf(schema)
  for (const name of required) if (!(name in value)) yield `${at}.${name}: missing`
  const families = Object.keys(patternsOf(schema)).map(pattern => new RegExp(pattern))
  const isOpen = Object.keys(properties).length === 0 && families.length === 0
  for (const [name, member] of Object.entries(value)) {
    if (properties[name]) yield* misfits(member, properties[name], `${at}.${name}`, text)
    else if (!isOpen && !families.some(family => family.test(name))) yield `${at}.${name}: not in the definition`
  }
}

const patternsOf = (given: Schema): Record<string, Schema> => {
  const schema = resolve(given)
  return Object.assign({}, ...(schema.allOf ?? []).map(patternsOf), schema.patternProperties)
}

const DATE_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+]08:00$/

function isScalar(value: unknown, { type, format }: Schema, text: boolean): boolean {
  if (text) return typeof value === 'string' && (!/integer|number/.test(String(type)) || /^\d+$/.test(value))
  if (format === 'uint64') return typeof value === 'bigint' || Number.isSafeInteger(value)
  if (format === 'date-time') return typeof value === 'string' && DATE_TIME.test(value)
  if (type === 'integer') return Number.isSafeInteger(value)
  return typeof value === type
}
