import type { Fields } from './incoming.ts'
import { paramError, type Refusal } from './refusal.ts'

/** A parameter of a request, as the API facts have it. */
export interface Field {
  readonly name: string
  /** The official short name, which the service's messages cite. */
  readonly label: string
  readonly type: 'string' | 'integer' | 'boolean' | 'object' | 'string[]' | 'object[]'
  readonly required?: true
  readonly enum?: readonly string[]
  readonly maxLength?: number
  readonly minimum?: number
  readonly pattern?: RegExp
  readonly fields?: readonly Field[]
}

type Location = 'body' | 'query' | 'path'

/** @throws {Refusal} 400 `PARAM_ERROR` for the first parameter that is missing, of a wrong type, or out of its range */
export function check(value: Fields, fields: readonly Field[], location: Location, at = ''): void {
  for (const field of fields) {
    // A body's fields are named by JSON pointer, a query's by their bare name.
    const place = location === 'body' ? `${at}/${field.name}` : field.name
    const given = Object.hasOwn(value, field.name) ? value[field.name] : undefined
    if (given === undefined || given === null) {
      if (field.required) throw missing(field, location, place)
      continue
    }
    if (!TYPES[field.type].fits(given)) throw wrongType(field, location, place, given)
    const issue = outOfRange(given, field)
    if (issue) throw wrongValue(field, location, place, given, issue)
    if (field.type === 'object') check(given as Fields, field.fields ?? [], location, place)
    if (field.type === 'object[]')
      for (const [index, member] of (given as Fields[]).entries())
        check(member, field.fields ?? [], location, `${place}/${index}`)
  }
}

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null && !Array.isArray(value)
const listOf = (fits: (value: unknown) => boolean) => (value: unknown) => Array.isArray(value) && value.every(fits)
const isString = (value: unknown): value is string => typeof value === 'string'

const TYPES: Readonly<Record<Field['type'], { due: string; fits: (value: unknown) => boolean }>> = {
  string: { due: '字符串', fits: isString },
  integer: { due: '64 位有符号整数', fits: Number.isSafeInteger },
  boolean: { due: '布尔值', fits: value => typeof value === 'boolean' },
  object: { due: 'JSON 对象', fits: isObject },
  'string[]': { due: '字符串数组', fits: listOf(isString) },
  'object[]': { due: '对象数组', fits: listOf(isObject) },
}

function outOfRange(
  value: unknown,
  { type, enum: values, maxLength, minimum, pattern, required }: Field,
): string | undefined {
  if (type === 'integer')
    return minimum !== undefined && (value as number) < minimum ? `less than ${minimum}` : undefined
  for (const text of type === 'string' ? [value as string] : type === 'string[]' ? (value as string[]) : []) {
    if (required && text === '') return 'empty'
    if (values && !values.includes(text)) return `not one of ${values.join(', ')}`
    if (maxLength !== undefined && [...text].length > maxLength) return `longer than ${maxLength} characters`
    if (pattern && !pattern.test(text)) return 'does not match the required format'
  }
  return undefined
}

const missing = ({ label }: Field, location: Location, field: string): Refusal =>
  paramError(`输入源“${source(location, field)}”映射到字段“${label}”必填性规则校验失败，此字段为必填项`, {
    ...{ field, location },
    issue: 'required field is missing',
  })

const wrongType = ({ label, type }: Field, location: Location, field: string, value: unknown): Refusal =>
  paramError(
    `无法将 JSON 输入源“${source(location, field)}”映射到目标字段“${label}”中，此字段需要一个合法的 ${TYPES[type].due}`,
    { ...{ field, location }, issue: `not of type ${type}`, value: shown(value) },
  )

const wrongValue = ({ label }: Field, location: Location, field: string, value: unknown, issue: string): Refusal =>
  paramError(`输入源“${source(location, field)}”映射到值字段“${label}”规则校验失败`, {
    ...{ field, location, issue },
    value: shown(value),
  })

const source = (location: Location, field: string): string =>
  location === 'body' ? `/body${field}` : `/${location}/${field}`

/** What was sent goes back in the detail, if it is small. */
function shown(value: unknown): unknown {
  if (typeof value === 'object' && value !== null) return undefined
  if (typeof value === 'string') return value.slice(0, 64)
  // JSON is written without rounding, and 1e300 has no exact form.
  return Number.isInteger(value) && !Number.isSafeInteger(value) ? String(value) : value
}
