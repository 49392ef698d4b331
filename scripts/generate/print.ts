import { hoverOf } from './hover.ts'
import { property, quoted } from './names.ts'
import { isJson, isWhollyEncrypted, isXml, type Operation, type Schema } from './openapi.ts'
import { type Interface, shareMembers } from './shared-members.ts'
import { DefinitionError } from './source.ts'

/**
 * The use of a shape. Requests are strict; responses admit unknown enum values; in XML responses every value is text.
 */
export type Form = 'request' | 'response' | 'xmlRequest' | 'xmlResponse'

/** Determines the form of content in a string: by its media type, or that of the enclosing shape for form data. */
export function innerForm(form: Form, mediaType: string | undefined): Form {
  const isRequest = form === 'request' || form === 'xmlRequest'
  if (isJson(mediaType ?? '')) return isRequest ? 'request' : 'response'
  if (isXml(mediaType ?? '')) return isRequest ? 'xmlRequest' : 'xmlResponse'
  return form
}

const SCALARS: Readonly<Record<Form, Readonly<Record<string, string>>>> = {
  request: { string: 'string', integer: 'number', number: 'number', boolean: 'boolean', null: 'null' },
  response: { string: 'string', integer: 'number', number: 'number', boolean: 'boolean', null: 'null' },
  xmlRequest: { string: 'string', integer: 'number | bigint', number: 'number', boolean: 'boolean', null: 'null' },
  xmlResponse: { string: 'string', integer: 'string', number: 'string', boolean: 'string', null: 'string' },
}

/** Returns the name of a shared shape in a form, or its text. */
export type NameOf = (reference: string, form: Form) => string

/** A type that is declared: an interface, or the text of an alias. */
export type Declaration = Interface | string

/**
 * Writes declarations in their order, after the interfaces that hold what they share. Those are not exported: their names
 * change with the definitions.
 */
export function writeDeclarations(declarations: readonly Declaration[]): string {
  const named = declarations.filter(declared => typeof declared !== 'string')
  const names = new Set(named.map(({ name }) => name))
  const interfaces = shareMembers(named).map(declared =>
    writeInterface(declared, names.has(declared.name) ? 'export ' : ''),
  )
  return [...interfaces, ...declarations.filter(declared => typeof declared === 'string')].join('\n')
}

function writeInterface({ comment, name, heritage, members }: Interface, modifier: string): string {
  const header = heritage.length > 0 ? `${name} extends ${heritage.join(', ')}` : name
  return `${comment}${modifier}interface ${header} {${members.length === 0 ? '' : `\n${members.join('')}`}}\n`
}

/** Writes schemas as TypeScript types. */
export class Printer {
  readonly #nameOf: NameOf

  constructor(nameOf: NameOf) {
    this.#nameOf = nameOf
  }

  /**
   * Declares a named type: an interface for an object, the text of an alias for any other schema.
   *
   * @param title formatted comment that precedes that of the schema
   */
  declaration(name: string, schema: Schema, form: Form, title = ''): Declaration {
    const { bases, own } = partsOf(schema)
    const comment = `${title}${note(schema, '')}`
    if (schema.$ref || !isObject(schema)) return `${comment}export type ${name} = ${this.type(schema, form, '')}\n`
    const heritage = bases.map(base => this.#nameOf(base, form))
    return { comment, name, heritage, members: own.flatMap(part => this.#members(part, form, '  ')) }
  }

  type(schema: Schema, form: Form, indent: string): string {
    if (schema.$ref) return this.#nameOf(schema.$ref, form)
    if (isWhollyEncrypted(schema)) return 'string'
    if (schema.contentSchema) {
      return `${this.type(schema.contentSchema, innerForm(form, schema.contentMediaType), indent)} | string`
    }
    if (schema['x-encrypted'] && (form === 'request' || form === 'xmlRequest')) return 'Encryptable'
    const union = schema.oneOf ?? schema.anyOf
    if (union) return union.map(part => this.type(part, form, indent)).join(' | ')
    if (schema.allOf) {
      const { bases, own } = partsOf(schema)
      const parts = [...bases.map(base => this.#nameOf(base, form)), ...own.map(part => this.type(part, form, indent))]
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
    if (schema.format === 'uint64' && form !== 'xmlResponse') return 'number | bigint'
    return SCALARS[form][schema.type ?? ''] ?? 'unknown'
  }

  #literal(schema: Schema, form: Form, indent: string): string {
    const members = this.#members(schema, form, `${indent}  `).join('')
    if (members !== '') return `{\n${members}${indent}}`
    const { additionalProperties: rest } = schema
    return `{ [key: string]: ${typeof rest === 'object' ? this.type(rest, form, indent) : 'unknown'} }`
  }

  #members(schema: Schema, form: Form, indent: string): string[] {
    const required = new Set(schema.required)
    const named = Object.entries(schema.properties ?? {}).map(([name, field]) => {
      const optional = required.has(name) ? '' : '?'
      return `${note(field, indent)}${indent}${property(name)}${optional}: ${this.type(field, form, indent)}\n`
    })
    const numbered = Object.entries(schema.patternProperties ?? {}).map(
      ([pattern, field]) =>
        `${note(field, indent)}${indent}[key: ${template(pattern)}]: ${this.type(field, form, indent)}\n`,
    )
    return [...named, ...numbered]
  }
}

/** Splits an object into the shared shapes that it extends and its own members. */
function partsOf(schema: Schema): { bases: string[]; own: Schema[] } {
  const { allOf = [], ...rest } = schema
  const own = [...allOf.filter(({ $ref }) => !$ref), ...(allOf.length === 0 || hasMembers(rest) ? [rest] : [])]
  return { bases: allOf.flatMap(({ $ref }) => $ref ?? []), own }
}

const hasMembers = (schema: Schema): boolean =>
  schema.properties !== undefined || schema.patternProperties !== undefined

const isObject = (schema: Schema): boolean =>
  schema.allOf !== undefined || hasMembers(schema) || schema.type === 'object'

/** Converts a pattern to a template literal type: `^coupon_id_\d+$` → `coupon_id_${number}`. */
function template(pattern: string): string {
  const body = pattern.replace(/^\^|\$$/g, '').replaceAll('\\d+', '$' + '{number}')
  if (/[\\[\](|*+?^]/.test(body))
    throw new DefinitionError([`patternProperties: only names numbered by \\d+ are supported, not ${pattern}`])
  return `\`${body}\``
}

/**
 * Formats an enum: extensible in responses, text in XML responses; numbers of XML requests may be text too. Texts stand in
 * one literal, because a program that imports the package parses every node of every enum.
 */
function values(list: NonNullable<Schema['enum']>, form: Form): string {
  const isClosed = form === 'request' || form === 'xmlRequest'
  const texts = list.map(value =>
    typeof value === 'string' || form === 'xmlResponse' ? quoted(String(value)) : String(value),
  )
  if (list.every(value => typeof value === 'string' && !value.includes('|'))) {
    if (isClosed && list.length === 1) return texts[0]!
    return `${isClosed ? 'OneOf' : 'Open'}<${quoted(list.join(' | '))}>`
  }
  if (form === 'request') return texts.join(' | ')
  const numeric = list.filter(value => typeof value === 'number')
  if (form === 'xmlRequest') return [...texts, ...numeric.map(value => quoted(String(value)))].join(' | ')
  const open = form === 'response' && numeric.length === list.length ? '(number & {})' : 'Other'
  return [...texts, open].join(' | ')
}

/** Formats a list; the short form has fewer nodes. */
const listOf = (item: string): string =>
  /^(\w+|\w+<'[^']*'>|\{[\s\S]*\})$/.test(item) && !/\} [|&] /.test(item) ? `${item}[]` : `Array<${item}>`

export const grouped = (type: string): string => (/^(\w+(<.*>)?$|\{)/.test(type) ? type : `(${type})`)

/** Formats the comment of a field or a type. */
function note(schema: Schema, indent: string): string {
  const lines = hoverOf(schema)
  return lines.length === 0 ? '' : comment(lines, indent)
}

/** Formats the official title as a link to its page. */
export function titleOf({ summary, externalDocs }: Operation, name: string): string {
  const title = summary ?? name
  return externalDocs ? `[${title.replace(/[[\]]/g, '\\$&')}](${externalDocs.url})` : title
}

export function comment(lines: readonly string[], indent: string): string {
  const safe = lines.flatMap(line => line.trim().replaceAll('*/', '*\u200b/').split('\n'))
  if (safe.length === 1) return `${indent}/** ${safe[0]} */\n`
  return `${indent}/**\n${safe.map(line => `${indent} * ${line}\n`).join('')}${indent} */\n`
}
