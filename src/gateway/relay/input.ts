import { isJsonType } from '../../core/base/cross-site.ts'
import type { Query } from '../../core/codec/query.ts'
import { CallError, MalformedError, parseJson } from '../../core/index.ts'
import { decodeJson, notUtf8 } from '../body/decode-json.ts'
import { exceededBound } from '../body/json-bounds.ts'
import { malformedJson } from '../body/malformed-json.ts'
import { boundaryOf, exceededFormBound, formStart, formType } from '../body/multipart.ts'
import { isForm, notJson } from '../caller/cross-site.ts'
import type { CallBodies } from './call-bodies.ts'

/** Maximum bytes of JSON, and of a form for an endpoint that no definition has. */
export const MAX_JSON: number = 1024 * 1024
/** Maximum bytes of an upload that is streamed: more than any upload to WeChat Pay may have. */
export const MAX_UPLOAD: number = 32 * 1024 * 1024

/** The content of a request. */
export interface Input {
  readonly body: unknown
  /** The bytes of JSON, for comparing two requests. Empty for a form, whose bytes are in `body` already. */
  readonly bytes: Uint8Array<ArrayBuffer>
}

/**
 * Reads a whole body: JSON, or a form with a file. The content type decides.
 *
 * @param read reads the body
 * @param maxFormBytes maximum size of a form; 0 if the endpoint accepts none
 * @throws {Refusal} 413 `BODY_TOO_LARGE`, 415 `CONTENT_TYPE_INVALID`, 400 `BODY_CUT_SHORT`
 * @throws {CallError} `BODY_INVALID`
 * @throws {ConfigurationError} `OPTION_INVALID`: the body was read before
 */
export async function readInput(request: Request, read: CallBodies['read'], maxFormBytes = 0): Promise<Input> {
  const form = isForm(request)
  if (form && maxFormBytes === 0) throw notJson()
  const type = request.headers.get('content-type')
  const bytes = await read(request, form ? maxFormBytes : MAX_JSON)
  if (bytes.length === 0) return { body: undefined, bytes }
  if (form) return { body: requireBoundedText(await readForm(bytes, type!)), bytes: new Uint8Array() }
  if (!isJsonType(type)) throw notJson()
  return { body: parse(decodeJson(bytes)), bytes }
}

function parse(text: string): unknown {
  const bound = exceededBound(text)
  if (bound) throw new CallError('BODY_INVALID', 'body', `${bound}. Split the call`)
  try {
    return parseJson(text)
  } catch (cause) {
    if (!(cause instanceof MalformedError)) throw cause
    throw new CallError('BODY_INVALID', 'body', malformedJson(text, cause), cause)
  }
}

/** @throws {CallError} `BODY_INVALID` */
async function readForm(bytes: Uint8Array<ArrayBuffer>, type: string): Promise<FormData> {
  const boundary = boundaryOf(type)
  const start = boundary === undefined ? -1 : formStart(bytes, boundary)
  if (start < 0) throw notForm()
  const form = bytes.subarray(start)
  const bound = exceededFormBound(form, boundary!)
  if (bound) throw new CallError('BODY_INVALID', 'body', `${bound}. Send a file and the fields of the endpoint`)
  try {
    // The runtime gets only what was examined: this boundary, and the bytes from there on.
    return await new Response(form, { headers: { 'content-type': formType(boundary!) } }).formData()
  } catch (cause) {
    throw notForm(cause)
  }
}

const notForm = (cause?: unknown): CallError =>
  new CallError('BODY_INVALID', 'body', 'not a form, or incomplete', cause)

/**
 * Refuses a form with text that exceeds the bounds of JSON, which it may be, or with U+FFFD, with which the runtime has replaced bytes
 * that are not UTF-8. A caller has no reason to send this character itself.
 *
 * @throws {CallError} `BODY_INVALID`
 */
function requireBoundedText(form: FormData): FormData {
  for (const [name, value] of form) {
    const text = typeof value === 'string' ? value : ''
    const bound = text.length > MAX_JSON ? `more than ${MAX_JSON} characters` : exceededBound(text)
    if (bound) throw new CallError('BODY_INVALID', name, `${bound}. Send less`)
    if (`${name}${typeof value === 'string' ? value : value.name}`.includes('\ufffd')) throw notUtf8(name)
  }
  return form
}

/** Converts a query. A repeated parameter becomes a list. */
export function queryOf(parameters: URLSearchParams): Query {
  // `getAll` for each name would read the whole query for each.
  const values = new Map<string, string[]>()
  for (const [name, value] of parameters) {
    const list = values.get(name)
    if (list) list.push(value)
    else values.set(name, [value])
  }
  return Object.fromEntries(Array.from(values, ([name, list]) => [name, list.length === 1 ? list[0] : list]))
}
