import { fromUtf8, utf8 } from '../../core/base/bytes.ts'
import type { ByteSource } from '../../core/base/read-bounded.ts'
import type { RequestOptions } from '../../core/client/client.ts'
import { parseJson } from '../../core/codec/json.ts'
import { apiOfPath } from '../../definitions/api-of-path.ts'
import { traitOf } from '../../definitions/trait-of.ts'
import { tooLarge, tooSlow } from '../body/body-refusals.ts'
import { notUtf8 } from '../body/decode-json.ts'
import { createInterruption, interruptAfter, interruptible } from '../body/interruption.ts'
import { boundaryOf, indexOf } from '../body/multipart.ts'
import { DEADLINE, requireUnread } from '../body/read-body.ts'
import { isForm } from '../caller/cross-site.ts'
import { fieldsOf } from '../fields.ts'
import type { Refusal } from '../problem.ts'
import { MAX_UPLOAD } from './input.ts'

/** Bytes within which the part `meta` must end, so that the rest can be streamed. */
const MAX_META = 16 * 1024
/** Characters of a boundary (RFC 2046, 5.1.1). */
const MAX_BOUNDARY = 70

type Reader = ReturnType<ByteSource['getReader']>

/** An upload that is forwarded while it arrives. */
interface StreamedUpload {
  readonly options: RequestOptions
  /** The part `meta`; undefined if it is not JSON. */
  readonly meta: unknown
  /**
   * Returns the refusal of the body, if it has failed so far: its client broke off, or it is too long. The error of the call only
   * says that no response arrived. WeChat Pay does not carry out a message that is incomplete (RFC 9112, 8).
   */
  readonly bodyFailure: () => Refusal | undefined
}

/**
 * Prepares an upload that is forwarded while it arrives. In APIv3 and the brand API, the signature covers only its part `meta`, so if that comes
 * first, the file after it need not be read.
 *
 * @returns undefined if the request is no upload, or one of APIv2; `request` with an unread body if it must be read as a whole, because its
 * `meta` does not come first, is missing, or has fields to encrypt
 * @throws {CallError} `BODY_INVALID`: the part `meta` is not UTF-8
 * @throws {Refusal} 408 `BODY_TIMEOUT`, 400 `BODY_CUT_SHORT`: the beginning did not arrive
 * @throws {ConfigurationError} `OPTION_INVALID`: the body was read before
 */
export async function streamUpload(
  request: Request,
  path: string,
): Promise<StreamedUpload | { request: Request } | undefined> {
  if (!isForm(request) || !request.body || apiOfPath(path) === 'v2') return undefined
  const trait = traitOf('POST', path)
  const type = request.headers.get('content-type')!
  const boundary = boundaryOf(type)
  if (boundary === undefined || boundary.length > MAX_BOUNDARY) return undefined
  requireUnread(request)
  const interruption = createInterruption()
  const { reader, failure } = boundReader(interruptible(request.body, interruption)!.getReader())
  const { start, isOver } = await interruptAfter(
    DEADLINE,
    interruption,
    () => tooSlow(DEADLINE),
    () => readStart(reader, boundary),
  )
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
  const raw = { body: withLength(body, length), signed: text, type }
  const headers: Record<string, string> = length === null ? {} : { 'content-length': length }
  return { options: { raw, headers, retry: false }, meta: fieldsOf(parseIfJson(text)), bodyFailure: failure }
}

/** Reads up to {@link MAX_UPLOAD}, and keeps the refusal with which reading has failed. */
function boundReader(reader: Reader): { reader: Reader; failure: () => Refusal | undefined } {
  let failure: Refusal | undefined
  let length = 0
  const fail = (refusal: Refusal): never => {
    failure = refusal
    throw refusal
  }
  return {
    failure: () => failure,
    reader: {
      async read() {
        const result = await reader.read().catch(fail)
        length += result.value?.length ?? 0
        if (length <= MAX_UPLOAD) return result
        // Not awaited, because the result does not depend on the source.
        reader.cancel().catch(() => {})
        return fail(tooLarge(MAX_UPLOAD))
      },
      cancel: reason => reader.cancel(reason),
    },
  }
}

/** Reads up to the end of the first part, or to {@link MAX_META}. Each byte is examined once, however small the chunks are. */
async function readStart(
  reader: Reader,
  boundary: string,
): Promise<{ start: Uint8Array<ArrayBuffer>; isOver: boolean }> {
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

function join(chunks: readonly Uint8Array[], length: number): Uint8Array<ArrayBuffer> {
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

/** Decodes each byte to one character, so that positions in the text are positions in the bytes. */
const byteDecoder = new TextDecoder('windows-1252')

/**
 * Returns the text of the part `meta`, if it comes first and is complete. It is signed, but its bytes are what is sent.
 *
 * @throws {CallError} `BODY_INVALID`: not UTF-8
 */
function metaOf(start: Uint8Array<ArrayBuffer>, boundary: string): string | undefined {
  const text = byteDecoder.decode(start.subarray(0, MAX_META))
  const opening = `--${boundary}\r\n`
  const headEnd = text.indexOf('\r\n\r\n')
  const end = text.indexOf(`\r\n--${boundary}`, headEnd)
  if (!text.startsWith(opening) || headEnd < 0 || end < headEnd + 4) return undefined
  const isMeta = /^content-disposition:\s*form-data;\s*name="?meta"?\s*$/im.test(text.slice(opening.length, headEnd))
  if (!isMeta) return undefined
  try {
    return fromUtf8(start.subarray(headEnd + 4, end))
  } catch (cause) {
    throw notUtf8('meta', cause)
  }
}

/** Creates a stream of the bytes that were already read and the rest. */
function prependTo(reader: Reader, start: Uint8Array, isOver: boolean): ReadableStream<Uint8Array> {
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
