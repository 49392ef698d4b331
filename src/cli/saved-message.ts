import { parseJson } from '../core/codec/json.ts'
import { CommandError, usageError } from './command.ts'
import { readRequiredFile } from './file.ts'

/** A saved response or notification. */
export interface SavedMessage {
  readonly headers: Headers
  /** The text as in the file. */
  readonly body: string
  /** True if the body was saved as an object, so that the signed bytes are lost. */
  readonly isParsed?: true
}

/**
 * Reads a saved message: HTTP as printed by `curl -i`, with or without its first line; JSON `{ headers, body }`; or
 * only a body, JSON or XML.
 *
 * @throws {CommandError} the file does not exist, or has none of these formats
 */
export async function readMessage([file, ...more]: readonly string[]): Promise<SavedMessage> {
  if (file === undefined) throw usageError('No file is given. Give the file of a saved response or notification.')
  if (more.length) throw usageError(`Give one file; ${JSON.stringify(more[0])} is a second one.`)
  return parseMessage((await readRequiredFile(file)).toString(), file)
}

/** @param name the name of the file, for errors */
function parseMessage(text: string, name: string): SavedMessage {
  if (/^\s*</.test(text)) return { headers: new Headers(), body: text }
  if (/^\s*\{/.test(text)) return readObject(text, name)
  return readHttp(text, name)
}

function readObject(text: string, name: string): SavedMessage {
  let saved: { headers?: unknown; body?: unknown }
  try {
    saved = Object(parseJson(text))
  } catch {
    throw new CommandError(`${name} is not valid JSON, or is cut short. Save it again.`)
  }
  if (!('headers' in saved && 'body' in saved)) return { headers: new Headers(), body: text }
  const { headers, body } = saved
  if (typeof body === 'string') return { headers: headersOf(headers, name), body }
  return { headers: headersOf(headers, name), body: JSON.stringify(body, bigints), isParsed: true }
}

const bigints = (_: string, value: unknown) => (typeof value === 'bigint' ? String(value) : value)

/** Reads headers that were saved as an object or as pairs. */
function headersOf(given: unknown, name: string): Headers {
  try {
    return new Headers(given as HeadersInit)
  } catch {
    throw new CommandError(`${name}: "headers" must be an object of texts by name.`)
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
      `${name} is not a saved message. Give HTTP as printed by curl -i (headers, an empty line, the body), JSON { headers, body }, or only a body.`,
    )
  const body = rest.slice(blank.length)
  // curl -i prints "100 Continue" and a proxy's "200 Connection established" before the response.
  return FIRST_LINE.test(body) ? readHttp(body, name) : { headers, body }
}
