import type { ByteSource } from '../../core/base/read-bounded.ts'
import { Refusal } from '../problem.ts'
import { cutShort } from './body-refusals.ts'

/**
 * Ends the reading of a body from outside, like an `AbortController` with one listener. Every request has one, and creating a controller
 * with its listeners takes as long as parsing the body.
 */
export interface Interruption {
  /** The reason of the interruption; undefined before. */
  readonly cause: { readonly reason: unknown } | undefined
  /** Ends the reading; only the first reason counts. */
  interrupt(reason: unknown): void
  /** Sets the function to call at the interruption, which has not happened yet. */
  onInterrupt: ((reason: unknown) => void) | undefined
}

export function createInterruption(): Interruption {
  const interruption: { -readonly [Name in keyof Interruption]: Interruption[Name] } = {
    cause: undefined,
    onInterrupt: undefined,
    interrupt(reason) {
      if (interruption.cause) return
      interruption.cause = { reason }
      interruption.onInterrupt?.(reason)
    },
  }
  return interruption
}

/**
 * Deno.serve keeps the 64 KiB of a read for ever if the body is cancelled meanwhile, which a stranger can repeat as often as they like. A
 * read that is left alone ends with its connection (Deno 2.9.6 or later).
 */
const KEEPS_CANCELLED_READS = 'Deno' in globalThis

/**
 * Lets a body be interrupted: at once for its reader, and for its sender if the runtime supports that. In workerd a pending read
 * continues until the sender sends something, and `Request.arrayBuffer()` cannot be stopped at all.
 *
 * @returns a body that fails with the reason of the interruption, or with a {@link Refusal}, because each runtime has another error for a
 * connection that breaks; null for an empty body
 */
export function interruptible(body: ByteSource | null, interruption: Interruption): ByteSource | null {
  if (!body) return null
  return {
    locked: body.locked ?? false,
    getReader() {
      const reader = body.getReader()
      /** Ends the pending read for its reader. */
      let fail: ((reason: unknown) => void) | undefined
      // Not awaited: the source may never settle it.
      const cancel = (reason: unknown): void => void reader.cancel(reason).catch(() => {})
      const end = (reason: unknown): void => {
        const isReading = fail !== undefined
        fail?.(reason)
        if (!(isReading && KEEPS_CANCELLED_READS)) cancel(reason)
      }
      if (interruption.cause) end(interruption.cause.reason)
      else interruption.onInterrupt = end
      const endRead = (): void => {
        fail = undefined
        if (interruption.cause && KEEPS_CANCELLED_READS) cancel(interruption.cause.reason)
      }
      return {
        read: () =>
          new Promise((resolve, reject) => {
            if (interruption.cause) return reject(interruption.cause.reason)
            fail = reject
            reader.read().then(
              result => {
                endRead()
                resolve(result)
              },
              error => {
                endRead()
                reject(error instanceof Refusal ? error : cutShort())
              },
            )
          }),
        cancel: reason => reader.cancel(reason),
      }
    },
  }
}

/**
 * Interrupts work when its time is up.
 *
 * @param milliseconds the time
 * @param reasonOf creates the reason of the interruption
 * @param work ends with the interruption
 */
export async function interruptAfter<T>(
  milliseconds: number,
  interruption: Interruption,
  reasonOf: () => unknown,
  work: () => Promise<T>,
): Promise<T> {
  const timer = setTimeout(() => interruption.interrupt(reasonOf()), milliseconds)
  try {
    return await work()
  } finally {
    clearTimeout(timer)
  }
}
