import type { RequestOptions } from '../../core/client.ts'
import { parseJson } from '../../core/codec/json.ts'
import { traitOf } from '../../definitions/trait-of.ts'
import { limitBytes, readInTime } from '../body/read-body.ts'
import { isForm } from '../caller/cross-site.ts'
import { fieldsOf } from '../fields.ts'
import { MAX_UPLOAD } from './input.ts'

/** Bytes within which the part `meta` has to end for the rest to be streamed. */
const MAX_META = 16 * 1024
/** Characters of a boundary (RFC 2046, 5.1.1). */
const MAX_BOUNDARY = 70

/**
 * An upload that is sent on while it comes in. The signature of an APIv3 upload covers its part `meta` alone: where that
 * comes first, the file behind it need not be seen.
 *
 * @returns undefined where there is none; the request, as good as new, where it has to be read whole: its `meta` comes later,
 * is to be made, or has fields to be encrypted
 */
export async function streamedUpload(
  request: Request,
  path: string,
): Promise<{ options: RequestOptions; meta: unknown } | { request: Request } | undefined> {
  if (!isForm(request) || !request.body || !path.startsWith('/v3/')) return undefined
  const trait = traitOf('POST', path)
  const type = request.headers.get('content-type')!
  const boundary = /boundary=(?:"([^"]+)"|([^;\s]+))/i.exec(type)?.slice(1).find(Boolean)
  if (boundary === undefined || boundary.length > MAX_BOUNDARY) return undefined
  const reader = request.body.getReader()
  const { start, isOver } = await readInTime(signal => {
    signal.addEventListener('abort', () => void reader.cancel().catch(() => {}))
    return readStart(reader, boundary)
  })
  const body = restored(start, reader, isOver)
  const text = trait.encrypt ? undefined : metaOf(start, boundary)
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
  const raw = { body: fixed(body.pipeThrough(limitBytes(MAX_UPLOAD)), length), signed: text, type }
  const headers: Record<string, string> = length === null ? {} : { 'content-length': length }
  return { options: { raw, headers, retry: false }, meta: fieldsOf(parsed(text)) }
}

/** Reads as far as the end of the first part, or of the bound. Each byte is looked at once, however small the chunks are. */
async function readStart(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  boundary: string,
): Promise<{ start: Uint8Array; isOver: boolean }> {
  const chunks: Uint8Array[] = []
  const isPartOver = createPartEnd(boundary)
  let length = 0
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return { start: joined(chunks, length), isOver: true }
    chunks.push(value)
    length += value.length
    if (isPartOver(value) || length > MAX_META) return { start: joined(chunks, length), isOver: false }
  }
}

function joined(chunks: readonly Uint8Array[], length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  let at = 0
  for (const chunk of chunks) {
    bytes.set(chunk, at)
    at += chunk.length
  }
  return bytes
}

/** Makes what is handed the chunks of a form and tells whether the head of its first part, and behind it a boundary, have passed. */
function createPartEnd(boundary: string): (chunk: Uint8Array) => boolean {
  const marks = ['\r\n\r\n', `\r\n--${boundary}`].map(text => new TextEncoder().encode(text))
  /** The end of the bytes so far, in which the next mark may have begun. */
  let rest = new Uint8Array()
  let passed = 0
  return chunk => {
    let bytes = joined([rest, chunk], rest.length + chunk.length)
    for (let mark = marks[passed]; mark; mark = marks[passed]) {
      const at = indexOf(bytes, mark)
      if (at < 0) {
        rest = bytes.slice(Math.max(0, bytes.length - mark.length + 1))
        return false
      }
      // The line break that ends the head may be that of a boundary.
      bytes = bytes.subarray(at + mark.length - 2)
      passed++
    }
    return true
  }
}

function indexOf(bytes: Uint8Array, mark: Uint8Array): number {
  for (let at = bytes.indexOf(mark[0]!); at >= 0; at = bytes.indexOf(mark[0]!, at + 1))
    if (mark.every((byte, offset) => bytes[at + offset] === byte)) return at
  return -1
}

/** The text of the part `meta`, where it comes first and is there to its end. */
function metaOf(start: Uint8Array, boundary: string): string | undefined {
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(start.subarray(0, MAX_META))
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
