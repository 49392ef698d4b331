import type { Field, Shape } from './shape.ts'

/** Checks of the service beyond the definition of a field. */
export interface Rule {
  /** `false` if the definition requires the field, but the service does not. */
  readonly required?: boolean
  readonly pattern?: RegExp
  readonly minimum?: number
  readonly minLength?: number
  readonly maxLength?: number
  readonly enum?: readonly string[]
}

/** Rules by dotted path: `payer.identity.number`. Lists, and JSON in a string, add nothing to a path. */
export type Rules = Readonly<Record<string, Rule>>

/** Adds rules to fields. */
export function withRules(fields: readonly Field[], rules: Rules, prefix = ''): readonly Field[] {
  return fields.map(field => {
    const path = prefix + field.name
    const rule = Object.hasOwn(rules, path) ? rules[path] : undefined
    const hasDeeperRules = Object.keys(rules).some(other => other.startsWith(`${path}.`))
    if (!rule && !hasDeeperRules) return field
    const { required = field.required, ...limits } = rule ?? {}
    return { ...field, required, shape: shapeWithRules(field.shape, limits, hasDeeperRules ? rules : {}, path) }
  })
}

function shapeWithRules(shape: Shape, limits: Omit<Rule, 'required'>, rules: Rules, path: string): Shape {
  const addToMember = (member: Shape) => shapeWithRules(member, limits, rules, path)
  return {
    ...shape,
    ...(shape.items ? { items: addToMember(shape.items) } : limits),
    ...(shape.fields && { fields: withRules(shape.fields, rules, `${path}.`) }),
    ...(shape.json && { json: shapeWithRules(shape.json, {}, rules, path) }),
    ...(shape.anyOf && { anyOf: shape.anyOf.map(addToMember) }),
  }
}
