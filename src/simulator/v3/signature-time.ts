import { MAX_SKEW_SECONDS, SECOND } from '../../core/base/time.ts'

/** Mistakes in the time that a request names in `Authorization`. */
export type TimeMistake = 'time-milliseconds' | 'time-stale'

/** Returns whether a time is in milliseconds instead of seconds: no request is of the year 33658. */
export const isInMilliseconds = (timestamp: string): boolean => /^\d{13}$/.test(timestamp)

/** Returns by how many seconds the time of a request is behind the clock; less than 0 if it is ahead. */
export const secondsBehind = (timestamp: string, now: number): number => now / SECOND - Number(timestamp)

/** Returns the mistake because of which the service refuses the time of a request. */
export function timeMistakeOf(timestamp: string, now: number): TimeMistake | undefined {
  if (isInMilliseconds(timestamp)) return 'time-milliseconds'
  return Math.abs(secondsBehind(timestamp, now)) > MAX_SKEW_SECONDS ? 'time-stale' : undefined
}
