import type { Bytes } from '../../core/base/bytes.ts'
import { byteSourceOf } from '../../core/base/read-bounded.ts'
import { createBodyBudget } from '../body/body-budget.ts'
import { DEADLINE, readWithin } from '../body/read-body.ts'
import { Refusal } from '../problem.ts'

/**
 * Bytes of memory for the bodies of calls: one upload of the maximum size, or thousands of calls. The memory in use is at most twice
 * that, and a Worker has 128 MiB.
 */
const MAX_HELD = 32 * 1024 * 1024
/**
 * Bytes of memory per byte of a body until its call has a response: the body as received, parsed, copied from the form to be hashed and
 * encrypted, encoded, and copied again by `fetch`.
 */
const COPIES = 6

/** Reads the bodies of a call, and holds their bytes of the budget until the call has a response. */
export interface CallBodies {
  /**
   * Reads a whole body.
   *
   * @throws {Refusal} 413 `BODY_TOO_LARGE`, 408 `BODY_TIMEOUT`; 503 `BUSY`: it was dropped in favour of other bodies
   */
  readonly read: (request: Request, maxBytes: number) => Promise<Bytes>
  /** Returns their bytes to the budget. */
  readonly release: () => void
}

/**
 * Limits the total memory for the bodies of calls, as for notifications: when the limit is reached, a body of the caller that holds the
 * most is dropped, so that a caller who floods the gateway does not block others.
 *
 * @param callers the number of callers
 * @returns a function that creates the reader for a call of a caller
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
      async read(request, maxBytes) {
        if (!byteSourceOf(request)) return new Uint8Array()
        const { body, release } = await hold(request, caller, readWithin(maxBytes))
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
    detail: 'Too many large bodies arrived at once. Nothing was called; send the request again.',
    mayHaveTakenEffect: false,
    headers: { 'Retry-After': '5', Connection: 'close' },
  })
