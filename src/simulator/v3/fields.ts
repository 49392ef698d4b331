import { type Fault, faultIn, type Values } from '../catalogue/fault.ts'
import type { Field } from '../catalogue/shape.ts'
import { paramError, type Refusal } from './refusal.ts'

export type Location = 'body' | 'query' | 'path' | 'header'

/** @throws {Refusal} 400 `PARAM_ERROR` for the first parameter that is missing, of a wrong type, or out of its range */
export function check(values: Values, fields: readonly Field[], location: Location): void {
  const fault = faultIn(values, fields, location === 'body' ? 'json' : 'text')
  if (fault) throw refusal(fault, location)
}

/** The service's own words for what is wrong. */
function refusal({ kind, field: { label }, place, issue, due, value }: Fault, location: Location): Refusal {
  const message = {
    missing: `输入源“/${location}${place}”映射到字段“${label}”必填性规则校验失败，此字段为必填项`,
    type: `无法将 JSON 输入源“/${location}${place}”映射到目标字段“${label}”中，此字段需要一个合法的 ${due}`,
    value: `输入源“/${location}${place}”映射到值字段“${label}”规则校验失败`,
  }[kind]
  // A body's fields are named by JSON pointer, the others by their bare name.
  const field = location === 'body' ? place : place.slice(1)
  return paramError(message, { field, issue, location, ...(value !== undefined && { value: shown(value) }) })
}

/** What was sent goes back in the detail, if it is small. */
function shown(value: unknown): unknown {
  if (typeof value === 'object' && value !== null) return undefined
  if (typeof value === 'string') return value.slice(0, 64)
  // JSON is written without rounding, and 1e300 has no exact form.
  return Number.isInteger(value) && !Number.isSafeInteger(value) ? String(value) : value
}
