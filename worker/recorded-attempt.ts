import type { RecordedAttempt } from '../src/gateway/store/delivery/attempts.ts'

// In the previous version, the result of `recordAttempt` is the list of the unblocked deliveries. While a deploy spreads, Workers and
// Durable Objects of both versions call each other.

/** An argument after those of `recordAttempt`: the Worker reads a {@link RecordedAttempt}. An object of the previous version ignores it. */
const READS_RECORDED_ATTEMPT = 'recorded-attempt'

/** Returns the arguments with which a Worker calls an object. */
export const argumentsFor = (method: string, args: readonly unknown[]): readonly unknown[] =>
  method === 'recordAttempt' ? [...args, READS_RECORDED_ATTEMPT] : args

/** Returns the result of an object as the Worker reads it that has called `method` with `args`. */
export function resultFor(method: string, args: readonly unknown[], result: unknown): unknown {
  if (method !== 'recordAttempt' || args.at(-1) === READS_RECORDED_ATTEMPT) return result
  const { unblocked } = Object(result) as Partial<RecordedAttempt>
  return unblocked ?? result
}

/** Returns the result of an object of either version. */
export const resultOf = (method: string, result: unknown): unknown =>
  method === 'recordAttempt' && Array.isArray(result) ? ({ unblocked: result } satisfies RecordedAttempt) : result
