import type { Bytes } from '../../core/bytes.ts'
import { readNotification } from '../../core/notification/receive.ts'
import { bodyInTime } from '../body.ts'
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
    const announced = Number(request.headers.get('content-length') ?? Number.NaN)
    const isReserved = announced <= MAX_RESERVED
    let reading: Promise<Bytes> | undefined
    try {
      if (isReserved) take(announced)
      const counted = new TransformStream<Uint8Array, Uint8Array>({
        transform(chunk, controller) {
          if (!isReserved) take(chunk.length)
          controller.enqueue(chunk)
        },
      })
      const { headers, bodyUsed } = request
      const read = (signal: AbortSignal): Promise<Bytes> => {
        const body = request.body?.pipeThrough(counted, { signal }) ?? null
        reading = readNotification({ headers, bodyUsed, body })
        return reading
      }
      return { body: await bodyInTime(read, DEADLINE), release }
    } catch (error) {
      // What has been read is held until the reading has ended, which a deadline only asks for.
      if (reading) reading.then(release, release)
      else release()
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
