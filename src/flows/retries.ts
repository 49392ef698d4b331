import type { CallOptions } from '../definitions/call.ts'
import { requirePositive } from './checks.ts'
import { isAbsent, isTransient } from './error-kind.ts'
import { type Wait, waitOrAbort, waitWithTimer } from './wait.ts'

/** Delays between retries, and the signal that ends them. */
export interface Retries {
  readonly delays: readonly number[]
  readonly signal: AbortSignal | undefined
  pause(ms: number): Promise<void>
}

/** Options of a flow that retries. */
export interface RetryOptions {
  /** Gives up. A request that was sent is settled by one more query. */
  signal?: AbortSignal | undefined
  /** Milliseconds between tries; there is one more try than delays. Default: 5, 10, 30 and 60 seconds */
  delays?: readonly number[] | undefined
  /** Milliseconds per attempt of a call. Default: the client's */
  timeout?: number | undefined
  /** Waits between tries. Default: a timer */
  wait?: Wait | undefined
}

export const RETRY_OPTIONS: readonly (keyof RetryOptions)[] = ['signal', 'delays', 'timeout', 'wait']

/** Options of queries: they change nothing, so a failed one is repeated at once, at the standby host (跨城容灾). */
export const QUERY_OPTIONS: CallOptions = { retry: { attempts: 2, repeatable: true, delay: () => 0 } }

/** Returns the options of a call that the flow itself repeats. */
export const onceOnly = (options: CallOptions, signal: AbortSignal | undefined): CallOptions => ({
  ...options,
  retry: false,
  ...(signal && { signal }),
})

const DEFAULT_DELAYS = [5_000, 10_000, 30_000, 60_000]

/** @throws {ConfigurationError} `OPTION_INVALID` */
export function readRetries({ signal, delays = DEFAULT_DELAYS, wait = waitWithTimer }: RetryOptions): Retries {
  for (const delay of delays) requirePositive(delay, 'delays', 'milliseconds')
  return { delays, signal, pause: ms => waitOrAbort(wait, ms, signal) }
}

/** Runs a query, and repeats it after temporary failures. */
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
