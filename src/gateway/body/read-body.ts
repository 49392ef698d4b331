import type { Bytes } from '../../core/bytes.ts'
import { withDeadline } from '../../core/deadline.ts'
import { type ByteSource, readBounded } from '../../core/read-bounded.ts'
import { Refusal } from '../problem.ts'

/**
 * Milliseconds for a body to arrive. A server may have a limit of its own, but `deno serve` and `Bun.serve` have none for a body that
 * arrives byte by byte.
 */
export const DEADLINE = 30_000

/**
 * Reads the whole body of a request.
 *
 * @param deadline milliseconds
 * @throws {Refusal} 413 `BODY_TOO_LARGE`, at once if `Content-Length` exceeds `maxBytes`; 408 `BODY_TIMEOUT`
 */
export const readBody = (
  { headers, bodyUsed, body }: Request,
  maxBytes: number,
  deadline: number = DEADLINE,
): Promise<Bytes> =>
  readInTime(signal => readWithin(maxBytes)({ headers, bodyUsed, body: abortable(body, signal) }), deadline)

/** The part of a request that is needed to read its body. */
export interface BodyMessage {
  readonly headers: Headers
  readonly bodyUsed: boolean
  readonly body: ByteSource | null
}

/** Reads a whole body, and passes on each chunk as it arrives. */
export type BodyReader = (message: BodyMessage, onChunk?: (chunk: Uint8Array) => void) => Promise<Bytes>

/**
 * Creates a reader of bodies with up to `maxBytes`.
 *
 * @returns a function that throws a {@link Refusal} 413 `BODY_TOO_LARGE`
 */
export const readWithin =
  (maxBytes: number): BodyReader =>
  async ({ headers, body }, onChunk) => {
    const announced = headers.get('content-length')
    if (announced !== null && !(Number(announced) <= maxBytes)) throw tooLarge(maxBytes)
    const bytes = await readBounded(body, maxBytes, onChunk)
    if (!bytes) throw tooLarge(maxBytes)
    return bytes
  }

/**
 * Ends a body when a signal aborts: at once for its reader, and for its sender if the runtime supports that. In workerd a pending read
 * continues until the sender sends something, and `Request.arrayBuffer()` cannot be stopped at all.
 *
 * @returns a body that fails with the reason of the signal; null for an empty body
 */
export function abortable(body: ByteSource | null, signal: AbortSignal): ByteSource | null {
  if (!body) return null
  return {
    getReader() {
      const reader = body.getReader()
      let fail: ((reason: unknown) => void) | undefined
      const abort = (): void => {
        fail?.(signal.reason)
        // Not awaited: the source may never settle it.
        reader.cancel(signal.reason).catch(() => {})
      }
      if (signal.aborted) abort()
      else signal.addEventListener('abort', abort, { once: true })
      return {
        read: () =>
          new Promise((resolve, reject) => {
            if (signal.aborted) return reject(signal.reason)
            fail = reject
            reader.read().then(resolve, reject)
          }),
        cancel: reason => reader.cancel(reason),
      }
    },
  }
}

/** Creates a stream that passes up to `maxBytes`, and then fails. */
export function limitBytes(maxBytes: number): TransformStream<Uint8Array, Uint8Array> {
  let length = 0
  return new TransformStream({
    transform(chunk, controller) {
      length += chunk.length
      if (length > maxBytes) controller.error(tooLarge(maxBytes))
      else controller.enqueue(chunk)
    },
  })
}

/**
 * Reads a body within a time limit.
 *
 * @param read reads the body; its signal aborts when the time is up
 * @throws {Refusal} 408 `BODY_TIMEOUT`
 */
export const readInTime = <T>(read: (signal: AbortSignal) => Promise<T>, deadline: number = DEADLINE): Promise<T> =>
  withDeadline(deadline, () => tooSlow(deadline), read)

const tooLarge = (maxBytes: number): Refusal =>
  new Refusal({
    status: 413,
    code: 'BODY_TOO_LARGE',
    detail: `The body has more than ${maxBytes} bytes, the maximum for this request.`,
  })

const tooSlow = (deadline: number): Refusal =>
  new Refusal({
    status: 408,
    code: 'BODY_TIMEOUT',
    detail: `The body did not arrive within ${deadline / 1000} seconds. Send it again.`,
    headers: { Connection: 'close' },
  })
