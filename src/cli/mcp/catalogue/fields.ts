import type { Field, Shape } from '../../../simulator/catalogue/shape.ts'
import { personalFields } from './openapi.ts'

/** A row of the description of a message. */
export interface FieldRow {
  /** Dotted: `amount.total`; the members of a list follow `[]`: `goods_detail[].quantity`. */
  readonly name: string
  /** The official short name. */
  readonly label: string
  readonly type: string
  readonly required?: true
  readonly values?: readonly (string | number)[]
  readonly minLength?: number
  readonly maxLength?: number
  readonly format?: string
  /** The field travels encrypted; the client encrypts and decrypts it. */
  readonly encrypted?: true
  /** It says who somebody is: keep it out of logs. */
  readonly personal?: true
  /** The field has alternatives; the rows below it are of all of them. */
  readonly alternatives?: number
}

/** Lists a field and the fields within it, in the order of the definition. */
export const describeFields = (fields: readonly Field[], prefix = ''): FieldRow[] =>
  fields.flatMap(field => {
    const name = prefix + field.name
    return [rowOf(field, name), ...describeWithin(field.shape, name)]
  })

/** Lists the fields of a body. */
export const describeShape = (shape: Shape | undefined): FieldRow[] => (shape ? describeWithin(shape, '') : [])

function describeWithin({ fields, items, anyOf = [], json, form }: Shape, name: string): FieldRow[] {
  const prefix = name && `${name}.`
  if (items) return describeWithin(items, `${name}[]`)
  const embedded = json ?? form
  if (embedded) return describeWithin(embedded, name)
  if (fields) return describeFields(fields, prefix)
  const rows = anyOf.flatMap(alternative => describeWithin(alternative, name))
  return rows.filter((row, at) => rows.findIndex(other => other.name === row.name) === at)
}

function rowOf({ name: last, label, shape, required }: Field, name: string): FieldRow {
  const leaf = shape.items ?? shape
  const { enum: values, minLength, maxLength, format, encrypted, anyOf } = leaf
  return {
    name,
    label,
    type: typeOf(shape),
    ...(required && { required }),
    ...(values && { values: values.slice(0, MAX_VALUES) }),
    ...(minLength !== undefined && { minLength }),
    ...(maxLength !== undefined && { maxLength }),
    ...(format && { format }),
    ...(encrypted && { encrypted: true }),
    ...(leaf.type === 'string' && personalFields().has(last) && { personal: true }),
    ...(anyOf && { alternatives: anyOf.length }),
  }
}

const MAX_VALUES = 60

function typeOf({ type, items, json, form, anyOf }: Shape): string {
  if (items) return `${typeOf(items)}[]`
  if (json) return 'JSON in a string (give an object)'
  if (form) return 'form in a string'
  return anyOf?.[0] ? typeOf(anyOf[0]) : type
}
