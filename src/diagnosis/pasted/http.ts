import { parseJson } from '../../core/codec/json.ts'
import { isXmlBody, type Message } from '../message.ts'
import { FormatError } from './format-error.ts'

/** A message whose first line may say what it is. */
export interface SavedMessage extends Message {
  /** `POST /v3/… HTTP/1.1`, `HTTP/1.1 200 OK`; absent if there is none. */
  readonly firstLine?: string | undefined
}

/**
 * Reads the text of a saved message: HTTP as printed by `curl -i`, with or without its first line; JSON `{ headers, body }`;
 * or only a body, JSON or XML.
 *
 * @throws {FormatError} it has none of the formats
 */
export function readSavedMessage(text: string): SavedMessage {
  if (isXmlBody(text)) return { headers: new Headers(), body: text }
  if (/^\s*\{/.test(text)) return readObject(text)
  return readHttp(text)
}

function readObject(text: string): SavedMessage {
  let saved: { headers?: unknown; body?: unknown }
  try {
    saved = Object(parseJson(text))
  } catch {
    throw new FormatError('not-json')
  }
  if (!('headers' in saved && 'body' in saved)) return { headers: new Headers(), body: text }
  const { headers, body } = saved
  if (typeof body === 'string') return { headers: headersOf(headers), body }
  return { headers: headersOf(headers), body: serialize(body), isParsed: true }
}

function serialize(body: unknown): string {
  try {
    return JSON.stringify(body, bigints)
  } catch {
    // The stack does not suffice, because it is nested thousands of levels deep.
    throw new FormatError('too-deep')
  }
}

const bigints = (_: string, value: unknown) => (typeof value === 'bigint' ? String(value) : value)

/** Reads headers that were saved as an object or as pairs. */
function headersOf(given: unknown): Headers {
  try {
    return new Headers(given as HeadersInit)
  } catch {
    throw new FormatError('headers-invalid')
  }
}

const FIRST_LINE = /^(?:HTTP\/[\d.]+ \d{3}.*|[A-Z]+ \S+ HTTP\/[\d.]+)\r?\n/
// White space around the value is removed afterwards: a pattern would search each run of it again from every character.
const HEADER = /^([\w!#$%&'*+.^`|~-]+):([^\n]*)(?:\n|$)/

function readHttp(text: string): SavedMessage {
  for (let rest = text; ; ) {
    const message = readHead(rest)
    // curl -i prints "100 Continue" and a proxy's "200 Connection established" before the response.
    if (!FIRST_LINE.test(message.body)) return message
    rest = message.body
  }
}

/** Reads the first line, if there is one, and the headers. All that follows them is the body. */
function readHead(text: string): SavedMessage {
  const [first = ''] = FIRST_LINE.exec(text) ?? []
  let rest = text.slice(first.length)
  const headers = new Headers()
  for (let line = HEADER.exec(rest); line; line = HEADER.exec(rest)) {
    appendHeader(headers, line[1]!, line[2]!.trim())
    rest = rest.slice(line[0].length)
  }
  const [blank] = /^\r?\n|^$/.exec(rest) ?? []
  if ((!first && [...headers].length === 0) || blank === undefined) throw new FormatError('unknown')
  return { headers, body: rest.slice(blank.length), firstLine: first.trim() || undefined }
}

/** Appends a header as it is written; one that HTTP does not allow is as good as none. */
export function appendHeader(headers: Headers, name: string, value: string): void {
  try {
    headers.append(name, value)
  } catch {
    // A value with characters beyond Latin-1 was not sent by HTTP.
  }
}
