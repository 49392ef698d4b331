import { resolve } from '../generate/endpoint.ts'
import { type Document, isJson, type Schema } from '../generate/openapi.ts'
import { eitherOf, type Field, type Fields } from './node.ts'

/** Reads schemas of a bundled document as fields. Follows references, and merges `allOf` and `anyOf`. */
export class SchemaReader {
  readonly #document: Document
  /** The schemas being read, to stop at a schema that contains itself. */
  readonly #around: Schema[] = []

  constructor(document: Document) {
    this.#document = document
  }

  /** Returns the members of an object, of the objects in a list, or of JSON in text. */
  membersOf(schema: Schema | undefined): Fields {
    if (!schema || this.#around.includes(schema)) return new Map()
    this.#around.push(schema)
    const members = this.#members(schema)
    this.#around.pop()
    return members
  }

  #members(schema: Schema): Fields {
    const { $ref, allOf = [], anyOf = [], oneOf = [], items, contentSchema, properties, patternProperties } = schema
    const own = Object.entries({ ...properties, ...patternProperties }).map(
      ([name, field]) => [numbered(name), this.fieldOf(field, false)] as const,
    )
    const forms = [...anyOf, ...oneOf].map(form => this.membersOf(form))
    const parts = [
      ...($ref ? [this.membersOf(this.#resolved(schema))] : []),
      ...allOf.map(part => this.membersOf(part)),
      ...(forms.length > 0 ? [forms.reduce(eitherOf)] : []),
      this.membersOf(items),
      this.membersOf(contentSchema),
      new Map(own),
    ]
    return withRequired(parts.reduce(bothOf), this.#required(schema))
  }

  /** Returns the required names. A part of an `allOf` may require fields that another part describes. */
  #required(schema: Schema): string[] {
    const parts = [...(schema.$ref ? [this.#resolved(schema)] : []), ...(schema.allOf ?? [])]
    return [...(schema.required ?? []), ...parts.flatMap(part => this.#required(part))]
  }

  fieldOf(schema: Schema, required: boolean): Field {
    const flat = this.#flat(schema)
    const personal = flat['x-personal'] ?? (flat.items && this.#flat(flat.items)['x-personal'])
    // The facts describe the members of a list, not the list.
    const {
      format,
      contentMediaType,
      contentSchema,
      'x-encrypted': encrypted,
      ...value
    } = flat.items ? this.#flat(flat.items) : flat
    return {
      facets: {
        type: this.#typeOf(schema),
        required,
        label: flat.description,
        enum: value.enum?.map(String) ?? (value.const === undefined ? undefined : [String(value.const)]),
        maxLength: value.maxLength,
        format,
        encrypted,
        // Only the definitions describe the type of the decrypted value.
        encoded: encrypted?.startsWith('aes-') ? undefined : encodingOf(contentMediaType),
        holds: contentSchema && this.#typeOf(contentSchema),
        ...(personal && { personal: true }),
      },
      details: {
        maxLength: value.maxLength,
        minLength: value.minLength,
        minimum: value.minimum,
        maximum: value.maximum,
        minItems: flat.minItems,
        maxItems: flat.maxItems,
        pattern: value.pattern,
        format,
        unit: value['x-unit'],
        labels: { ...flat['x-enum-labels'], ...value['x-enum-labels'] },
      },
      members: this.membersOf(schema),
    }
  }

  #typeOf(schema: Schema): string | undefined {
    const { type, items } = this.#flat(schema)
    return items ? `${this.#typeOf(items)}[]` : typeName(type)
  }

  /** Merges the keywords of a value from references and `allOf`; those nearest to the field win. */
  #flat(schema: Schema): Schema & { maxLength?: number } {
    const { $ref, allOf = [], anyOf = [], oneOf = [], ...own } = schema
    const parts = [...($ref ? [this.#resolved(schema)] : []), ...allOf].map(part => this.#flat(part))
    const type = anyOf.length + oneOf.length > 0 ? this.#flat([...anyOf, ...oneOf][0]!).type : undefined
    return Object.assign({}, ...parts, type && { type }, own)
  }

  #resolved = (schema: Schema): Schema => resolve<Schema>(this.#document, { $ref: schema.$ref! })
}

/** Converts `^coupon_id_\d+_\d+$` to `coupon_id_$n_$m`, the notation of the facts for numbered fields. */
function numbered(name: string): string {
  if (!name.startsWith('^')) return name
  const digits = ['$n', '$m'].values()
  return name.replace(/^\^|\$$/g, '').replaceAll('\\d+', () => digits.next().value ?? '$')
}

/** Returns a type without `null`. */
function typeName(type: Schema['type']): string | undefined {
  const names = [type].flat().filter(name => name !== 'null' && name !== undefined)
  return names.length > 0 ? names.join(' | ') : undefined
}

const encodingOf = (mediaType: string | undefined): string | undefined =>
  mediaType === undefined
    ? undefined
    : isJson(mediaType)
      ? 'json'
      : mediaType === 'application/x-www-form-urlencoded'
        ? 'urlencode'
        : mediaType

/** Merges fields that all apply; later facets override earlier ones. */
function bothOf(first: Fields, second: Fields): Fields {
  const both = new Map(first)
  for (const [name, field] of second) {
    const before = first.get(name)
    both.set(name, before ? bothField(before, field) : field)
  }
  return both
}

function bothField(first: Field, second: Field): Field {
  const given = givenOf(second.facets)
  const required = first.facets.required || second.facets.required
  const details = { ...first.details, ...givenOf(second.details ?? {}) }
  return { facets: { ...first.facets, ...given, required }, details, members: bothOf(first.members, second.members) }
}

const givenOf = (facets: object): object =>
  Object.fromEntries(Object.entries(facets).filter(([, facet]) => facet !== undefined))

const withRequired = (fields: Fields, names: readonly string[]): Fields =>
  new Map(
    Array.from(fields, ([name, field]) =>
      names.includes(name) ? [name, { ...field, facets: { ...field.facets, required: true } }] : [name, field],
    ),
  )
