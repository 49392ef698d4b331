import type { Field, Shape } from './shape.ts'

/** What the service checks beyond the definition of a field. */
export interface Rule {
  /** `false`: the definition asks for more than the service does. */
  readonly required?: boolean
  readonly pattern?: RegExp
  readonly minimum?: number
  readonly maxLength?: number
  readonly enum?: readonly string[]
}

/** By dotted path: `payer.identity.number`. A list on the way is walked through, so is JSON in a string. */
export type Rules = Readonly<Record<string, Rule>>

/** The fields with the rules added to them. */
export function withRules(fields: readonly Field[], rules: Rules, at = ''): readonly Field[] {
  return fields.map(field => {
    const path = at + field.name
    const rule = Object.hasOwn(rules, path) ? rules[path] : undefined
    const deeper = Object.keys(rules).some(other => other.startsWith(`${path}.`))
    if (!rule && !deeper) return field
    const { required = field.required, ...limits } = rule ?? {}
    return { ...field, required, shape: shapeWithRules(field.shape, limits, deeper ? rules : {}, path) }
  })
}

function shapeWithRules(shape: Shape, limits: Omit<Rule, 'required'>, rules: Rules, path: string): Shape {
  const inner = (one: Shape) => shapeWithRules(one, limits, rules, path)
  return {
    ...shape,
    ...(shape.items ? { items: inner(shape.items) } : limits),
    ...(shape.fields && { fields: withRules(shape.fields, rules, `${path}.`) }),
    ...(shape.json && { json: shapeWithRules(shape.json, {}, rules, path) }),
    ...(shape.anyOf && { anyOf: shape.anyOf.map(inner) }),
  }
}
