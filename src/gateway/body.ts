import type { Bytes } from '../core/bytes.ts'
import { readBounded } from '../core/read-bounded.ts'
import { Refusal } from './problem.ts'

/**
 * Milliseconds for a body to arrive. A server in front may have a bound of its own; `deno serve` and `Bun.serve` have none for a
 * body that comes in byte by byte.
 */
const DEADLINE = 30_000

/**
 * Reads the body of a request whole, within a number of bytes and a time.
 *
 * @param most bytes
 * @param deadline milliseconds
 * @throws {Refusal} 413 `BODY_TOO_LARGE`, at once where the length is announced, otherwise when it is read; 408 `BODY_TIMEOUT`
 */
export async function readBody(request: Request, most: number, deadline: number = DEADLINE): Promise<Bytes> {
  const announced = request.headers.get('content-length')
  if (announced !== null && !(Number(announced) <= most)) throw tooLarge(most)
  if (announced !== null) return new Uint8Array(await inTime(request.arrayBuffer(), deadline))
  const late = new AbortController()
  const stream = request.body?.pipeThrough(new TransformStream(), { signal: late.signal }) ?? null
  const bytes = await inTime(readBounded(stream, most), deadline, () => late.abort())
  if (!bytes) throw tooLarge(most)
  return bytes
}

/**
 * A request whose body is within bounds: one that announces its length is as it stands, for its server holds it to that;
 * any other is counted as it is read.
 *
 * @param most bytes
 * @throws {Refusal} 413 `BODY_TOO_LARGE`, at once where the length is announced, else when it is read
 */
export function bounded(request: Request, most: number): Request {
  const announced = request.headers.get('content-length')
  if (announced !== null && !(Number(announced) <= most)) throw tooLarge(most)
  if (announced !== null || !request.body) return request
  return new Request(request, { body: request.body.pipeThrough(counter(most)), duplex: 'half' } as RequestInit)
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
 * Waits for a body no longer than a deadline.
 *
 * @param cancel ends what reads it
 * @throws {Refusal} 408 `BODY_TIMEOUT`
 */
export async function inTime<T>(
  reading: Promise<T>,
  deadline: number = DEADLINE,
  cancel: () => void = () => {},
): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(tooSlow(deadline))
      cancel()
    }, deadline)
  })
  try {
    return await Promise.race([reading, late])
  } finally {
    clearTimeout(timer)
    // What it fails with afterwards is of no interest.
    reading.catch(() => {})
  }
}

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
