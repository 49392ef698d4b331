import type { DefinedField, DefinedSchema } from '../../src/console/explorer/definition.ts'
import { resolve } from './endpoint.ts'
import { type Document, isJson, isXml, type Parameter, type Schema } from './openapi.ts'

type Mutable<T> = { -readonly [Name in keyof T]: T[Name] }

/** Distinct values with a number each. */
class Table<T> {
  readonly values: T[] = []
  readonly #numbers = new Map<string, number>()

  add(value: T): number {
    const key = JSON.stringify(value)
    const number = this.#numbers.get(key) ?? this.values.push(value) - 1
    this.#numbers.set(key, number)
    return number
  }
}

/** The distinct schemas and fields of one product. */
export class DefinitionSchemas {
  readonly schemas = new Table<DefinedSchema>()
  readonly fields = new Table<DefinedField>()
  readonly #document: Document
  readonly #open: string[] = []

  constructor(document: Document) {
    this.#document = document
  }

  parameters(parameters: readonly Parameter[]): number[] {
    return parameters.map(({ name, description = name, schema = {}, required = false }) =>
      this.#field(name, description, schema, required),
    )
  }

  /** @returns the number of the schema */
  add(schema: Schema): number {
    if (!schema.$ref) return this.schemas.add(this.#define(schema))
    // A recursive schema becomes "any", so that the text is finite; no definition has one.
    if (this.#open.includes(schema.$ref)) return this.schemas.add({ type: 'any' })
    this.#open.push(schema.$ref)
    const { $ref, ...own } = schema
    const number = this.add({ ...this.#resolve(schema), ...own })
    this.#open.pop()
    return number
  }

  #resolve(schema: Schema): Schema {
    return resolve<Schema>(this.#document, schema as Schema & { $ref: string })
  }

  #field(name: string, label: string, schema: Schema, required: boolean): number {
    const field = { name, label, schema: this.add(schema), ...(required && { required: true as const }) }
    return this.fields.add(field)
  }

  #define(schema: Schema): DefinedSchema {
    const { items, anyOf, contentSchema, contentMediaType = '' } = schema
    const facts = factsOf(schema)
    if (schema.allOf || schema.properties || schema.patternProperties || schema.type === 'object')
      return { type: 'object', fields: this.#fieldsOf(schema), ...facts }
    if (schema.type === 'array') return { type: 'array', items: this.add(items ?? {}), ...facts }
    if (anyOf) return { type: 'any', anyOf: anyOf.map(part => this.add(part)), ...facts }
    const type = schema.format === 'binary' ? 'file' : ((schema.type as DefinedSchema['type'] | undefined) ?? 'any')
    if (!contentSchema) return { type, ...facts }
    const contentType = isJson(contentMediaType) ? 'json' : isXml(contentMediaType) ? 'xml' : 'form'
    return { type, content: this.add(contentSchema), contentType, ...facts }
  }

  /** Lists the fields of an object, inherited ones first; a field that is defined again keeps its place. */
  #fieldsOf(schema: Schema): number[] {
    const parts = this.#partsOf(schema)
    const required = new Set(parts.flatMap(part => part.required ?? []))
    const found = new Map<string, number>()
    for (const { properties = {}, patternProperties = {} } of parts) {
      const families = Object.entries(patternProperties).map(
        ([pattern, field]) => [pattern.replace(/^\^|\$$/g, '').replaceAll('\\d+', '#'), field] as const,
      )
      for (const [name, field] of [...Object.entries(properties), ...families]) {
        const label = field.description ?? this.#resolve(field).description ?? name
        found.set(name, this.#field(name, label, field, required.has(name)))
      }
    }
    return [...found.values()]
  }

  /** Lists the parts of an object, itself last. */
  #partsOf(given: Schema): Schema[] {
    const { allOf = [], ...own } = this.#resolve(given)
    return [...allOf.flatMap(part => this.#partsOf(part)), own]
  }
}

/** Facts by keyword of the schema, and their names in the files. */
const FACTS: readonly (readonly [keyword: keyof Schema, name: keyof DefinedSchema])[] = [
  ['format', 'format'],
  ['minLength', 'minLength'],
  ['maxLength', 'maxLength'],
  ['minimum', 'minimum'],
  ['maximum', 'maximum'],
  ['minItems', 'minItems'],
  ['maxItems', 'maxItems'],
  ['pattern', 'pattern'],
  ['enum', 'enum'],
  ['x-enum-labels', 'enumLabels'],
  ['x-max-bytes', 'maxBytes'],
  ['x-file-kinds', 'fileKinds'],
  ['x-unit', 'unit'],
  ['x-encrypted', 'encrypted'],
  ['x-personal', 'personal'],
  ['x-one-source', 'oneSource'],
  ['x-unconfirmed', 'unconfirmed'],
  ['deprecated', 'deprecated'],
  ['example', 'example'],
]

function factsOf(schema: Schema): Partial<DefinedSchema> {
  const facts: Partial<Mutable<Record<keyof DefinedSchema, unknown>>> = {}
  for (const [keyword, name] of FACTS) if (schema[keyword] !== undefined) facts[name] = schema[keyword]
  return facts as Partial<DefinedSchema>
}
