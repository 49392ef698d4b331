import type { Field, Shape } from './shape.ts'
import type { Values } from './violation.ts'

/**
 * Returns JSON pointers of the members of a body that its definition does not have: `/payer/openid`. JSON within a string and
 * objects without defined members are not searched.
 */
export const undefinedFields = (values: Values, fields: readonly Field[], at = ''): readonly string[] =>
  Object.entries(values).flatMap(([name, value]) => {
    const pointer = `${at}/${name}`
    const field = fields.find(candidate => candidate.name === name)
    return field ? undefinedWithin(value, field.shape, pointer) : [pointer]
  })

function undefinedWithin(value: unknown, shape: Shape, pointer: string): readonly string[] {
  if (typeof value !== 'object' || value === null) return []
  if (shape.anyOf)
    return shape.anyOf
      .map(one => undefinedWithin(value, one, pointer))
      .reduce((best, found) => (found.length < best.length ? found : best))
  if (Array.isArray(value))
    return shape.items ? value.flatMap((member, at) => undefinedWithin(member, shape.items!, `${pointer}/${at}`)) : []
  return shape.fields ? undefinedFields(value as Values, shape.fields, pointer) : []
}
