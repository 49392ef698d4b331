import { MalformedError } from '../base/errors.ts'

type Container = unknown[] | Record<string, unknown>

const QUOTE = 0x22
const ZERO = 0x30
const NINE = 0x39
const BACKSLASH = 0x5c

/** The number of digits from which a double may be inexact. */
const LONG = 16
const SCALAR = /true|false|null|-?(?:0|[1-9]\d*)((?:\.\d+)?(?:[eE][+-]?\d+)?)/y
const isDigit = (code: number): boolean => code >= ZERO && code <= NINE

/**
 * Returns false only for a text that `JSON.parse` reads exactly: one in which all runs of {@link LONG} digits or more, if
 * there are any, follow a quote.
 */
export function mayHaveLongInteger(text: string): boolean {
  // A run of that many digits covers one of these positions. Looking only at them is several times as fast as a regular expression.
  for (let at = LONG - 1; at < text.length; at += LONG) {
    let start = at
    while (isDigit(text.charCodeAt(start))) start--
    while (isDigit(text.charCodeAt(at))) at++
    // Digits after a quote, like most ids, belong to a string.
    if (at - start > LONG && text.charCodeAt(start) !== QUOTE) return true
  }
  return false
}

/**
 * Parses JSON as `JSON.parse` does, except that integers beyond ±(2^53 − 1) become bigints. It moves only forward, and
 * keeps the open containers in a list, so that no nesting exhausts the stack.
 *
 * An integer beyond the range of a double is refused: `JSON.parse` returns `Infinity`, and in some runtimes the time
 * to create a bigint grows with the square of its digits.
 *
 * @throws {MalformedError} `NOT_JSON`
 */
export function parseExact(text: string): unknown {
  let at = 0
  /** The open containers. `keys` has the name of the member that each open object is reading. */
  const containers: Container[] = []
  const keys: string[] = []

  const fail = (): never => {
    throw new MalformedError('NOT_JSON', `Not JSON: malformed or cut short at character ${at}.`)
  }

  /** Skips white space (RFC 8259, 2) and returns the character code behind it, NaN at the end. */
  const next = (): number => {
    let end = at
    let code = text.charCodeAt(end)
    while (code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09) code = text.charCodeAt(++end)
    at = end
    return code
  }

  const skip = (expected: number): void => {
    if (next() !== expected) fail()
    at++
  }

  const readString = (): string => {
    const start = at
    let end = start
    let isEscaped = false
    for (let code = 0; code !== QUOTE; ) {
      code = text.charCodeAt(++end)
      if (code === BACKSLASH) {
        isEscaped = true
        end++
      } else if (!(code >= 0x20)) {
        // A control character, which a string must not contain, or NaN at the end of the text.
        at = end
        fail()
      }
    }
    try {
      const value = isEscaped ? JSON.parse(text.slice(start, end + 1)) : text.slice(start + 1, end)
      at = end + 1
      return value
    } catch {
      return fail()
    }
  }

  const readScalar = (): unknown => {
    SCALAR.lastIndex = at
    const [token, fraction] = SCALAR.exec(text) ?? fail()
    const value = JSON.parse(token)
    const isLong = typeof value === 'number' && !fraction && !Number.isSafeInteger(value)
    if (isLong && !Number.isFinite(value)) fail()
    at += token.length
    return isLong ? BigInt(token) : value
  }

  /** Reads a name and its colon. */
  const readKey = (): void => {
    if (next() !== QUOTE) fail()
    keys[containers.length - 1] = readString()
    skip(0x3a)
  }

  for (;;) {
    let value: unknown
    const code = next()
    if (code === QUOTE) value = readString()
    else if (code === 0x7b || code === 0x5b) {
      at++
      const isObject = code === 0x7b
      value = isObject ? {} : []
      if (next() !== code + 2) {
        containers.push(value as Container)
        if (isObject) readKey()
        continue
      }
      at++
    } else value = readScalar()

    // The value is complete, and possibly the containers around it too.
    for (;;) {
      const container = containers.at(-1)
      const end = next()
      if (container === undefined) {
        if (at < text.length) fail()
        return value
      }
      const isArray = Array.isArray(container)
      if (isArray) container.push(value)
      else setMember(container, keys[containers.length - 1]!, value)
      if (end === 0x2c) {
        at++
        if (!isArray) readKey()
        break
      }
      skip(isArray ? 0x5d : 0x7d)
      value = containers.pop()
    }
  }
}

function setMember(object: Record<string, unknown>, name: string, value: unknown): void {
  if (name === '__proto__')
    Object.defineProperty(object, name, { value, writable: true, enumerable: true, configurable: true })
  else object[name] = value
}
