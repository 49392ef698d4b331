import type { Bytes } from '../../core/bytes.ts'
import { withDeadline } from '../../core/deadline.ts'
import { type ByteSource, readBounded } from '../../core/read-bounded.ts'
import { Refusal } from '../problem.ts'

/**
 * Milliseconds for a body to arrive. A server in front may have a bound of its own; `deno serve` and `Bun.serve` have none for a
 * body that comes in byte by byte.
 */
export const DEADLINE = 30_000

/**
 * Reads the body of a request whole, within a number of bytes and a time.
 *
 * @param most bytes
 * @param deadline milliseconds
 * @throws {Refusal} 413 `BODY_TOO_LARGE`, at once where the length is announced, otherwise when it is read; 408 `BODY_TIMEOUT`
 */
export const readBody = (
  { headers, bodyUsed, body }: Request,
  most: number,
  deadline: number = DEADLINE,
): Promise<Bytes> =>
  bodyInTime(signal => readWithin(most)({ headers, bodyUsed, body: abortable(body, signal) }), deadline)

/** A request, or as much of it as reading its body takes. */
export interface BodyMessage {
  readonly headers: Headers
  readonly bodyUsed: boolean
  readonly body: ByteSource | null
}

/** Reads a body whole. Hands on each chunk as it arrives. */
export type BodyReader = (message: BodyMessage, onChunk?: (chunk: Uint8Array) => void) => Promise<Bytes>

/**
 * Makes what reads a body whole, within a number of bytes.
 *
 * @param most bytes
 * @throws {Refusal} by what it returns: 413 `BODY_TOO_LARGE`
 */
export const readWithin =
  (most: number): BodyReader =>
  async ({ headers, body }, onChunk) => {
    const announced = headers.get('content-length')
    if (announced !== null && !(Number(announced) <= most)) throw tooLarge(most)
    const bytes = await readBounded(body, most, onChunk)
    if (!bytes) throw tooLarge(most)
    return bytes
  }

/**
 * Makes a body end when a signal aborts: at once for whoever reads it, and for its sender where the runtime can stop that. A read of
 * the runtime's own may go on until its sender does something, as in workerd; `Request.arrayBuffer()` cannot be stopped at all.
 *
 * @returns the body; it fails with the reason of the signal. `null` is an empty one
 */
export function abortable(body: ByteSource | null, signal: AbortSignal): ByteSource | null {
  if (!body) return null
  return {
    getReader() {
      const reader = body.getReader()
      let fail: ((reason: unknown) => void) | undefined
      const abort = (): void => {
        fail?.(signal.reason)
        // Nobody waits for the source to agree.
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

/** Lets bytes pass, up to a bound. */
export function counter(most: number): TransformStream<Uint8Array, Uint8Array> {
  let length = 0
  return new TransformStream({
    transform(chunk, controller) {
      length += chunk.length
      if (length > most) controller.error(tooLarge(most))
      else controller.enqueue(chunk)
    },
  })
}

/**
 * Reads a body within a time.
 *
 * @param read is handed a signal that aborts when the time is up
 * @throws {Refusal} 408 `BODY_TIMEOUT`
 */
export const bodyInTime = <T>(read: (signal: AbortSignal) => Promise<T>, deadline: number = DEADLINE): Promise<T> =>
  withDeadline(deadline, () => tooSlow(deadline), read)

const tooLarge = (most: number): Refusal =>
  new Refusal({
    status: 413,
    code: 'BODY_TOO_LARGE',
    detail: `The body has more than ${most} bytes, the most that is taken here.`,
  })

const tooSlow = (deadline: number): Refusal =>
  new Refusal({
    status: 408,
    code: 'BODY_TIMEOUT',
    detail: `The body did not arrive within ${deadline / 1000} seconds. Send it again.`,
    headers: { Connection: 'close' },
  })
