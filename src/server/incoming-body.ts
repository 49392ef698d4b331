import type { IncomingMessage } from 'node:http'
import { createBodyQueue, streamOf } from '../adapters/body-queue.ts'
import { BYTE_SOURCE, type ByteSource } from '../core/base/read-bounded.ts'
import { tooLarge } from '../gateway/body/body-refusals.ts'
import { MAX_UPLOAD } from '../gateway/relay/input.ts'

type Reader = ReturnType<ByteSource['getReader']>

/** Returns the bytes of a body as its head announces them, which the parser of HTTP enforces; undefined for a body in chunks. */
const announcedLength = ({ headers }: IncomingMessage): number | undefined =>
  headers['transfer-encoding'] === undefined ? Number(headers['content-length']) : undefined

/** Returns whether a request has a body (RFC 9112, 6.3). */
export function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
}

/** Methods whose `Request` has no body (Fetch, 5.4). Content that arrives nevertheless has no meaning (RFC 9110, 9.3.1) and is dropped. */
const BODILESS: ReadonlySet<string | undefined> = new Set(['GET', 'HEAD', 'TRACE'])

/**
 * Gives a request the bytes of its incoming message: without a stream of the Fetch API for the parts of the gateway that read all of
 * them, and by the members of a standard `Request` for others. All share one reader. `@hono/node-server` would create a second `Request`
 * for the former, which costs as much as verifying a signature, and for the latter would read the message beside the reader of the
 * gateway: of two readers each misses what arrived before it, so that a check of the body could see less than the call sends.
 */
export function withBody(request: Request, incoming: IncomingMessage): Request {
  if (BODILESS.has(incoming.method) || !hasBody(incoming))
    return Object.defineProperty(request, 'body', { value: null })
  Object.defineProperty(request, BODY, { value: bodyOf(request, sourceOf(incoming)) })
  return Object.setPrototypeOf(request, prototypeFor(Object.getPrototypeOf(request)))
}

/**
 * The body of a request, to which all members of the request refer. Its own members are functions, because every request has one, and V8
 * takes ten times as long to create an object with getters.
 */
interface SharedBody {
  /** Returns the cheapest source of its bytes. */
  readonly bytes: () => ByteSource | null
  readonly isUsed: () => boolean
  /** @throws {TypeError} the body was read without a stream */
  readonly stream: () => ReadableStream
  /** Returns the same request, as the runtime creates it, which reads the same stream. */
  readonly standard: () => Request
}

function bodyOf(request: Request, source: IncomingSource): SharedBody {
  let stream: ReadableStream | undefined
  let standard: Request | undefined
  let isTaken = false

  function currentStream(): ReadableStream {
    // A clone gives the standard request another stream.
    if (standard?.body && !isTaken) return standard.body
    stream ??= streamLater(source)
    return stream
  }

  function standardRequest(): Request {
    if (standard) return standard
    const { url, method, headers, signal } = request
    isTaken = source.locked || stream?.locked === true
    const body = isTaken ? 'taken' : currentStream()
    standard = new Request(url, { method, headers, signal, body, duplex: 'half' } as RequestInit)
    // A body that was taken is a used one.
    if (isTaken) void standard.text()
    return standard
  }

  return {
    bytes() {
      // The stream of a used body may be at its end, and not locked: it would pass for an empty one.
      if (standard?.bodyUsed) return TAKEN
      return stream ? currentStream() : source
    },
    isUsed: () => (standard ? standard.bodyUsed : source.isUsed),
    stream: currentStream,
    standard: standardRequest,
  }
}

/**
 * Creates the stream of a body that begins to flow with its first read: whoever only looks whether there is a body takes none of it. It
 * fails beyond the longest body that the gateway accepts, because a clone keeps what the request has not read yet.
 *
 * @throws {TypeError} the body was read before
 */
function streamLater(source: IncomingSource): ReadableStream {
  if (source.locked) throw readBefore()
  let reader: Reader | undefined
  let length = 0
  const begun = (): Reader => {
    reader ??= source.getReader()
    return reader
  }
  return streamOf({
    async read() {
      const result = await begun().read()
      length += result.value?.length ?? 0
      if (length <= MAX_UPLOAD) return result
      await begun().cancel()
      throw tooLarge(MAX_UPLOAD)
    },
    cancel: async reason => begun().cancel(reason),
  })
}

/** Names the body of a request. */
const BODY = Symbol()

interface WithBody {
  readonly [BODY]: SharedBody
}

/** The methods of a `Request` that read its body, or copy it. */
const READERS = ['arrayBuffer', 'blob', 'bytes', 'clone', 'formData', 'json', 'text'] as const

/** By the prototype of the requests of `@hono/node-server`, of which there is one. */
const prototypes = new WeakMap<object, object>()

function prototypeFor(inherited: object): object {
  const prototype = prototypes.get(inherited) ?? createPrototype(inherited)
  prototypes.set(inherited, prototype)
  return prototype
}

/** Creates a prototype whose members read a {@link SharedBody}. One for all requests costs less than members for each. */
function createPrototype(inherited: object): object {
  const prototype = Object.create(inherited, {
    body: { get: memberOf(({ stream }) => stream()) },
    bodyUsed: { get: memberOf(({ isUsed }) => isUsed()) },
    [BYTE_SOURCE]: { value: memberOf(({ bytes }) => bytes()) },
  })
  for (const name of READERS) {
    const value = memberOf(({ standard }) => {
      const request = standard()
      return Reflect.apply(Reflect.get(request, name), request, [])
    })
    Object.defineProperty(prototype, name, { value })
  }
  // The method by which `new Request(request)` and the other members come to the standard request.
  const key = Object.getOwnPropertySymbols(inherited).find(({ description }) => description === 'getRequestCache')
  if (key) Object.defineProperty(prototype, key, { value: memberOf(({ standard }) => standard()) })
  return prototype
}

const memberOf = <T>(get: (body: SharedBody) => T) =>
  function (this: WithBody): T {
    return get(this[BODY])
  }

/** The bytes of a body that was used. */
const TAKEN: ByteSource = {
  locked: true,
  getReader() {
    throw readBefore()
  },
}

const readBefore = (): TypeError => new TypeError('The body of this request was read before.')

/** The bytes of a message, and whether some of them were asked for. */
type IncomingSource = ByteSource & { readonly locked: boolean; readonly isUsed: boolean }

/** Returns the bytes of a message, which begin to flow when they get a reader. */
function sourceOf(incoming: IncomingMessage): IncomingSource {
  const source = {
    locked: false,
    isUsed: false,
    getReader(): Reader {
      // A second reader would miss what the first has taken.
      if (source.locked || incoming.readableDidRead || incoming.listenerCount('data') > 0) throw readBefore()
      source.locked = true
      const reader = readerOf(incoming)
      // The body is dropped when nothing refers to its reader any more, so that the methods must not be taken from it.
      return {
        read() {
          source.isUsed = true
          return reader.read()
        },
        cancel(reason) {
          source.isUsed = true
          return reader.cancel(reason)
        },
      }
    },
  }
  return source
}

function readerOf(incoming: IncomingMessage): Reader {
  const drop = (): void => {
    incoming.off('data', onData)
    // Discards what still arrives, so that the client can read the response. The server bounds how long.
    incoming.resume()
  }
  const { queue, reader } = createBodyQueue(() => incoming.resume(), drop, announcedLength(incoming))
  const { push, end, fail } = queue
  // A `Buffer` is not an ordinary `Uint8Array`: its `slice` does not copy.
  const onData = ({ buffer, byteOffset, byteLength }: Buffer): void => {
    if (!push(new Uint8Array(buffer, byteOffset, byteLength))) incoming.pause()
  }
  const onClose = (): void => {
    if (!incoming.readableEnded)
      fail(incoming.errored ?? new Error('The client closed the connection within the body.'))
  }
  incoming.on('data', onData)
  incoming.once('end', end)
  incoming.once('error', fail)
  incoming.once('close', onClose)
  // It has no further events then.
  if (incoming.destroyed) onClose()
  return reader
}
