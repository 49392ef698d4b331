import { parseJsonOr, stringifyJson } from '../../core/codec/json.ts'

/** A way in which programs sign another body than they send. */
export interface BodyMistake {
  readonly name: string
  /** Returns the texts that such programs may have signed for a body; some are the body itself, where the mistake changes nothing. */
  readonly bodies: (body: string) => readonly string[]
  readonly what: string
  readonly cure: string
}

type Format = (body: string) => string

const SERIALIZE_ONCE = 'Serialize once; sign and send the same text'

/** Escapes slashes, as json_encode of PHP does by default. */
const withEscapedSlashes: Format = body => body.replace(/\\.|\//gs, text => (text === '/' ? '\\/' : text))

/** Escapes all characters beyond ASCII, as json_encode of PHP and json.dumps of Python do by default. */
const withEscapedCharacters: Format = body =>
  body.replace(/[^\0-\x7f]/g, unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)

/** Writes a space after each comma and colon, as json.dumps of Python does by default. */
function withSpacedSeparators(body: string): string {
  // In text that is not JSON, the pattern would search for the end of a string from each of many quotes.
  if (parseJsonOr(body, undefined) === undefined) return body
  return body.replace(/("[^"\\]*(?:\\.[^"\\]*)*")|([,:])|\s+/gs, (_, string?: string, separator?: string) =>
    string !== undefined ? string : separator !== undefined ? `${separator} ` : '',
  )
}

function withSortedNames(body: string, value: unknown, levels: 'all' | 'first'): string {
  try {
    return stringifyJson(sortNames(value, levels))
  } catch {
    // Nested too deeply.
    return body
  }
}

function sortNames(value: unknown, levels: 'all' | 'first'): unknown {
  if (typeof value !== 'object' || value === null) return value
  const below = (member: unknown): unknown => (levels === 'all' ? sortNames(member, levels) : member)
  if (Array.isArray(value)) return value.map(below)
  const members = Object.entries(value).sort(([first], [second]) => (first < second ? -1 : 1))
  return Object.fromEntries(members.map(([name, member]) => [name, below(member)]))
}

const withIndentation: Format = body => (isDeep(body) ? body : serializeAgain(body, 2))

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

/** WeChat Pay's messages have fewer than ten levels. */
const MAX_LEVELS = 16

/** Returns whether the indentation of a body may make a text that is many times as long. */
function isDeep(body: string): boolean {
  let level = 0
  for (const [bracket] of body.matchAll(/[[\]{}]/g)) {
    level += bracket === '[' || bracket === '{' ? 1 : -1
    if (level > MAX_LEVELS) return true
  }
  return false
}

const withEscapes: Format = body => withEscapedCharacters(withEscapedSlashes(body))

/** Returns a body in the formats in which PHP, Python and other languages write it. */
function formatsOf(body: string): readonly string[] {
  const spaced = withSpacedSeparators(body)
  return [
    body,
    withEscapedSlashes(body),
    withEscapedCharacters(body),
    withEscapes(body),
    spaced,
    withEscapedCharacters(spaced),
  ]
}

function sortedBodies(body: string): readonly string[] {
  const value = parseJsonOr(body, undefined)
  if (typeof value !== 'object') return []
  const levels = ['all', 'first'] as const
  return [...new Set(levels.map(each => withSortedNames(body, value, each)))].flatMap(formatsOf)
}

/** Mistakes in the body of a signed text, those with the simplest explanation first. */
export const BODY_MISTAKES: readonly BodyMistake[] = [
  {
    name: 'serialized-twice',
    bodies: body => [serializeAgain(body)],
    what: 'the body was serialized differently for the signature',
    cure: SERIALIZE_ONCE,
  },
  {
    name: 'indentation',
    bodies: body => [withIndentation(body)],
    what: 'the body was signed with line breaks and indentation',
    cure: SERIALIZE_ONCE,
  },
  {
    name: 'escaped-slashes',
    bodies: body => [withEscapedSlashes(body)],
    what: 'the body was signed with \\/ and sent with /',
    cure: `${SERIALIZE_ONCE}. PHP: json_encode escapes slashes unless it is given JSON_UNESCAPED_SLASHES`,
  },
  {
    name: 'escaped-characters',
    bodies: body => [withEscapedCharacters(body)],
    what: 'the body was signed with \\uXXXX and sent with the characters themselves',
    cure: `${SERIALIZE_ONCE}. PHP: json_encode escapes them unless it is given JSON_UNESCAPED_UNICODE; Python: json.dumps, unless it is given ensure_ascii=False`,
  },
  {
    name: 'escaped-slashes-and-characters',
    bodies: body => [withEscapes(body)],
    what: 'the body was signed with \\/ and \\uXXXX, and sent without these escapes',
    cure: `${SERIALIZE_ONCE}. PHP: json_encode escapes both unless it is given JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE`,
  },
  {
    name: 'spaced-separators',
    bodies: body => [withSpacedSeparators(body)],
    what: 'the body was signed with a space after each comma and colon, and sent without',
    cure: `${SERIALIZE_ONCE}. Python: json.dumps writes the spaces unless it is given separators=(",", ":")`,
  },
  {
    name: 'spaced-separators-and-characters',
    bodies: body => [withEscapedCharacters(withSpacedSeparators(body))],
    what: 'the body was signed with \\uXXXX and a space after each comma and colon, and sent without',
    cure: `${SERIALIZE_ONCE}. Python: json.dumps writes both unless it is given ensure_ascii=False and separators=(",", ":")`,
  },
  {
    name: 'sorted-names',
    bodies: sortedBodies,
    what: 'the body was signed with its fields sorted by name, and sent in another order',
    cure: `${SERIALIZE_ONCE}. APIv3 sorts nothing`,
  },
  {
    name: 'body-not-sent',
    bodies: body => (body === '' ? ['{}', '[]', 'null'] : []),
    what: 'a body was signed ({}, [] or null), and none was sent',
    cure: 'Without a body, sign an empty line',
  },
]
