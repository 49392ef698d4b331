import type { Query } from '../../core/codec/query.ts'
import { isJsonType } from '../../core/cross-site.ts'
import { CallError, MalformedError, parseJson } from '../../core/index.ts'
import { exceededBound } from '../body/json-bounds.ts'
import { isForm, notJson } from '../caller/cross-site.ts'
import { Refusal } from '../problem.ts'
import type { CallBodies } from './call-bodies.ts'

/** Bytes of JSON, and of a form that is read whole for an endpoint that nobody has defined. */
export const MAX_JSON: number = 1024 * 1024
/** Bytes of a file with its form that is sent on while it comes in: more than any upload of WeChat Pay's may have. */
export const MAX_UPLOAD: number = 32 * 1024 * 1024

/** What a request says. */
export interface Input {
  readonly body: unknown
  /** The bytes of JSON as they came, for who has to tell two requests apart. Those of a form are in `body`, and are not held twice. */
  readonly bytes: Uint8Array<ArrayBuffer>
}

/**
 * Reads a body whole: JSON that is said to be JSON, or a form with a file.
 *
 * @param read reads the body
 * @param maxFormBytes bytes of a form with a file; 0: the endpoint takes none
 * @throws {Refusal} 413 `BODY_TOO_LARGE`, 415 `CONTENT_TYPE_INVALID`, 400 `BODY_CUT_SHORT`
 * @throws {CallError} `BODY_INVALID`
 */
export async function readInput(request: Request, read: CallBodies['read'], maxFormBytes = 0): Promise<Input> {
  const form = isForm(request)
  if (form && maxFormBytes === 0) throw notJson()
  const type = request.headers.get('content-type')
  const bytes = await readBytes(() => read(request, form ? maxFormBytes : MAX_JSON))
  if (bytes.length === 0) return { body: undefined, bytes }
  if (form) return { body: await readForm(bytes, type!), bytes: new Uint8Array() }
  if (!isJsonType(type)) throw notJson()
  return { body: parse(new TextDecoder().decode(bytes)), bytes }
}

async function readBytes(read: () => Promise<Uint8Array<ArrayBuffer>>): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return await read()
  } catch (error) {
    if (error instanceof Refusal) throw error
    throw new Refusal({ status: 400, code: 'BODY_CUT_SHORT', detail: 'The body broke off. Send it again.' })
  }
}

function parse(text: string): unknown {
  const bound = exceededBound(text)
  if (bound) throw new CallError('BODY_INVALID', 'body', `it has ${bound}. Send less at once`)
  try {
    return parseJson(text)
  } catch (cause) {
    if (!(cause instanceof MalformedError)) throw cause
    throw new CallError('BODY_INVALID', 'body', 'not JSON, which APIv2 calls take here too', cause)
  }
}

async function readForm(bytes: Uint8Array<ArrayBuffer>, type: string): Promise<FormData> {
  try {
    return await new Response(bytes, { headers: { 'content-type': type } }).formData()
  } catch (cause) {
    throw new CallError('BODY_INVALID', 'body', 'no form, or cut short', cause)
  }
}

/** A name that repeats is a list. */
export function queryOf(parameters: URLSearchParams): Query {
  const entries = Array.from(new Set(parameters.keys()), name => {
    const values = parameters.getAll(name)
    return [name, values.length === 1 ? values[0] : values] as const
  })
  return Object.fromEntries(entries)
}
