import { utf8 } from '../../core/bytes.ts'
import type { RequestOptions } from '../../core/client.ts'
import { parseJson } from '../../core/codec/json.ts'
import { traitOf } from '../../definitions/trait-of.ts'
import { limitBytes, readInTime } from '../body/read-body.ts'
import { isForm } from '../caller/cross-site.ts'
import { fieldsOf } from '../fields.ts'
import { MAX_UPLOAD } from './input.ts'

/** Bytes within which the part `meta` must end, so that the rest can be streamed. */
const MAX_META = 16 * 1024
/** Characters of a boundary (RFC 2046, 5.1.1). */
const MAX_BOUNDARY = 70

/**
 * Prepares an upload that is forwarded while it arrives. The signature of an APIv3 upload covers only its part `meta`, so if that comes
 * first, the file after it need not be read.
 *
 * @returns undefined if the request is not an upload to APIv3; `request` with an unread body if it must be read as a whole, because its
 * `meta` does not come first, is missing, or has fields to encrypt
 */
export async function streamUpload(
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
  const body = prependTo(reader, start, isOver)
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
  const raw = { body: withLength(body.pipeThrough(limitBytes(MAX_UPLOAD)), length), signed: text, type }
  const headers: Record<string, string> = length === null ? {} : { 'content-length': length }
  return { options: { raw, headers, retry: false }, meta: fieldsOf(parseIfJson(text)) }
}

/** Reads up to the end of the first part, or to {@link MAX_META}. Each byte is examined once, however small the chunks are. */
async function readStart(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  boundary: string,
): Promise<{ start: Uint8Array; isOver: boolean }> {
  const chunks: Uint8Array[] = []
  const isPartOver = createPartEnd(boundary)
  let length = 0
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return { start: join(chunks, length), isOver: true }
    chunks.push(value)
    length += value.length
    if (isPartOver(value) || length > MAX_META) return { start: join(chunks, length), isOver: false }
  }
}

function join(chunks: readonly Uint8Array[], length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  let at = 0
  for (const chunk of chunks) {
    bytes.set(chunk, at)
    at += chunk.length
  }
  return bytes
}

/** Creates a function that is called with each chunk of a form, and reports whether its first part is complete. */
function createPartEnd(boundary: string): (chunk: Uint8Array) => boolean {
  /** The end of the headers of the part, and the boundary after it. */
  const marks = ['\r\n\r\n', `\r\n--${boundary}`].map(utf8)
  /** The last bytes of the previous chunk, which may be the beginning of the next mark. */
  let rest = new Uint8Array()
  let passed = 0
  return chunk => {
    let bytes = join([rest, chunk], rest.length + chunk.length)
    for (let mark = marks[passed]; mark; mark = marks[passed]) {
      const at = indexOf(bytes, mark)
      if (at < 0) {
        rest = bytes.slice(Math.max(0, bytes.length - mark.length + 1))
        return false
      }
      // The line break at the end of the headers may also begin the boundary.
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

/** Returns the text of the part `meta`, if it comes first and is complete. */
function metaOf(start: Uint8Array, boundary: string): string | undefined {
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(start.subarray(0, MAX_META))
  const opening = `--${boundary}\r\n`
  const headEnd = text.indexOf('\r\n\r\n')
  const end = text.indexOf(`\r\n--${boundary}`, headEnd)
  if (!text.startsWith(opening) || headEnd < 0 || end < headEnd + 4) return undefined
  const isMeta = /^content-disposition:\s*form-data;\s*name="?meta"?\s*$/im.test(text.slice(opening.length, headEnd))
  return isMeta ? text.slice(headEnd + 4, end) : undefined
}

/** Creates a stream of the bytes that were already read and the rest. */
function prependTo(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  start: Uint8Array,
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

/** Declares the length of a stream. Workers send `Content-Length` only for a FixedLengthStream; other runtimes use the header. */
function withLength(body: ReadableStream<Uint8Array>, length: string | null): ReadableStream<Uint8Array> {
  const { FixedLengthStream } = globalThis as FixedLength
  return FixedLengthStream && length !== null ? body.pipeThrough(new FixedLengthStream(Number(length))) : body
}

function parseIfJson(text: string): unknown {
  try {
    return parseJson(text)
  } catch {
    return undefined
  }
}
