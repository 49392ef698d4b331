import { BYTE_SOURCE, type ByteSource } from '../core/base/read-bounded.ts'
import { streamOf } from './body-queue.ts'

type Reader = ReturnType<ByteSource['getReader']>

/** Status and headers of a response, which arrive before its body. */
export interface ResponseHead {
  readonly status: number
  /** Names and values, one after the other. */
  readonly headers: readonly string[]
}

/** Statuses whose response has no body (Fetch, "null body status"). */
const BODILESS: ReadonlySet<number> = new Set([204, 205, 304])

/** Returns whether a response with this status has a body. */
export const hasBody = (status: number): boolean => !BODILESS.has(status)

/**
 * Creates a `Response`.
 *
 * @param reader reads its body; null if its status has none
 * @param decompress whether to decompress gzip, like `fetch`
 * @throws {RangeError} the status is none of a response
 * @throws {TypeError} a header is invalid
 */
export function responseOf(head: ResponseHead, reader: Reader | null, decompress: boolean): Response {
  const { status } = head
  // A server in the same process may have replaced the global Response by one that checks nothing.
  if (!isStatus(status)) throw new RangeError(`A response cannot have the status ${status}`)
  const headers = headersOf(head)
  const stream = reader && streamOf(reader)
  const body = decompress && isGzip(headers) ? stream?.pipeThrough(new DecompressionStream('gzip')) : stream
  return new Response(body, { status, headers })
}

/**
 * Creates a `Response` as {@link responseOf} does, at half the cost if its body is read by this library, which takes the bytes
 * without a stream. It becomes an ordinary `Response` with the first property that another reader asks for.
 */
export function quickResponseOf(head: ResponseHead, reader: Reader | null): Response {
  const { status } = head
  const headers = headersOf(head)
  return reader && isStatus(status) && !isGzip(headers)
    ? (new QuickResponse(status, headers, reader) as unknown as Response)
    : responseOf(head, reader, true)
}

/** Returns whether a `Response` may have a status. */
const isStatus = (status: number): boolean => status >= 200 && status <= 599

function headersOf({ headers: parts }: ResponseHead): Headers {
  const headers = new Headers()
  for (let at = 0; at < parts.length; at += 2) headers.append(parts[at]!, parts[at + 1]!)
  return headers
}

const isGzip = (headers: Headers): boolean => headers.get('content-encoding')?.trim().toLowerCase() === 'gzip'

class QuickResponse {
  readonly status: number
  readonly headers: Headers
  readonly #reader: Reader
  #isTaken = false
  #ordinary: Response | undefined

  constructor(status: number, headers: Headers, reader: Reader) {
    this.status = status
    this.headers = headers
    this.#reader = reader
  }

  get ok(): boolean {
    return this.status <= 299
  }

  [BYTE_SOURCE](): ByteSource | null {
    if (this.#ordinary || this.#isTaken) return this.ordinary.body
    this.#isTaken = true
    return { getReader: () => this.#reader }
  }

  /** The same response, as the runtime creates it. */
  get ordinary(): Response {
    if (this.#ordinary) return this.#ordinary
    const { status, headers } = this
    const response = new Response(this.#isTaken ? 'taken' : streamOf(this.#reader), { status, headers })
    // A body that was taken is a used one.
    if (this.#isTaken) void response.text()
    this.#ordinary = response
    return response
  }
}

Object.setPrototypeOf(QuickResponse.prototype, Response.prototype)
Object.defineProperty(QuickResponse.prototype, 'constructor', { value: Response, writable: true, configurable: true })
// All other members of a Response, also those that later versions add, are those of the ordinary one.
for (const name of Reflect.ownKeys(Response.prototype)) {
  if (Object.hasOwn(QuickResponse.prototype, name) || name === 'status' || name === 'headers') continue
  const { get, value } = Object.getOwnPropertyDescriptor(Response.prototype, name)!
  const isMethod = typeof value === 'function'
  if (!get && !isMethod) continue
  Object.defineProperty(QuickResponse.prototype, name, {
    configurable: true,
    enumerable: true,
    ...(isMethod ? { value: ordinaryMethod(name), writable: true } : { get: ordinaryGetter(name) }),
  })
}

function ordinaryGetter(name: string | symbol) {
  return function (this: QuickResponse): unknown {
    return Reflect.get(this.ordinary, name)
  }
}

function ordinaryMethod(name: string | symbol) {
  return function (this: QuickResponse, ...args: unknown[]): unknown {
    return Reflect.get(this.ordinary, name).apply(this.ordinary, args)
  }
}
