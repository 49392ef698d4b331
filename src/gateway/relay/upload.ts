import type { RequestOptions } from '../../core/client.ts'
import { parseJson } from '../../core/codec/json.ts'
import { traitOf } from '../../core/endpoints/trait-of.ts'
import { bodyInTime, counter } from '../body.ts'
import { isForm } from '../caller/cross-site.ts'
import { fieldsOf } from '../fields.ts'
import { MOST_UPLOAD } from './input.ts'

/** Bytes within which the part `meta` has to end for the rest to be streamed. */
const MOST_META = 16 * 1024

/**
 * An upload that is sent on while it comes in. The signature of an APIv3 upload covers its part `meta` alone: where that
 * comes first, the file behind it need not be seen.
 *
 * @returns undefined where there is none; the request, as good as new, where it has to be read whole: its `meta` comes later,
 * is to be made, or has fields to be sealed
 */
export async function streamedUpload(
  request: Request,
  path: string,
): Promise<{ options: RequestOptions; meta: unknown } | { request: Request } | undefined> {
  if (!isForm(request) || !request.body || !path.startsWith('/v3/')) return undefined
  const trait = traitOf('POST', path)
  const type = request.headers.get('content-type')!
  const boundary = /boundary=(?:"([^"]+)"|([^;\s]+))/i.exec(type)?.slice(1).find(Boolean)
  if (boundary === undefined) return undefined
  const reader = request.body.getReader()
  const { start, isOver } = await bodyInTime(signal => {
    signal.addEventListener('abort', () => void reader.cancel().catch(() => {}))
    return readStart(reader, boundary)
  })
  const body = restored(start, reader, isOver)
  const text = trait.seal ? undefined : metaOf(start, boundary)
  if (text === undefined)
    return {
      request: new Request(request.url, {
        method: 'POST',
        headers: request.headers,
        body,
        duplex: 'half',
      } as RequestInit),
    }
  const length = request.headers.get('content-length')
  const raw = { body: fixed(body.pipeThrough(counter(MOST_UPLOAD)), length), signed: text, type }
  const headers: Record<string, string> = length === null ? {} : { 'content-length': length }
  return { options: { raw, headers, retry: false }, meta: fieldsOf(parsed(text)) }
}

/** Reads as far as the end of the first part, or of the bound. */
async function readStart(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  boundary: string,
): Promise<{ start: Uint8Array; isOver: boolean }> {
  let start: Uint8Array = new Uint8Array()
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return { start, isOver: true }
    const longer = new Uint8Array(start.length + value.length)
    longer.set(start)
    longer.set(value, start.length)
    start = longer
    if (start.length > MOST_META || metaOf(start, boundary) !== undefined) return { start, isOver: false }
  }
}

/** The text of the part `meta`, where it comes first and is there to its end. */
function metaOf(start: Uint8Array, boundary: string): string | undefined {
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(start.subarray(0, MOST_META))
  const opening = `--${boundary}\r\n`
  const headEnd = text.indexOf('\r\n\r\n')
  const end = text.indexOf(`\r\n--${boundary}`, headEnd)
  if (!text.startsWith(opening) || headEnd < 0 || end < headEnd + 4) return undefined
  const isMeta = /^content-disposition:\s*form-data;\s*name="?meta"?\s*$/im.test(text.slice(opening.length, headEnd))
  return isMeta ? text.slice(headEnd + 4, end) : undefined
}

/** The bytes that were read, and behind them those that were not. */
function restored(
  start: Uint8Array,
  reader: ReadableStreamDefaultReader<Uint8Array>,
  isOver: boolean,
): ReadableStream<Uint8Array> {
  let isFirst = true
  return new ReadableStream({
    async pull(controller) {
      if (isFirst) {
        isFirst = false
        controller.enqueue(start)
        if (isOver) controller.close()
        return
      }
      const { done, value } = await reader.read()
      if (done) controller.close()
      else controller.enqueue(value)
    },
    cancel: reason => reader.cancel(reason),
  })
}

interface FixedLength {
  FixedLengthStream?: new (length: number) => TransformStream<Uint8Array, Uint8Array>
}

/** Workers send a stream's length only where they are told it so; others take it from the header. */
function fixed(body: ReadableStream<Uint8Array>, length: string | null): ReadableStream<Uint8Array> {
  const { FixedLengthStream } = globalThis as FixedLength
  return FixedLengthStream && length !== null ? body.pipeThrough(new FixedLengthStream(Number(length))) : body
}

function parsed(text: string): unknown {
  try {
    return parseJson(text)
  } catch {
    return undefined
  }
}
