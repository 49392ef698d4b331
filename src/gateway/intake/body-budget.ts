import type { Bytes } from '../../core/bytes.ts'
import { readNotification } from '../../core/notification/receive.ts'
import { inTime } from '../body.ts'
import { Refusal } from '../problem.ts'

/** Bytes of bodies that are held at once: some thousand notifications, or 128 of the largest. */
export const MAX_HELD: number = 8 * 1024 * 1024
/** Milliseconds for a body to arrive. WeChat Pay waits no longer for the answer. */
const DEADLINE = 5_000
/** Bytes. A body that announces no more is counted as announced; any other as it arrives, so that a promise takes no room. */
const MAX_RESERVED = 8 * 1024

/** A body, and what gives back its bytes to the budget. Call it when the notification is through. */
export interface HeldBody {
  readonly body: Bytes
  release(): void
}

/**
 * Bounds the memory that bodies of notifications take before anything proves them. Each API has a budget of its own: an APIv2
 * notification cannot be judged by its headers, and a flood of such bodies must not keep the others out.
 *
 * @param most bytes
 * @returns reads a body of at most 64 KiB, in at most 5 seconds
 */
export function createBodyBudget(most: number = MAX_HELD): (request: Request) => Promise<HeldBody> {
  let held = 0
  return async request => {
    let own = 0
    let isOver = false
    const release = () => {
      isOver = true
      held -= own
      own = 0
    }
    const take = (bytes: number) => {
      if (isOver || held + bytes > most) throw busy()
      own += bytes
      held += bytes
    }
    try {
      const announced = Number(request.headers.get('content-length') ?? Number.NaN)
      if (announced <= MAX_RESERVED) {
        take(announced)
        return { body: new Uint8Array(await inTime(request.arrayBuffer(), DEADLINE)), release }
      }
      const late = new AbortController()
      const counted = new TransformStream<Uint8Array, Uint8Array>({
        transform(chunk, controller) {
          take(chunk.length)
          controller.enqueue(chunk)
        },
      })
      const { headers, bodyUsed } = request
      const body = request.body?.pipeThrough(counted, { signal: late.signal }) ?? null
      const reading = readNotification({ headers, bodyUsed, body })
      return { body: await inTime(reading, DEADLINE, () => late.abort()), release }
    } catch (error) {
      release()
      throw error
    }
  }
}

const busy = (): Refusal =>
  new Refusal({
    status: 503,
    code: 'BUSY',
    detail: 'Too many notifications at once. WeChat Pay sends this one again.',
    headers: { 'Retry-After': '5' },
  })
