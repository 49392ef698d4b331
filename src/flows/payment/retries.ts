import { type Wait, waitOrAbort, wait as waitWithTimer } from '../wait.ts'
import { requirePositive } from './checks.ts'
import { isAbsent, isPassing } from './error-kind.ts'

/** How often, and how far apart, something is tried. */
export interface Tries {
  readonly delays: readonly number[]
  readonly signal: AbortSignal | undefined
  pause(ms: number): Promise<void>
}

/** Options of a flow that tries several times. */
export interface TryOptions {
  /** Gives up. What has been sent is settled by one more query. */
  signal?: AbortSignal | undefined
  /** Milliseconds from a try that failed to the next; there is one try more than delays. Default 5, 10, 30 and 60 seconds. */
  delays?: readonly number[] | undefined
  /** Milliseconds that an attempt of a call may take. Default: the client's. */
  timeout?: number | undefined
  /** Waits between the tries. Default: a timer. */
  wait?: Wait | undefined
}

const DELAYS = [5_000, 10_000, 30_000, 60_000]

/** @throws {ConfigurationError} `OPTION_INVALID` */
export function readTries({ signal, delays = DELAYS, wait = waitWithTimer }: TryOptions): Tries {
  for (const delay of delays) requirePositive(delay, 'delays', 'milliseconds')
  return { delays, signal, pause: ms => waitOrAbort(wait, ms, signal) }
}

/** Repeats a query, which changes nothing, while that makes sense. */
export async function patiently<T>({ delays, signal, pause }: Tries, query: () => Promise<T>): Promise<T> {
  for (let number = 0; ; number++) {
    try {
      return await query()
    } catch (error) {
      if (number >= delays.length || signal?.aborted || isAbsent(error) || !isPassing(error)) throw error
    }
    await pause(delays[number]!)
  }
}
