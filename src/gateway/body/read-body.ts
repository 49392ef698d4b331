import type { Bytes } from '../../core/base/bytes.ts'
import { type ByteSource, byteSourceOf, readBounded } from '../../core/base/read-bounded.ts'
import { ConfigurationError } from '../../core/index.ts'
import { tooLarge, tooSlow } from './body-refusals.ts'
import { createInterruption, interruptAfter, interruptible } from './interruption.ts'

/**
 * Milliseconds for a body to arrive. A server may have a limit of its own, but `deno serve` and `Bun.serve` have none for a body that
 * arrives byte by byte.
 */
export const DEADLINE = 30_000

/**
 * Reads the whole body of a request.
 *
 * @param deadline milliseconds
 * @throws {Refusal} 413 `BODY_TOO_LARGE`, at once if `Content-Length` exceeds `maxBytes`; 408 `BODY_TIMEOUT`; 400 `BODY_CUT_SHORT`
 */
export const readBody = (request: Request, maxBytes: number, deadline: number = DEADLINE): Promise<Bytes> => {
  const { headers, bodyUsed } = request
  const interruption = createInterruption()
  const body = interruptible(byteSourceOf(request), interruption)
  return interruptAfter(
    deadline,
    interruption,
    () => tooSlow(deadline),
    () => readWithin(maxBytes)({ headers, bodyUsed, body }),
  )
}

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
 * @returns a function that throws a {@link Refusal} 413 `BODY_TOO_LARGE`, and a {@link ConfigurationError} if the body was read before
 */
export const readWithin =
  (maxBytes: number): BodyReader =>
  async (message, onChunk) => {
    requireUnread(message)
    const { headers, body } = message
    const announced = headers.get('content-length')
    if (announced !== null && !(Number(announced) <= maxBytes)) throw tooLarge(maxBytes)
    const bytes = await readBounded(body, maxBytes, onChunk)
    if (!bytes) throw tooLarge(maxBytes)
    return bytes
  }

/** @throws {ConfigurationError} `OPTION_INVALID`: the body was read before */
export function requireUnread({ body, bodyUsed }: Pick<BodyMessage, 'body' | 'bodyUsed'>): void {
  if (bodyUsed || body?.locked)
    throw new ConfigurationError(
      'OPTION_INVALID',
      'request',
      'its body was read before. Pass it unread to the gateway; an authenticate reads the body of request.clone()',
    )
}
