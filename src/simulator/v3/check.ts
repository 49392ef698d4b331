import type { Field } from '../catalogue/shape.ts'
import { findViolation, type Values, type Violation } from '../catalogue/violation.ts'
import { type Location, paramError, type Refusal } from './refusal.ts'

/**
 * Checks the parameters of a request that stand in one place.
 *
 * @param isTemplate whether the path of the endpoint has placeholders: the service then looks for a parameter that is nowhere
 * else among them, and says so
 * @throws {Refusal} 400 `PARAM_ERROR` for the first parameter that is missing, of a wrong type, or out of its range
 */
export function requireValid(values: Values, fields: readonly Field[], location: Location, isTemplate = false): void {
  const fault = findViolation(values, fields, location === 'body' ? 'json' : 'text')
  if (!fault) return
  const isTopLevel = !fault.pointer.includes('/', 1)
  throw refusal(fault, fault.kind === 'missing' && isTemplate && isTopLevel ? 'uri_template' : location)
}

/** Words a fault as the service does; `field` and `issue` are in the documented form of `detail`, but not in every response. */
function refusal(
  { kind, field: { label, shape }, pointer, issue, expected, rule, value }: Violation,
  location: Location,
): Refusal {
  const source = `输入源“/${location}${pointer}”`
  const message = {
    missing: `${source}映射到字段“${label}”必填性规则校验失败，此字段为必填项`,
    type: `无法将${location === 'body' ? ' JSON ' : ''}${source}映射到目标字段“${label}”中，此字段需要一个${expected}`,
    value: `${source}映射到${shape.type === 'integer' ? '数值' : '值'}字段“${label}”${rule}`,
  }[kind]
  // A body's fields are named by JSON pointer, the others by their bare name.
  const field = location === 'body' ? pointer : pointer.slice(1)
  const detail = { field, issue, location, value: kind === 'missing' ? '' : shown(value) }
  return paramError(message, detail)
}

/** What was sent goes back in the detail, if it is small. */
function shown(value: unknown): unknown {
  if (typeof value === 'object' && value !== null) return undefined
  if (typeof value === 'string') return value.slice(0, 64)
  // JSON is written without rounding, and 1e300 has no exact form.
  return Number.isInteger(value) && !Number.isSafeInteger(value) ? String(value) : value
}
