import { kindOf } from '../base/error-text.ts'
import { CallError, invalidBody, MalformedError } from '../base/errors.ts'
import { EncryptedField } from './encrypted.ts'
import { mayHaveLongInteger, parseExact } from './json-parser.ts'
import { scalarText } from './scalar.ts'

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
  if (!mayHaveLongInteger(text))
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
  try {
    const text = writeValue(value, '', path, [])
    if (text !== undefined) return text
  } catch (cause) {
    throw cause instanceof CallError ? cause : invalidValue(path, 'cannot be read: a getter or toJSON fails', cause)
  }
  throw invalidValue(path, `JSON cannot hold a ${typeof value}`)
}

/**
 * Reads each property once, because a getter may return another value the next time.
 *
 * @param key the argument of `toJSON`, as `JSON.stringify` passes it
 * @param ancestors the objects around the value
 */
function writeValue(given: unknown, key: string, path: string, ancestors: object[]): string | undefined {
  const value = plainOf(given, key)
  if (typeof value === 'string') return quote(value)
  if (value && typeof value === 'object') return writeObject(value, path, ancestors)
  const isNumber = typeof value === 'number' || typeof value === 'bigint'
  return isNumber ? scalarText(value, path, 'BODY_INVALID') : JSON.stringify(value)
}

/** Returns the value that JSON holds in place of another: the result of `toJSON`, the primitive of a wrapper, or the value itself. */
export function plainOf(value: unknown, key: string): unknown {
  if (typeof value !== 'object' || value === null) return value
  if ('toJSON' in value && typeof value.toJSON === 'function') return value.toJSON(key)
  return value instanceof String || value instanceof Number || value instanceof Boolean ? value.valueOf() : value
}

function writeObject(value: object, path: string, ancestors: object[]): string {
  if (value instanceof EncryptedField)
    throw invalidValue(path, 'not an encrypted field. Give the text, or "ciphertext" with Wechatpay-Serial')
  if (ancestors.includes(value)) throw invalidValue(path, 'a circular reference. Leave it out')
  if (ancestors.length === MAX_LEVELS) throw invalidValue(path.slice(0, 100), `more than ${MAX_LEVELS} levels`)
  ancestors.push(value)
  const isList = Array.isArray(value)
  // Added, not joined, which would copy the text at each level.
  let text = ''
  for (const name of isList ? value.keys() : Object.keys(value)) {
    const inner = isList ? `${path}[${name}]` : `${path && `${path}.`}${name}`
    const written = writeValue((value as Record<string, unknown>)[name], `${name}`, inner, ancestors)
    if (isList || written !== undefined)
      text += `${text && ','}${isList ? '' : quoteName(name as string)}${written ?? 'null'}`
  }
  ancestors.pop()
  return isList ? `[${text}]` : `{${text}}`
}

/** Writes a text. Most texts need no escapes, and it takes less time to see that than to have them written. */
const quote = (text: string): string => (/["\\\0-\x1f\ud800-\udfff]/.test(text) ? JSON.stringify(text) : `"${text}"`)

/** Names with quotes and colon, because the same recur in every message. Few and short, because a gateway's callers choose them. */
const quotedNames = new Map<string, string>()
const MAX_NAMES = 1_000

function quoteName(name: string): string {
  let quoted = quotedNames.get(name)
  if (!quoted) {
    quoted = `${quote(name)}:`
    if (quotedNames.size < MAX_NAMES && name.length < 64) quotedNames.set(name, quoted)
  }
  return quoted
}

const invalidValue = (path: string, why: string, cause?: unknown) => invalidBody(path || 'body', why, cause)
