import { FormatError } from './format-error.ts'

/**
 * A part of a command as bash reads it: text in quotes, where the marks of the command prompt are text, closed or not; an escaped character;
 * a mark of the command prompt; any other character.
 */
const BASH_PART =
  /\$'(?:[^'\\]|\\[\s\S])*'?|'[^']*'?|"(?:[^"\\]|\\[\s\S])*"?|\\[\s\S]|(\^(?:"|\r?\n))|[^$'"\\^]+|[\s\S]/gy

/**
 * Returns whether a curl command is for the command prompt of Windows (cmd.exe): browsers write each of its words as `^"…^"`, or end its
 * lines with `^`. Nobody writes either for bash outside quotes.
 */
export function isForCmd(text: string): boolean {
  for (const [, mark] of text.matchAll(BASH_PART)) if (mark !== undefined) return true
  return false
}

/**
 * Splits a command into words as Windows does: the prompt removes its escapes, then the program splits its command line. Variables
 * are not expanded.
 *
 * @throws {FormatError} a quote is open
 * @see https://learn.microsoft.com/en-us/cpp/c-language/parsing-c-command-line-arguments
 */
export const cmdWords = (command: string): string[] => argumentsOf(commandLineOf(command))

/**
 * A part of a command: text in quotes, where `^` has no meaning; the end of a line after `^`, and the character that it escapes; an escaped
 * character; the end of the command; plain text.
 */
const PROMPT_PART = /("[^"\r\n]*"?)|\^\r?\n(\r?\n|[\s\S])?|\^([\s\S])|([&|<>\r\n])|[^"^&|<>\r\n]+|\^$/gy

/** Returns the command line that the prompt gives to the program. */
function commandLineOf(command: string): string {
  let line = ''
  for (const [whole, quoted, continued, escaped, end] of command.matchAll(PROMPT_PART)) {
    if (end !== undefined) break
    if (quoted !== undefined) line += quoted
    else if (/^\^\r?\n/.test(whole)) line += (continued ?? '').replace('\r', '')
    else line += escaped ?? (whole === '^' ? '' : whole)
  }
  return line
}

/** A part of a command line: backslashes with the quote after them; other backslashes; space; a text. */
const ARGUMENT_PART = /(\\*)"|(\\+)|([ \t]+)|[^\\" \t]+/g

function argumentsOf(line: string): string[] {
  const words: string[] = []
  let word: string | undefined
  let isQuoted = false
  let closedAt = -1
  for (const { 0: whole, 1: slashes, 3: space, index } of line.matchAll(ARGUMENT_PART)) {
    if (space !== undefined && !isQuoted) {
      if (word !== undefined) words.push(word)
      word = undefined
    } else if (slashes === undefined) word = (word ?? '') + whole
    else {
      // Two backslashes before a quote are one, and one makes the quote a character; so does a quote that follows the end of another.
      const isCharacter = slashes.length % 2 === 1 || closedAt === index
      word = `${word ?? ''}${'\\'.repeat(slashes.length / 2)}${isCharacter ? '"' : ''}`
      if (slashes.length % 2 === 1) continue
      isQuoted = !isQuoted
      closedAt = isQuoted ? -1 : index + whole.length
    }
  }
  if (isQuoted) throw new FormatError('curl-quote')
  if (word !== undefined) words.push(word)
  return words
}
