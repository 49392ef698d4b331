import { resolve } from '../generate/endpoint.ts'
import { type Document, isJson, type Schema } from '../generate/openapi.ts'
import { eitherOf, type Field, type Fields } from './node.ts'

/** Reads schemas of a bundled document as fields: references followed, `allOf` and `anyOf` made one. */
export class SchemaReader {
  readonly #document: Document
  /** The schemas being read: a shape that holds itself is read once. */
  readonly #around: Schema[] = []

  constructor(document: Document) {
    this.#document = document
  }

  /** The members of an object, of the objects of a list, of the JSON in a text. */
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
      ...allOf.map(one => this.membersOf(one)),
      ...(forms.length > 0 ? [forms.reduce(eitherOf)] : []),
      this.membersOf(items),
      this.membersOf(contentSchema),
      new Map(own),
    ]
    return withRequired(parts.reduce(bothOf), this.#required(schema))
  }

  /** A part of an `allOf` may require what another part describes. */
  #required(schema: Schema): string[] {
    const parts = [...(schema.$ref ? [this.#resolved(schema)] : []), ...(schema.allOf ?? [])]
    return [...(schema.required ?? []), ...parts.flatMap(one => this.#required(one))]
  }

  fieldOf(schema: Schema, required: boolean): Field {
    const flat = this.#flat(schema)
    // The facts state of a list what holds for its members.
    const {
      format,
      contentMediaType,
      contentSchema,
      'x-encrypted': encrypted,
      ...one
    } = flat.items ? this.#flat(flat.items) : flat
    return {
      facets: {
        type: this.#typeOf(schema),
        required,
        label: flat.description,
        enum: one.enum?.map(String) ?? (one.const === undefined ? undefined : [String(one.const)]),
        maxLength: one.maxLength,
        format,
        encrypted,
        // Only the definitions give the decrypted value a type of its own.
        encoded: encrypted?.startsWith('aes-') ? undefined : encodingOf(contentMediaType),
        holds: contentSchema && this.#typeOf(contentSchema),
      },
      members: this.membersOf(schema),
    }
  }

  #typeOf(schema: Schema): string | undefined {
    const { type, items } = this.#flat(schema)
    return items ? `${this.#typeOf(items)}[]` : typeName(type)
  }

  /** Merges the keywords of the value itself from references and `allOf`; the one nearest to the field wins. */
  #flat(schema: Schema): Schema & { maxLength?: number } {
    const { $ref, allOf = [], anyOf = [], oneOf = [], ...own } = schema
    const parts = [...($ref ? [this.#resolved(schema)] : []), ...allOf].map(one => this.#flat(one))
    const type = anyOf.length + oneOf.length > 0 ? this.#flat([...anyOf, ...oneOf][0]!).type : undefined
    return Object.assign({}, ...parts, type && { type }, own)
  }

  #resolved = (schema: Schema): Schema => resolve<Schema>(this.#document, { $ref: schema.$ref! })
}

/** `^coupon_id_\d+_\d+$` → `coupon_id_$n_$m`, as the facts write a numbered family. */
function numbered(name: string): string {
  if (!name.startsWith('^')) return name
  const digits = ['$n', '$m'].values()
  return name.replace(/^\^|\$$/g, '').replaceAll('\\d+', () => digits.next().value ?? '$')
}

/** A type that also admits `null` is that type. */
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

/** Fields of which all apply; what is said later is said of the same field more closely. */
function bothOf(one: Fields, other: Fields): Fields {
  const both = new Map(one)
  for (const [name, field] of other) {
    const before = one.get(name)
    both.set(name, before ? bothField(before, field) : field)
  }
  return both
}

function bothField(one: Field, other: Field): Field {
  const said = Object.fromEntries(Object.entries(other.facets).filter(([, facet]) => facet !== undefined))
  const required = one.facets.required || other.facets.required
  return { facets: { ...one.facets, ...said, required }, members: bothOf(one.members, other.members) }
}

const withRequired = (fields: Fields, names: readonly string[]): Fields =>
  new Map(
    Array.from(fields, ([name, field]) =>
      names.includes(name) ? [name, { ...field, facets: { ...field.facets, required: true } }] : [name, field],
    ),
  )
