import type { Bytes } from '../../core/bytes.ts'
import { createBodyBudget } from '../body/body-budget.ts'
import { DEADLINE, readWithin } from '../body/read-body.ts'
import { Refusal } from '../problem.ts'

/**
 * Bytes of memory for calls' bodies: one of the largest uploads, or thousands of calls. Twice as much is never exceeded, and a Worker
 * has 128 MiB in all.
 */
const MAX_HELD = 32 * 1024 * 1024
/**
 * Bytes of memory that each byte of a body takes until its call is answered: as it came, parsed, copied out of the form to be hashed
 * and encrypted, encoded, and once more where `fetch` sends it.
 */
const COPIES = 6

/** Holds the bodies of a call until it is answered. */
export interface CallBodies {
  /**
   * Reads a body whole.
   *
   * @param most bytes
   * @throws {Refusal} 413 `BODY_TOO_LARGE`, 408 `BODY_TIMEOUT`; 503 `BUSY`: it gave way to the bodies of others
   */
  readonly read: (request: Request, most: number) => Promise<Bytes>
  /** Gives back their bytes. */
  readonly release: () => void
}

/**
 * Bounds the memory that the bodies of calls take together, as that of notifications is bounded: when the room is taken, a body
 * of the caller that holds the most gives way, so that a caller who floods the gateway keeps out no other.
 *
 * @param callers how many there are
 * @returns makes the bodies of one call of a caller
 */
export function createCallBodies(callers: number): (caller: string) => CallBodies {
  const hold = createBodyBudget({
    accounts: Math.max(1, callers),
    maxBytes: MAX_HELD,
    weight: COPIES,
    deadline: DEADLINE,
    busy,
  })
  return caller => {
    const held: (() => void)[] = []
    return {
      async read(request, most) {
        if (!request.body) return new Uint8Array()
        const { body, release } = await hold(request, caller, readWithin(most))
        held.push(release)
        return body
      },
      release() {
        for (const release of held.splice(0)) release()
      },
    }
  }
}

const busy = (): Refusal =>
  new Refusal({
    status: 503,
    code: 'BUSY',
    detail: 'Too many large bodies at once. Nothing was called; send this one again.',
    mayHaveTakenEffect: false,
    headers: { 'Retry-After': '5', Connection: 'close' },
  })
