import type { RecordedExchange, TextKind } from '../record/recording.ts'

/** Whether a member of a recorded call is what the comparison and the replay read. */
type Check = (value: unknown, depth: number) => boolean

/** A recorded message has 32 levels at most, and a level of JSON below it for its members. */
const MAX_DEPTH = 80
const KINDS: Readonly<Record<TextKind, true>> = {
  empty: true,
  digits: true,
  'date-time': true,
  url: true,
  hex: true,
  base64: true,
  text: true,
}
const APIS: readonly unknown[] = ['v2', 'v3', 'brand']

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const isText: Check = value => typeof value === 'string'
const isNumber: Check = value => typeof value === 'number'
const isBoolean: Check = value => typeof value === 'boolean'
const isCount: Check = value => Number.isSafeInteger(value) && (value as number) >= 0
const isKind: Check = value => typeof value === 'string' && Object.hasOwn(KINDS, value)

const optional =
  (check: Check): Check =>
  (value, depth) =>
    value === undefined || check(value, depth)
const listOf =
  (check: Check): Check =>
  (value, depth) =>
    Array.isArray(value) && value.every(item => check(item, depth + 1))
const membersOf =
  (check: Check): Check =>
  (value, depth) =>
    isObject(value) && Object.values(value).every(member => check(member, depth + 1))
/** An object whose members pass their checks; it may have others. */
const objectOf =
  (checks: Readonly<Record<string, Check>>): Check =>
  (value, depth) =>
    isObject(value) && Object.entries(checks).every(([name, check]) => check(memberOf(value, name), depth))

const memberOf = (value: Readonly<Record<string, unknown>>, name: string): unknown =>
  Object.hasOwn(value, name) ? value[name] : undefined

const isValue: Check = (value, depth) => depth < MAX_DEPTH && isOneOf(VALUES, value, depth)
const isMessage: Check = (value, depth) => isValue(value, depth) || isOneOf(MISSING_BODIES, value, depth)
const isMembers: Check = (value, depth) => isObject(value) && value.type === 'object' && isValue(value, depth)

const isOneOf = (checks: Readonly<Record<string, Check>>, value: unknown, depth: number): boolean =>
  isObject(value) &&
  typeof value.type === 'string' &&
  Object.hasOwn(checks, value.type) &&
  checks[value.type]!(value, depth)

const NUMBER = objectOf({ value: optional(isNumber) })
const NOTHING_MORE = objectOf({})
/** The members of a value of each type besides its type. */
const VALUES: Readonly<Record<string, Check>> = {
  string: objectOf({ length: isCount, kind: isKind, value: optional(isText), ref: optional(isCount) }),
  integer: NUMBER,
  number: NUMBER,
  boolean: NOTHING_MORE,
  null: NOTHING_MORE,
  array: objectOf({ length: isCount, items: listOf(isValue) }),
  object: objectOf({ fields: membersOf(isValue), unnamed: optional(listOf(isValue)) }),
}
const MISSING_BODIES: Readonly<Record<string, Check>> = {
  none: NOTHING_MORE,
  opaque: NOTHING_MORE,
  'too-large': NOTHING_MORE,
  cut: NOTHING_MORE,
}

const EXCHANGE = objectOf({
  request: objectOf({
    api: value => APIS.includes(value),
    method: isText,
    path: isText,
    isDefined: isBoolean,
    parameters: isMembers,
    query: isMembers,
    body: isMessage,
  }),
  response: objectOf({
    status: isCount,
    code: optional(isText),
    headers: listOf(isText),
    body: isMessage,
  }),
})

/** Returns whether JSON from anybody is a recorded call, in every member that has a meaning. */
export const isRecordedExchange = (value: unknown): value is RecordedExchange => EXCHANGE(value, 0)
