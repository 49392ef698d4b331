import { FormatError } from './format-error.ts'

/** The escapes of `$'…'` with a letter or a sign. The backslash of any other stays. */
const ESCAPES: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  e: '\x1b',
  E: '\x1b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  "'": "'",
  '"': '"',
  '?': '?',
}

/** A part of a word: text in single quotes, in $'…', in double quotes; an escaped character; plain text; or the end of the command. */
const PART =
  /'([^']*)'|\$'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|\\(\r?\n|.)|((?:[^\s'"\\|;&<>$]|\$(?!'))+)|(\s+)|[|;&<>]/gsy

/**
 * Splits a command into words as bash does, without expanding anything.
 *
 * @throws {FormatError} a quote is open
 */
export function bashWords(command: string): string[] {
  const words: string[] = []
  let word: string | undefined
  PART.lastIndex = 0
  let at = 0
  for (const part of command.matchAll(PART)) {
    const [whole, single, ansi, double, escaped, plain, space] = part
    at += whole.length
    if (space !== undefined) {
      if (word !== undefined) words.push(word)
      word = undefined
      continue
    }
    const text =
      single ??
      (ansi === undefined ? undefined : unescapeAnsi(ansi)) ??
      double?.replace(/\\(\r?\n|["\\$`])/g, (_, character: string) => (/\n/.test(character) ? '' : character)) ??
      (escaped === undefined ? plain : /\n/.test(escaped) ? undefined : escaped)
    if (text !== undefined) word = (word ?? '') + text
    // A pipe, a redirection or the next command.
    else if (escaped === undefined) break
  }
  if (at < command.length && /['"]/.test(command[at]!)) throw new FormatError('curl-quote')
  if (word !== undefined) words.push(word)
  return words
}

/** Bytes of `$'…'` in a row, which only together are a character. */
const ANSI_ESCAPE = /((?:\\(?:x[\da-fA-F]{1,2}|[0-7]{1,3})){1,1000})|\\(?:u([\da-fA-F]{1,4})|U([\da-fA-F]{1,8})|(.))/gs

const unescapeAnsi = (text: string): string =>
  text.replace(ANSI_ESCAPE, (_, bytes?: string, unit?: string, point?: string, character?: string) => {
    if (bytes !== undefined) return decodeBytes(bytes)
    if (character !== undefined) return ESCAPES[character] ?? `\\${character}`
    const code = Number.parseInt(unit ?? point!, 16)
    return code > 0x10ffff ? '\ufffd' : String.fromCodePoint(code)
  })

const decodeBytes = (escaped: string): string =>
  new TextDecoder('utf-8', { ignoreBOM: true }).decode(
    Uint8Array.from(escaped.split('\\').slice(1), byte =>
      byte.startsWith('x') ? Number.parseInt(byte.slice(1), 16) : Number.parseInt(byte, 8),
    ),
  )
