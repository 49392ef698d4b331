import { parseJsonOr } from '../../core/codec/json.ts'

/** Parts of the text that a request of APIv3 signs. */
export interface SignedParts {
  readonly method: string
  /** Path and query. */
  readonly target: string
  readonly timestamp: string
  readonly nonce: string
  readonly body: string
}

const join = (...lines: readonly string[]): string => lines.map(line => `${line}\n`).join('')

/** Returns the text that a request must sign: five lines, each with a line break. */
export const signedTextOf = ({ method, target, timestamp, nonce, body }: SignedParts): string =>
  join(method, target, timestamp, nonce, body)

/** A mistake that programs make when they build a signed text, and its cure. */
export interface Mistake<Build> {
  /** Name, which stays the same while the sentences may change. */
  readonly name: string
  /** Builds the text as a program with the mistake does. */
  readonly build: Build
  readonly what: string
  readonly cure: string
}

export type SignedTextMistake = Mistake<(parts: SignedParts, origin: string) => string>

export const MISTAKES: readonly SignedTextMistake[] = [
  {
    name: 'last-line-break',
    build: parts => signedTextOf(parts).slice(0, -1),
    what: 'the last line break is missing',
    cure: 'End every line with \\n, the last one too',
  },
  {
    name: 'body-line',
    build: ({ method, target, timestamp, nonce }) => join(method, target, timestamp, nonce),
    what: 'the body is missing, and its line with it',
    cure: 'Sign the body as sent; without a body, sign an empty line',
  },
  {
    name: 'body',
    build: parts => signedTextOf({ ...parts, body: '' }),
    what: 'the body is not in the signed text',
    cure: 'Sign the body as sent',
  },
  {
    name: 'query',
    build: parts => signedTextOf({ ...parts, target: parts.target.split('?')[0]! }),
    what: 'the query is not in the signed text',
    cure: 'Sign the path with its query: /v3/…?mchid=…',
  },
  {
    name: 'whole-url',
    build: (parts, origin) => signedTextOf({ ...parts, target: origin + parts.target }),
    what: 'the whole URL was signed',
    cure: 'Sign path and query only, without scheme and host',
  },
  {
    name: 'percent-encoding',
    build: parts => signedTextOf({ ...parts, target: decodeSafely(parts.target) }),
    what: 'the URL was signed before it was percent-encoded',
    cure: 'Sign path and query as they are sent',
  },
  {
    name: 'method-case',
    build: parts => signedTextOf({ ...parts, method: parts.method.toLowerCase() }),
    what: 'the method is in lower case',
    cure: 'Sign it in capitals',
  },
  {
    name: 'serialized-twice',
    build: parts => signedTextOf({ ...parts, body: serializeAgain(parts.body) }),
    what: 'the body was serialized differently for the signature',
    cure: 'Serialize once; sign and send the same text',
  },
  {
    name: 'indentation',
    build: parts => signedTextOf({ ...parts, body: serializeAgain(parts.body, 2) }),
    what: 'the body was signed with line breaks and indentation',
    cure: 'Serialize once; sign and send the same text',
  },
  {
    name: 'carriage-returns',
    build: parts => signedTextOf(parts).replaceAll('\n', '\r\n'),
    what: 'the lines end with \\r\\n',
    cure: 'End every line with \\n',
  },
  {
    name: 'escaped-line-breaks',
    build: parts => signedTextOf(parts).replaceAll('\n', '\\n'),
    what: 'the lines end with a backslash and an n',
    cure: 'End every line with the character U+000A',
  },
]

const decodeSafely = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function serializeAgain(body: string, indent?: number): string {
  const value = parseJsonOr(body, undefined)
  if (value === undefined) return body
  try {
    return JSON.stringify(value, (_, member) => (typeof member === 'bigint' ? Number(member) : member), indent)
  } catch {
    // Nested too deeply for the stack.
    return body
  }
}
