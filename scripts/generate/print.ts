import { property, quoted } from './names.ts'
import { isJson, isSealedWhole, isXml, type Operation, type Schema } from './openapi.ts'
import { DefinitionError } from './source.ts'

/**
 * Where a shape stands. Requests are strict, answers admit enum values not yet known; in XML everything that WeChat Pay
 * answers is text.
 */
export type Form = 'request' | 'answer' | 'xmlRequest' | 'xmlAnswer'

/** How what a string of the form holds is typed: JSON as JSON, XML as XML, a form as what is around it. */
export function innerForm(form: Form, mediaType: string | undefined): Form {
  const asks = form === 'request' || form === 'xmlRequest'
  if (isJson(mediaType ?? '')) return asks ? 'request' : 'answer'
  if (isXml(mediaType ?? '')) return asks ? 'xmlRequest' : 'xmlAnswer'
  return form
}

const SCALARS: Readonly<Record<Form, Readonly<Record<string, string>>>> = {
  request: { string: 'string', integer: 'number', number: 'number', boolean: 'boolean', null: 'null' },
  answer: { string: 'string', integer: 'number', number: 'number', boolean: 'boolean', null: 'null' },
  xmlRequest: { string: 'string', integer: 'number | bigint', number: 'number', boolean: 'boolean', null: 'null' },
  xmlAnswer: { string: 'string', integer: 'string', number: 'string', boolean: 'string', null: 'string' },
}

/** Gives the name of a shared shape in a form, or what stands in its place. */
export type NameOf = (reference: string, form: Form) => string

/** Writes schemas as TypeScript types. */
export class Printer {
  readonly #nameOf: NameOf

  constructor(nameOf: NameOf) {
    this.#nameOf = nameOf
  }

  /** A named type: an interface where the schema is an object, else an alias. */
  declaration(name: string, schema: Schema, form: Form): string {
    const { bases, own } = partsOf(schema)
    const comment = note(schema, '')
    if (schema.$ref || !isObject(schema)) return `${comment}export type ${name} = ${this.type(schema, form, '')}\n`
    const heritage = bases.map(base => this.#nameOf(base, form))
    const header = heritage.length > 0 ? `${name} extends ${heritage.join(', ')}` : name
    const members = own.map(one => this.#members(one, form, '  ')).join('')
    return `${comment}export interface ${header} {${members === '' ? '' : `\n${members}`}}\n`
  }

  type(schema: Schema, form: Form, indent: string): string {
    if (schema.$ref) return this.#nameOf(schema.$ref, form)
    if (isSealedWhole(schema)) return 'string'
    if (schema.contentSchema) {
      return `${this.type(schema.contentSchema, innerForm(form, schema.contentMediaType), indent)} | string`
    }
    if (schema['x-encrypted'] && (form === 'request' || form === 'xmlRequest')) return 'Sealable'
    const union = schema.oneOf ?? schema.anyOf
    if (union) return union.map(one => this.type(one, form, indent)).join(' | ')
    if (schema.allOf) {
      const { bases, own } = partsOf(schema)
      const parts = [...bases.map(base => this.#nameOf(base, form)), ...own.map(one => this.type(one, form, indent))]
      return parts.map(grouped).join(' & ')
    }
    if (schema.const !== undefined)
      return typeof schema.const === 'string' ? quoted(schema.const) : String(schema.const)
    if (schema.enum) return values(schema.enum, form)
    if (Array.isArray(schema.type)) {
      return schema.type.map(type => this.type({ ...schema, type }, form, indent)).join(' | ')
    }
    if (schema.type === 'array') return listOf(this.type(schema.items ?? {}, form, indent))
    if (isObject(schema)) return this.#literal(schema, form, indent)
    if (schema.format === 'binary') return 'Blob | Uint8Array'
    if (schema.format === 'uint64' && form !== 'xmlAnswer') return 'number | bigint'
    return SCALARS[form][schema.type ?? ''] ?? 'unknown'
  }

  #literal(schema: Schema, form: Form, indent: string): string {
    const members = this.#members(schema, form, `${indent}  `)
    if (members !== '') return `{\n${members}${indent}}`
    const { additionalProperties: rest } = schema
    return `{ [key: string]: ${typeof rest === 'object' ? this.type(rest, form, indent) : 'unknown'} }`
  }

  #members(schema: Schema, form: Form, indent: string): string {
    const required = new Set(schema.required)
    const named = Object.entries(schema.properties ?? {}).map(([name, field]) => {
      const optional = required.has(name) ? '' : '?'
      return `${note(field, indent)}${indent}${property(name)}${optional}: ${this.type(field, form, indent)}\n`
    })
    const numbered = Object.entries(schema.patternProperties ?? {}).map(
      ([pattern, field]) =>
        `${note(field, indent)}${indent}[key: ${template(pattern)}]: ${this.type(field, form, indent)}\n`,
    )
    return [...named, ...numbered].join('')
  }
}

/** The shared shapes that an object extends, and what it adds. */
function partsOf(schema: Schema): { bases: string[]; own: Schema[] } {
  const { allOf = [], ...rest } = schema
  const own = [...allOf.filter(({ $ref }) => !$ref), ...(allOf.length === 0 || hasMembers(rest) ? [rest] : [])]
  return { bases: allOf.flatMap(({ $ref }) => $ref ?? []), own }
}

const hasMembers = (schema: Schema): boolean =>
  schema.properties !== undefined || schema.patternProperties !== undefined

const isObject = (schema: Schema): boolean =>
  schema.allOf !== undefined || hasMembers(schema) || schema.type === 'object'

/** `^coupon_id_\d+$` → `coupon_id_${number}`, as a template literal type. */
function template(pattern: string): string {
  const body = pattern.replace(/^\^|\$$/g, '').replaceAll('\\d+', '$' + '{number}')
  if (/[\\[\](|*+?^]/.test(body))
    throw new DefinitionError([`patternProperties: only names numbered by \\d+ are known, not ${pattern}`])
  return `\`${body}\``
}

/** The values of an enum: open in answers, text in XML ones; a number of an XML request may be written as text. */
function values(list: NonNullable<Schema['enum']>, form: Form): string {
  const texts = list.map(value =>
    typeof value === 'string' || form === 'xmlAnswer' ? quoted(String(value)) : String(value),
  )
  if (form === 'request') return texts.join(' | ')
  const numeric = list.filter(value => typeof value === 'number')
  if (form === 'xmlRequest') return [...texts, ...numeric.map(value => quoted(String(value)))].join(' | ')
  const open = form === 'answer' && numeric.length === list.length ? '(number & {})' : 'Other'
  return [...texts, open].join(' | ')
}

const listOf = (item: string): string => (/^\w+$/.test(item) ? `${item}[]` : `Array<${item}>`)

export const grouped = (type: string): string => (/^(\w+(<.*>)?$|\{)/.test(type) ? type : `(${type})`)

/** The comment of a field: its official name. */
function note({ description, deprecated }: Schema, indent: string): string {
  const lines = [...(description ? [description] : []), ...(deprecated ? ['@deprecated'] : [])]
  return lines.length === 0 ? '' : comment(lines, indent)
}

/** The official title, linked to its page. */
export function titleOf({ summary, externalDocs }: Operation, name: string): string {
  const title = summary ?? name
  return externalDocs ? `[${title.replace(/[[\]]/g, '\\$&')}](${externalDocs.url})` : title
}

export function comment(lines: readonly string[], indent: string): string {
  const safe = lines.flatMap(line => line.trim().replaceAll('*/', '*\u200b/').split('\n'))
  if (safe.length === 1) return `${indent}/** ${safe[0]} */\n`
  return `${indent}/**\n${safe.map(line => `${indent} * ${line}\n`).join('')}${indent} */\n`
}
