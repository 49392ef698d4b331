import { CallError, MalformedError } from '../errors.ts'
import { isExact, scalarText } from './scalar.ts'
import { Sealed } from './sealed.ts'

/**
 * JSON that never rounds an integer. What `JSON.parse` would round, beyond ±(2^53 − 1), becomes a `bigint`; every
 * other number is a `number`. WeChat Pay's uint64 ids (`applyment_id`) come in both sizes.
 *
 * @throws {MalformedError} `NOT_JSON`
 */
export function parseJson(text: string): unknown {
  const long = LONG_INTEGER.test(text)
  try {
    return long ? parseExact(text) : JSON.parse(text)
  } catch (cause) {
    throw new MalformedError('NOT_JSON', 'Not JSON, or cut short.', cause)
  }
}

/** A run of digits that may be an unquoted integer too long for a double. Rare, so that most texts take the native way. */
const LONG_INTEGER = /[:[,\s]-?\d{16}|^-?\d{16}/
/** A whole string, or an integer of 16 digits and more. */
const STRING_OR_LONG_INTEGER = /"(?:[^"\\]|\\.)*"|(?<![\d.eE+-])-?[1-9]\d{15,}(?![\d.eE])/g

function parseExact(text: string): unknown {
  // The mark stands in no string of the text, so that only what is marked here is taken for marked.
  let mark = '#'
  while (text.includes(`"${mark}`)) mark += '#'
  const marked = text.replace(STRING_OR_LONG_INTEGER, token =>
    token.startsWith('"') || Number.isSafeInteger(Number(token)) ? token : `"${mark}${token}"`,
  )
  return JSON.parse(marked, (_, value) =>
    typeof value === 'string' && value.startsWith(mark) ? BigInt(value.slice(mark.length)) : value,
  )
}

/**
 * Writes JSON as `JSON.stringify` does, and a `bigint` as its digits. What JSON or a double cannot hold exactly is
 * refused rather than sent as something else, and so is a sealed value: who reads this field takes it for the plain one.
 *
 * @param path of the value in a message
 * @throws {CallError} `BODY_INVALID`, with the dotted path of what is refused
 */
export function stringifyJson(value: unknown, path = ''): string {
  const text = isNative(value) ? JSON.stringify(value) : write(value, path)
  if (text === undefined) throw new CallError('BODY_INVALID', path || 'body', `JSON has no form for a ${typeof value}`)
  return text
}

/** What JSON.stringify, which is quicker, writes alike. */
function isNative(value: unknown): boolean {
  if (typeof value === 'number') return isExact(value)
  if (typeof value !== 'object' || value === null) return typeof value !== 'bigint'
  return !('toJSON' in value || value instanceof Sealed) && Object.values(value).every(isNative)
}

function write(value: unknown, path: string): string | undefined {
  if (value === null) return 'null'
  if (typeof value === 'string') return JSON.stringify(value)
  if (['number', 'bigint', 'boolean'].includes(typeof value)) return scalarText(value, path, 'BODY_INVALID')
  return typeof value === 'object' ? writeObject(value, path) : undefined
}

function writeObject(value: object, path: string): string | undefined {
  if (value instanceof Sealed)
    throw new CallError(
      'BODY_INVALID',
      path || 'body',
      'not known as a sealed field. Give the text, or "ciphertext" and the header Wechatpay-Serial',
    )
  if ('toJSON' in value && typeof value.toJSON === 'function') return write(value.toJSON(), path)
  if (Array.isArray(value)) return `[${value.map((member, at) => write(member, `${path}[${at}]`) ?? 'null').join()}]`
  const members: string[] = []
  for (const [name, member] of Object.entries(value)) {
    const text = write(member, path ? `${path}.${name}` : name)
    if (text !== undefined) members.push(`${JSON.stringify(name)}:${text}`)
  }
  return `{${members.join()}}`
}
