import { utf8 } from '../../core/bytes.ts'
import { readJson } from './read-json.ts'
import type { Field, Shape } from './shape.ts'

export type Values = Readonly<Record<string, unknown>>

/** How values come: as JSON has them, or each as text (URLs, headers, APIv2). */
export type Form = 'json' | 'text'

/** The first thing that is wrong with a message. */
export interface Violation {
  readonly kind: 'missing' | 'type' | 'value'
  readonly field: Field
  /** JSON pointer: `/amount/total`. */
  readonly pointer: string
  /** What was due and is not there, in English. */
  readonly issue: string
  /** Of a wrong type, the one that is due, as the service calls it. */
  readonly expected?: string
  /** Of a value out of its range, the rule that it breaks, in the service's words. */
  readonly rule?: string
  /** The value that the service's error shows. */
  readonly value?: unknown
}

/** A rule that a value breaks. */
type BrokenRule = Required<Pick<Violation, 'issue' | 'rule' | 'value'>>

/** Finds what does not fit: a field that is missing, of a wrong type, out of its range. Further fields are not looked at. */
export function findViolation(values: Values, fields: readonly Field[], form: Form, at = ''): Violation | undefined {
  for (const field of fields) {
    if (field.name.includes('#')) continue
    const pointer = `${at}/${field.name}`
    const value = Object.hasOwn(values, field.name) ? values[field.name] : undefined
    const fault =
      value === undefined || value === null
        ? field.required && { kind: 'missing' as const, issue: 'required field is missing' }
        : findValueViolation(value, field.shape, { field, pointer }, form)
    if (fault) return { field, pointer, ...fault }
  }
  return undefined
}

type Location = Pick<Violation, 'field' | 'pointer'>

function findValueViolation(value: unknown, shape: Shape, where: Location, form: Form): Violation | undefined {
  if (shape.anyOf) return findAnyOfViolation(value, shape.anyOf, where, form)
  if (!isOfType(value, shape, form))
    return {
      ...where,
      kind: 'type',
      issue: `not of type ${nameOf(shape)}`,
      expected: typeOf(shape, form).expected,
      value,
    }
  if (shape.type === 'array') return findMemberViolation(value as unknown[], shape.items, where, form)
  if (shape.type === 'object') return findViolation(value as Values, shape.fields ?? [], form, where.pointer)
  const broken = findBrokenRule(value, shape, where.field)
  if (broken) return { ...where, kind: 'value', ...broken }
  return shape.json || shape.form ? findEmbeddedViolation(value as string, shape, where) : undefined
}

const findAnyOfViolation = (
  value: unknown,
  shapes: readonly Shape[],
  where: Location,
  form: Form,
): Violation | undefined => {
  const faults = shapes.map(shape => findValueViolation(value, shape, where, form))
  return faults.includes(undefined) ? undefined : faults[0]
}

function findMemberViolation(values: readonly unknown[], shape: Shape | undefined, where: Location, form: Form) {
  if (!shape) return undefined
  // Of a list of texts, the list is at fault.
  const placeOf = (at: number) => (shape.fields ? `${where.pointer}/${at}` : where.pointer)
  for (const [at, value] of values.entries()) {
    const fault = findValueViolation(value, shape, { ...where, pointer: placeOf(at) }, form)
    if (fault) return fault
  }
  return undefined
}

/** JSON or a form inside a string. */
function findEmbeddedViolation(text: string, shape: Shape, where: Location): Violation | undefined {
  if (text === '') return undefined
  if (shape.form) return findViolation(readForm(text), shape.form.fields ?? [], 'text', where.pointer)
  const json = readJson(text)
  if (json === undefined) return { ...where, kind: 'value', issue: 'not JSON text', rule: RULE, value: text }
  return findValueViolation(json, shape.json!, where, 'json')
}

/** The fields joined, as they are or once more percent-encoded: `posttime%3d123%26mobile%3d138…`. */
const readForm = (text: string): Values =>
  Object.fromEntries(new URLSearchParams(text.includes('=') ? text : [...new URLSearchParams(`a=${text}`).values()][0]))

interface Type {
  expected: string
  fits: (value: unknown) => boolean
}

const isString = (value: unknown): value is string => typeof value === 'string'
const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null && !Array.isArray(value)
const isInteger = (value: unknown): boolean => Number.isSafeInteger(value)
const isUint64 = (value: unknown): boolean =>
  typeof value === 'bigint' ? value >= 0n && value < 2n ** 64n : isInteger(value) && (value as number) >= 0
const written = (pattern: RegExp, fits: (value: unknown) => boolean) => (value: unknown) =>
  isString(value) && pattern.test(value) && fits(value)
const INTEGER = /^-?\d{1,19}$/
const NATURAL = /^\d{1,20}$/

const COMMON = {
  string: { expected: ' string 类型的 Json 值', fits: isString },
  object: { expected: ' object 类型的 Json 值', fits: isObject },
  array: { expected: ' array 类型的 Json 值', fits: Array.isArray },
  any: { expected: '合法的值', fits: () => true },
} as const satisfies Record<string, Type>

const TYPES: Readonly<Record<Form, Readonly<Record<Shape['type'] | 'uint64', Type>>>> = {
  json: {
    ...COMMON,
    integer: { expected: '合法的 64 位有符号整数', fits: isInteger },
    uint64: { expected: '合法的 64 位无符号整数', fits: isUint64 },
    number: { expected: '合法的数字', fits: value => typeof value === 'number' },
    boolean: { expected: ' bool 类型的 Json 值', fits: value => typeof value === 'boolean' },
  },
  text: {
    ...COMMON,
    integer: { expected: '合法的 64 位有符号整数', fits: written(INTEGER, value => isInteger(Number(value))) },
    uint64: { expected: '合法的 64 位无符号整数', fits: written(NATURAL, value => isUint64(BigInt(value as string))) },
    number: { expected: '合法的数字', fits: written(/^-?\d{1,15}(\.\d{1,15})?$/, () => true) },
    boolean: { expected: '合法的布尔值', fits: value => value === 'true' || value === 'false' },
  },
}

const typeOf = ({ type, format }: Shape, form: Form): Type => TYPES[form][format === 'uint64' ? 'uint64' : type]

/** A list is of the type that its members are of. */
const isOfType = (value: unknown, shape: Shape, form: Form): boolean =>
  typeOf(shape, form).fits(value) &&
  (!shape.items || (value as unknown[]).every(member => typeOf(shape.items!, form).fits(member)))

const nameOf = ({ type, items }: Shape): string => (type === 'array' && items ? `${nameOf(items)}[]` : type)

/** RFC 3339, which Java's and Go's parsers on the service's side take strictly. */
const DATE_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/

const RULE = '规则校验失败'
const TEXT_RULE = `字符串${RULE}`

/** Of a text that is too long or too short, the service's error shows how many bytes it has. */
function findBrokenRule(value: unknown, shape: Shape, { required }: Field): BrokenRule | undefined {
  const { enum: values, minimum, maxLength, pattern, format } = shape
  const empty: BrokenRule = { issue: 'empty', rule: `${TEXT_RULE}，字节数 0，小于最小值 1`, value: 0 }
  // What is sealed has its range inside.
  if (shape.encrypted) return value === '' && required ? empty : undefined
  const text = String(value)
  if (required && value === '') return empty
  if (minimum !== undefined && Number(value) < minimum)
    return { issue: `less than ${minimum}`, rule: `${RULE}，值低于最小值 ${minimum}`, value }
  if (values && !values.some(one => String(one) === text))
    return { issue: `not one of ${values.join(', ')}`, rule: RULE, value }
  if (maxLength !== undefined && text.length > maxLength && [...text].length > maxLength) {
    const { length } = utf8(text)
    const rule = `${TEXT_RULE}，字节数 ${length}，大于最大值 ${maxLength}`
    return { issue: `longer than ${maxLength} characters`, rule, value: length }
  }
  if (pattern && !pattern.test(text))
    return { issue: MALFORMED, rule: `${TEXT_RULE}，字符串必须匹配正则表达式“${pattern.source}”`, value }
  if (format === 'date-time' && text !== '' && !DATE_TIME.test(text)) return { issue: MALFORMED, rule: RULE, value }
  return undefined
}

const MALFORMED = 'does not match the required format'
