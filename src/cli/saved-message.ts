import { parseJson } from '../core/codec/json.ts'
import { CommandError, usage } from './command.ts'
import { readFileOrFail } from './file.ts'

/** A saved answer or notification. */
export interface SavedMessage {
  readonly headers: Headers
  /** The text as it stands in the file. */
  readonly body: string
  /** The body was saved parsed: which bytes were signed is lost. */
  readonly isParsed?: true
}

/**
 * Reads a saved message: HTTP as `curl -i` shows it, with or without its first line; JSON `{ headers, body }`; or a body
 * alone, JSON or XML.
 *
 * @throws {CommandError} there is none, or it is nothing of these
 */
export async function readMessage([file, ...more]: readonly string[]): Promise<SavedMessage> {
  if (file === undefined) throw usage('Which file? Give that of a saved answer or notification.')
  if (more.length) throw usage(`One file at a time, not ${JSON.stringify(more[0])} too.`)
  return parseMessage((await readFileOrFail(file)).toString(), file)
}

/** @param name for the error */
export function parseMessage(text: string, name: string): SavedMessage {
  if (/^\s*</.test(text)) return { headers: new Headers(), body: text }
  if (/^\s*\{/.test(text)) return readObject(text, name)
  return readHttp(text, name)
}

function readObject(text: string, name: string): SavedMessage {
  let saved: { headers?: unknown; body?: unknown }
  try {
    saved = Object(parseJson(text))
  } catch {
    throw new CommandError(`${name} begins as JSON and is none, or is cut short. Save it once more.`)
  }
  if (!('headers' in saved && 'body' in saved)) return { headers: new Headers(), body: text }
  const { headers, body } = saved
  if (typeof body === 'string') return { headers: headersOf(headers, name), body }
  return { headers: headersOf(headers, name), body: JSON.stringify(body, bigints), isParsed: true }
}

const bigints = (_: string, value: unknown) => (typeof value === 'bigint' ? String(value) : value)

/** As an object, or as pairs. */
function headersOf(given: unknown, name: string): Headers {
  try {
    return new Headers(given as HeadersInit)
  } catch {
    throw new CommandError(`${name}: "headers" is to be an object of texts by name.`)
  }
}

const FIRST_LINE = /^(?:HTTP\/[\d.]+ \d{3}.*|[A-Z]+ \S+ HTTP\/[\d.]+)\r?\n/
const HEADER = /^([\w!#$%&'*+.^`|~-]+):[ \t]*(.*?)[ \t]*\r?(?:\n|$)/

function readHttp(text: string, name: string): SavedMessage {
  const [first = ''] = FIRST_LINE.exec(text) ?? []
  let rest = text.slice(first.length)
  const headers = new Headers()
  for (let line = HEADER.exec(rest); line; line = HEADER.exec(rest)) {
    headers.append(line[1]!, line[2]!)
    rest = rest.slice(line[0].length)
  }
  const [blank] = /^\r?\n|^$/.exec(rest) ?? []
  if ((!first && [...headers].length === 0) || blank === undefined)
    throw new CommandError(
      `${name} is no saved message. Give HTTP as curl -i shows it (headers, an empty line, the body), JSON { headers, body }, or a body alone.`,
    )
  const body = rest.slice(blank.length)
  // curl -i shows "100 Continue" and a proxy's "200 Connection established" ahead of the answer.
  return FIRST_LINE.test(body) ? readHttp(body, name) : { headers, body }
}
