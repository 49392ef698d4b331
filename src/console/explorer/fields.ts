import type { ApiDefinition, DefinedField, DefinedSchema } from './definition.ts'

/** Tables that numbers of schemas and fields refer to. */
export type Tables = Pick<ApiDefinition, 'schemas' | 'fields'>

/** A row of the description of a message. */
export interface FieldRow {
  /** Dotted: `amount.total`; members of a list follow `[]`: `goods_detail[].quantity`. */
  readonly path: string
  /** The number of objects and lists around it. */
  readonly depth: number
  readonly field: DefinedField
  /** The schema of the value, or of the members of a list. */
  readonly schema: DefinedSchema
  /** `string`, `object[]`, `JSON`. */
  readonly type: string
}

/** Returns the members of a list, of a list of lists …; otherwise the schema itself. */
function innermost(schema: DefinedSchema, { schemas }: Tables): { schema: DefinedSchema; brackets: string } {
  let [inner, brackets] = [schema, '']
  while (inner.items !== undefined) [inner, brackets] = [schemas[inner.items]!, `${brackets}[]`]
  return { schema: inner, brackets }
}

/** Lists the fields of a message at any depth, in the order of the definition. */
export function rowsOf(schema: DefinedSchema, tables: Tables, prefix = '', depth = 0): FieldRow[] {
  const { schema: inner, brackets } = innermost(schema, tables)
  const own = prefix === '' ? brackets : `${prefix}${brackets}`
  if (inner.content !== undefined) return rowsOf(tables.schemas[inner.content]!, tables, own, depth)
  if (inner.anyOf) return distinct(inner.anyOf.flatMap(number => rowsOf(tables.schemas[number]!, tables, own, depth)))
  return rowsOfFields(inner.fields ?? [], tables, own, depth)
}

/** Lists fields and the fields within them. */
export const rowsOfFields = (numbers: readonly number[], tables: Tables, prefix = '', depth = 0): FieldRow[] =>
  numbers.flatMap(number => {
    const field = tables.fields[number]!
    const schema = tables.schemas[field.schema]!
    const path = prefix === '' ? field.name : `${prefix}.${field.name}`
    const { schema: inner, brackets } = innermost(schema, tables)
    const type = `${typeOf(inner)}${brackets}`
    return [{ path, depth, field, schema: inner, type }, ...rowsOf(schema, tables, path, depth + 1)]
  })

const typeOf = ({ type, contentType, anyOf }: DefinedSchema): string =>
  contentType ? `string (${contentType})` : anyOf ? 'object' : type

/** Alternatives may have the same fields. */
const distinct = (rows: readonly FieldRow[]): FieldRow[] =>
  rows.filter(({ path }, at) => rows.findIndex(other => other.path === path) === at)
