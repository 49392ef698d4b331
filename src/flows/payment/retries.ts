import { type Wait, waitOrAbort, waitWithTimer } from '../wait.ts'
import { requirePositive } from './checks.ts'
import { isAbsent, isTransient } from './error-kind.ts'

/** How often, and how far apart, something is tried. */
export interface Retries {
  readonly delays: readonly number[]
  readonly signal: AbortSignal | undefined
  pause(ms: number): Promise<void>
}

/** Options of a flow that tries several times. */
export interface RetryOptions {
  /** Gives up. What has been sent is settled by one more query. */
  signal?: AbortSignal | undefined
  /** Milliseconds from a try that failed to the next; there is one try more than delays. Default 5, 10, 30 and 60 seconds. */
  delays?: readonly number[] | undefined
  /** Milliseconds that an attempt of a call may take. Default: the client's. */
  timeout?: number | undefined
  /** Waits between the tries. Default: a timer. */
  wait?: Wait | undefined
}

export const RETRY_OPTIONS: readonly (keyof RetryOptions)[] = ['signal', 'delays', 'timeout', 'wait']

const DEFAULT_DELAYS = [5_000, 10_000, 30_000, 60_000]

/** @throws {ConfigurationError} `OPTION_INVALID` */
export function readRetries({ signal, delays = DEFAULT_DELAYS, wait = waitWithTimer }: RetryOptions): Retries {
  for (const delay of delays) requirePositive(delay, 'delays', 'milliseconds')
  return { delays, signal, pause: ms => waitOrAbort(wait, ms, signal) }
}

/** Repeats a query, which changes nothing, while that makes sense. */
export async function retryQuery<T>({ delays, signal, pause }: Retries, query: () => Promise<T>): Promise<T> {
  for (let number = 0; ; number++) {
    try {
      return await query()
    } catch (error) {
      if (number >= delays.length || signal?.aborted || isAbsent(error) || !isTransient(error)) throw error
    }
    await pause(delays[number]!)
  }
}
