import type { Field } from '../../catalogue/shape.ts'
import { undefinedFields } from '../../catalogue/undefined-fields.ts'
import { findViolation, type Values, type Violation } from '../../catalogue/violation.ts'
import { type Location, paramError, V3Refusal } from '../refusal.ts'
import type { ReceivedParameters } from './parameters.ts'
import type { Requirements } from './requirements.ts'

/**
 * Checks the parameters of a request against the definition and the route's rules.
 *
 * The service refuses members of the body that an API does not document, at every depth. A definition may lack a member that
 * the service has, and refusing a correct request is worse than accepting a wrong one. So the simulator refuses them only where
 * it has a route of its own, whose definition more than one source confirms, and elsewhere if it is `strict`.
 *
 * @throws {V3Refusal} 400 `PARAM_ERROR` for the first parameter that is missing, of a wrong type, or out of its range, and for
 * all members of the body that the definition does not have
 */
export function requireValid(
  { path, query, lists, headers, body }: ReceivedParameters,
  { route, path: placeholders, query: queryFields, header: headerFields, body: bodyFields }: Requirements,
  strict: boolean,
): void {
  // If the path has placeholders, the service reports a missing parameter of the query or the body as one of the path.
  const missingIn = (location: Location): Location => (placeholders.length > 0 ? 'uri_template' : location)
  requireValidFields(path, placeholders, 'uri_template')
  requireValidFields({ ...query, ...lists }, queryFields, 'query', missingIn('query'))
  requireValidFields(headers, headerFields, 'header')
  requireValidFields(body, bodyFields, 'body', missingIn('body'))
  const unknown = route || strict ? undefinedFields(body, bodyFields, '/body') : []
  if (unknown.length > 0)
    throw new V3Refusal(400, 'PARAM_ERROR', '请求中含有未在API文档中定义的参数', { location: null, value: unknown })
}

/** @param missingIn location that the error names for a missing field at the top level */
function requireValidFields(
  values: Values,
  fields: readonly Field[],
  location: Location,
  missingIn: Location = location,
): void {
  const violation = findViolation(values, fields, location === 'body' ? 'json' : 'text')
  if (!violation) return
  const isTopLevel = !violation.pointer.includes('/', 1)
  throw toRefusal(violation, violation.kind === 'missing' && isTopLevel ? missingIn : location)
}

/** Words a violation like the service. It does not document `field` and `issue` for every response. */
function toRefusal(
  { kind, field: { label, shape }, pointer, issue, expected, rule, value }: Violation,
  location: Location,
): V3Refusal {
  const source = `输入源“/${location}${pointer}”`
  const message = {
    missing: `${source}映射到字段“${label}”必填性规则校验失败，此字段为必填项`,
    type: `无法将${location === 'body' ? ' JSON ' : ''}${source}映射到目标字段“${label}”中，此字段需要一个${expected}`,
    value: `${source}映射到${shape.type === 'integer' ? '数值' : '值'}字段“${label}”${rule}`,
  }[kind]
  // A field of the body is named by its JSON pointer, any other by its name.
  const field = location === 'body' ? pointer : pointer.slice(1)
  return paramError(message, { field, issue, location, value: kind === 'missing' ? '' : echoedValue(value) })
}

/** Returns the value to repeat in the detail: none for an object, the beginning of a long text. */
function echoedValue(value: unknown): unknown {
  if (typeof value === 'object' && value !== null) return undefined
  if (typeof value === 'string') return value.slice(0, 64)
  // JSON is written without rounding, and 1e300 has no exact form.
  return Number.isInteger(value) && !Number.isSafeInteger(value) ? String(value) : value
}
