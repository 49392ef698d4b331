import { kindOf } from '../error-text.ts'
import { CallError, invalidBody, MalformedError } from '../errors.ts'
import { EncryptedField } from './encrypted.ts'
import { hasLongInteger, parseExact } from './json-parser.ts'
import { isExact, scalarText } from './scalar.ts'

/**
 * Parses JSON without rounding an integer. An integer beyond ±(2^53 − 1), which `JSON.parse` would round, becomes a
 * `bigint`; everything else is as `JSON.parse` returns it. WeChat Pay's uint64 ids (`applyment_id`) have both sizes.
 *
 * It takes linear time for every text, because it reads messages before their signature is verified.
 *
 * @param text one JSON value (RFC 8259)
 * @returns objects, arrays, strings, numbers, bigints, booleans and null
 * @throws {MalformedError} `NOT_JSON`, with the position of the first error and nothing of the content
 * @see https://www.rfc-editor.org/rfc/rfc8259
 * @example
 * ```ts
 * parseJson('{"applyment_id":2000002124775691239,"total":100}') // { applyment_id: 2000002124775691239n, total: 100 }
 * ```
 */
export function parseJson(text: string): unknown {
  if (typeof text !== 'string') throw new MalformedError('NOT_JSON', `Not JSON: ${kindOf(text)} instead of text.`)
  if (!hasLongInteger(text))
    try {
      return JSON.parse(text)
    } catch {
      // Its message quotes the text, which may hold personal data; the parser below only names the position.
    }
  return parseExact(text)
}

/** Parses JSON as {@link parseJson} does, and returns the fallback for a text that is not JSON. */
export function parseJsonOr<T>(text: string, fallback: T): unknown {
  try {
    return parseJson(text)
  } catch {
    return fallback
  }
}

/** WeChat Pay's messages have fewer than ten levels; the stack of some runtimes allows a few thousand. */
const MAX_LEVELS = 512

/**
 * Writes JSON as `JSON.stringify` does, and a `bigint` as its digits. Refuses values that JSON or a double cannot
 * represent exactly, and encrypted values, which the recipient would mistake for plain text.
 *
 * @param path path of the value in a message
 * @throws {CallError} `BODY_INVALID`, with the dotted path of the refused value
 * @see https://www.rfc-editor.org/rfc/rfc8259
 * @example
 * ```ts
 * stringifyJson({ applyment_id: 2000002124775691239n }) // '{"applyment_id":2000002124775691239}'
 * ```
 */
export function stringifyJson(value: unknown, path = ''): string {
  let text: string | undefined
  try {
    text = isNative(value) ? JSON.stringify(value) : write(value, '', path, [])
  } catch (cause) {
    throw cause instanceof CallError ? cause : invalid(path, 'cannot be read: a getter or a toJSON fails', cause)
  }
  if (text === undefined) throw invalid(path, `JSON cannot hold a ${typeof value}`)
  return text
}

/** Returns whether `JSON.stringify`, which is faster, writes the same text. */
function isNative(value: unknown, level = 0): boolean {
  if (typeof value === 'number') return isExact(value)
  if (typeof value !== 'object' || value === null) return typeof value !== 'bigint'
  if (level === MAX_LEVELS || 'toJSON' in value || value instanceof EncryptedField) return false
  return Object.values(value).every(member => isNative(member, level + 1))
}

/**
 * @param key the argument of `toJSON`, as `JSON.stringify` passes it
 * @param ancestors the objects around the value
 */
function write(given: unknown, key: string, path: string, ancestors: readonly object[]): string | undefined {
  const value = plainOf(given, key)
  if (value === null) return 'null'
  if (typeof value === 'string') return JSON.stringify(value)
  if (['number', 'bigint', 'boolean'].includes(typeof value)) return scalarText(value, path, 'BODY_INVALID')
  return typeof value === 'object' ? writeObject(value, path, ancestors) : undefined
}

/** Returns the value that JSON holds in place of another: the result of `toJSON`, the primitive of a wrapper, or the value itself. */
function plainOf(value: unknown, key: string): unknown {
  if (typeof value !== 'object' || value === null) return value
  if ('toJSON' in value && typeof value.toJSON === 'function') return value.toJSON(key)
  return value instanceof String || value instanceof Number || value instanceof Boolean ? value.valueOf() : value
}

function writeObject(value: object, path: string, ancestors: readonly object[]): string {
  if (value instanceof EncryptedField)
    throw invalid(path, 'not an encrypted field. Give the text, or "ciphertext" with Wechatpay-Serial')
  if (ancestors.includes(value)) throw invalid(path, 'a circular reference. Leave it out')
  if (ancestors.length === MAX_LEVELS) throw invalid(path.slice(0, 100), `more than ${MAX_LEVELS} levels of nesting`)
  const within = [...ancestors, value]
  if (Array.isArray(value))
    return `[${Array.from(value, (member, at) => write(member, String(at), `${path}[${at}]`, within) ?? 'null').join()}]`
  const members: string[] = []
  for (const [name, member] of Object.entries(value)) {
    const text = write(member, name, path ? `${path}.${name}` : name, within)
    if (text !== undefined) members.push(`${JSON.stringify(name)}:${text}`)
  }
  return `{${members.join()}}`
}

const invalid = (path: string, why: string, cause?: unknown) => invalidBody(path || 'body', why, cause)
