import { MalformedError } from '../errors.ts'

type Container = unknown[] | Record<string, unknown>

const QUOTE = 0x22
const ZERO = 0x30
const NINE = 0x39
const BACKSLASH = 0x5c

/** Digits that a double may not hold exactly. */
const LONG = 16
const SCALAR = /true|false|null|-?(?:0|[1-9]\d*)((?:\.\d+)?(?:[eE][+-]?\d+)?)/y
const isDigit = (code: number): boolean => code >= ZERO && code <= NINE

/** Returns whether {@link LONG} digits or more in a row stand outside the strings of a JSON text. */
export function hasLongInteger(text: string): boolean {
  // A run of so many digits covers one of these places. To look at no other is several times as quick as an expression.
  for (let at = LONG - 1; at < text.length; at += LONG) {
    let start = at
    while (isDigit(text.charCodeAt(start))) start--
    while (isDigit(text.charCodeAt(at))) at++
    // Digits behind a quote, where most ids stand, are a string's.
    if (at - start > LONG && text.charCodeAt(start) !== QUOTE) return hasLongDigits(text)
  }
  return false
}

function hasLongDigits(text: string): boolean {
  let digits = 0
  let inString = false
  for (let at = 0; at < text.length && digits < LONG; at++) {
    const code = text.charCodeAt(at)
    if (inString && code === BACKSLASH) at++
    else if (code === QUOTE) inString = !inString
    digits = !inString && isDigit(code) ? digits + 1 : 0
  }
  return digits === LONG
}

/**
 * Parses JSON as `JSON.parse` does, but for integers beyond ±(2^53 − 1), which become bigints. It moves forward only, and
 * keeps the open containers in a list, so that no nesting exhausts the stack.
 *
 * An integer beyond the range of a double is refused: `JSON.parse` gives `Infinity`, and the time that a bigint takes
 * grows with the square of its digits in some runtimes.
 *
 * @throws {MalformedError} `NOT_JSON`
 */
export function parseExact(text: string): unknown {
  let at = 0
  /** The open containers, and the member name whose value each object is waiting for. */
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
        // A control character, which a string may not hold, or the end, which is NaN.
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

    // The value is complete, and so may be the containers around it.
    for (;;) {
      const container = containers.at(-1)
      const code = next()
      if (container === undefined) {
        if (at < text.length) fail()
        return value
      }
      const isArray = Array.isArray(container)
      if (isArray) container.push(value)
      else setMember(container, keys[containers.length - 1]!, value)
      if (code === 0x2c) {
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
