import { utf8 } from '../../core/base/bytes.ts'
import { readJson } from './read-json.ts'
import type { Field, Shape } from './shape.ts'

export type Values = Readonly<Record<string, unknown>>

/** Form of the values of a message: JSON, or text only (URLs, headers, APIv2). */
export type Form = 'json' | 'text'

/** A violation of a definition by a message. */
export interface Violation {
  readonly kind: 'missing' | 'type' | 'value'
  readonly field: Field
  /** JSON pointer: `/amount/total`. */
  readonly pointer: string
  /** Description, in English. */
  readonly issue: string
  /** For kind `type`: the expected type, in the service's words. */
  readonly expected?: string
  /** For kind `value`: the broken rule, in the service's words. */
  readonly rule?: string
  /** Value that the service's error contains. */
  readonly value?: unknown
}

/** A rule that a value breaks. */
type BrokenRule = Required<Pick<Violation, 'issue' | 'rule' | 'value'>>

/** Finds the first field that is missing, of a wrong type, or out of its range. */
export function findViolation(values: Values, fields: readonly Field[], form: Form, at = ''): Violation | undefined {
  for (const field of fields) {
    if (field.name.includes('#')) continue
    const pointer = `${at}/${field.name}`
    const value = Object.hasOwn(values, field.name) ? values[field.name] : undefined
    const violation =
      value === undefined || value === null
        ? field.required && { kind: 'missing' as const, issue: 'required field is missing' }
        : findValueViolation(value, field.shape, { field, pointer }, form)
    if (violation) return { field, pointer, ...violation }
  }
  return undefined
}

type Location = Pick<Violation, 'field' | 'pointer'>

function findValueViolation(value: unknown, shape: Shape, location: Location, form: Form): Violation | undefined {
  if (shape.anyOf) return findAnyOfViolation(value, shape.anyOf, location, form)
  if (!isOfType(value, shape, form))
    return {
      ...location,
      kind: 'type',
      issue: `not of type ${typeName(shape)}`,
      expected: typeOf(shape, form).expected,
      value,
    }
  if (shape.type === 'array') return findMemberViolation(value as unknown[], shape.items, location, form)
  if (shape.type === 'object') return findViolation(value as Values, shape.fields ?? [], form, location.pointer)
  const broken = findBrokenRule(value, shape, location.field)
  if (broken) return { ...location, kind: 'value', ...broken }
  return shape.json || shape.form ? findEmbeddedViolation(value as string, shape, location) : undefined
}

const findAnyOfViolation = (
  value: unknown,
  shapes: readonly Shape[],
  location: Location,
  form: Form,
): Violation | undefined => {
  const violations = shapes.map(shape => findValueViolation(value, shape, location, form))
  return violations.includes(undefined) ? undefined : violations[0]
}

function findMemberViolation(values: readonly unknown[], shape: Shape | undefined, location: Location, form: Form) {
  if (!shape) return undefined
  // The error names the member of a list of objects, but only the list if its members are texts or numbers.
  const pointerOf = (at: number) => (shape.fields ? `${location.pointer}/${at}` : location.pointer)
  for (const [at, value] of values.entries()) {
    const violation = findValueViolation(value, shape, { ...location, pointer: pointerOf(at) }, form)
    if (violation) return violation
  }
  return undefined
}

/** Finds a violation in the JSON or the form that a text holds. */
function findEmbeddedViolation(text: string, shape: Shape, location: Location): Violation | undefined {
  if (text === '') return undefined
  if (shape.form) return findViolation(readForm(text), shape.form.fields ?? [], 'text', location.pointer)
  const json = readJson(text)
  if (json === undefined) return { ...location, kind: 'value', issue: 'not JSON text', rule: RULE, value: text }
  return findValueViolation(json, shape.json!, location, 'json')
}

/** Parses a form, which may be percent-encoded as a whole: `posttime%3d123%26mobile%3d138…`. */
const readForm = (text: string): Values =>
  Object.fromEntries(new URLSearchParams(text.includes('=') ? text : [...new URLSearchParams(`a=${text}`).values()][0]))

interface Type {
  /** Name of the type, in the service's words. */
  readonly expected: string
  readonly accepts: (value: unknown) => boolean
}

const isString = (value: unknown): value is string => typeof value === 'string'
const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null && !Array.isArray(value)
const isInteger = (value: unknown): boolean => Number.isSafeInteger(value)
const isUint64 = (value: unknown): boolean =>
  typeof value === 'bigint' ? value >= 0n && value < 2n ** 64n : isInteger(value) && (value as number) >= 0
const isText = (pattern: RegExp, accepts: (value: unknown) => boolean) => (value: unknown) =>
  isString(value) && pattern.test(value) && accepts(value)
const INTEGER = /^-?\d{1,19}$/
const NATURAL = /^\d{1,20}$/

const COMMON = {
  string: { expected: ' string 类型的 Json 值', accepts: isString },
  object: { expected: ' object 类型的 Json 值', accepts: isObject },
  array: { expected: ' array 类型的 Json 值', accepts: Array.isArray },
  any: { expected: '合法的值', accepts: () => true },
} as const satisfies Record<string, Type>

const TYPES: Readonly<Record<Form, Readonly<Record<Shape['type'] | 'uint64', Type>>>> = {
  json: {
    ...COMMON,
    integer: { expected: '合法的 64 位有符号整数', accepts: isInteger },
    uint64: { expected: '合法的 64 位无符号整数', accepts: isUint64 },
    number: { expected: '合法的数字', accepts: value => typeof value === 'number' },
    boolean: { expected: ' bool 类型的 Json 值', accepts: value => typeof value === 'boolean' },
  },
  text: {
    ...COMMON,
    integer: { expected: '合法的 64 位有符号整数', accepts: isText(INTEGER, value => isInteger(Number(value))) },
    uint64: {
      expected: '合法的 64 位无符号整数',
      accepts: isText(NATURAL, value => isUint64(BigInt(value as string))),
    },
    number: { expected: '合法的数字', accepts: isText(/^-?\d{1,15}(\.\d{1,15})?$/, () => true) },
    boolean: { expected: '合法的布尔值', accepts: value => value === 'true' || value === 'false' },
  },
}

const typeOf = ({ type, format }: Shape, form: Form): Type => TYPES[form][format === 'uint64' ? 'uint64' : type]

/** Returns whether a value is of a type; for a list, its members must be of their type, too. */
const isOfType = (value: unknown, shape: Shape, form: Form): boolean =>
  typeOf(shape, form).accepts(value) &&
  (!shape.items || (value as unknown[]).every(member => typeOf(shape.items!, form).accepts(member)))

const typeName = ({ type, items }: Shape): string => (type === 'array' && items ? `${typeName(items)}[]` : type)

/** RFC 3339, as strict as the parsers of Java and Go. */
const DATE_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/

const RULE = '规则校验失败'
const TEXT_RULE = `字符串${RULE}`

/** Finds the rule that a value breaks. The error about a text's length contains its number of bytes. */
function findBrokenRule(value: unknown, shape: Shape, { required }: Field): BrokenRule | undefined {
  const { enum: values, minimum, minLength, maxLength, pattern, format, lenient } = shape
  const empty: BrokenRule = { issue: 'empty', rule: `${TEXT_RULE}，字节数 0，小于最小值 1`, value: 0 }
  // The ranges apply to the plaintext.
  if (shape.encrypted) return value === '' && required ? empty : undefined
  const text = String(value)
  if (required && value === '') return empty
  if (minimum !== undefined && Number(value) < minimum)
    return { issue: `less than ${minimum}`, rule: `${RULE}，值低于最小值 ${minimum}`, value }
  if (values && !values.some(allowed => String(allowed) === text))
    return { issue: `not one of ${values.join(', ')}`, rule: RULE, value }
  if (minLength !== undefined && text !== '' && [...text].length < minLength) {
    const { length } = utf8(text)
    const rule = `${TEXT_RULE}，字节数 ${length}，小于最小值 ${minLength}`
    return { issue: `shorter than ${minLength} characters`, rule, value: length }
  }
  if (maxLength !== undefined && text.length > maxLength && [...text].length > maxLength) {
    const { length } = utf8(text)
    const rule = `${TEXT_RULE}，字节数 ${length}，大于最大值 ${maxLength}`
    return { issue: `longer than ${maxLength} characters`, rule, value: length }
  }
  if (pattern && !pattern.test(text))
    return { issue: MALFORMED, rule: `${TEXT_RULE}，字符串必须匹配正则表达式“${pattern.source}”`, value }
  if (format === 'date-time' && !lenient && text !== '' && !DATE_TIME.test(text))
    return { issue: MALFORMED, rule: `${TEXT_RULE}，字符串必须是符合 RFC3339 日期时间格式`, value }
  return undefined
}

const MALFORMED = 'does not match the required format'
