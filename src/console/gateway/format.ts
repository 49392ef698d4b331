/** Writes a time of the gateway as the browser's language has it. */
export const timeOf = (at: number): string => new Date(at).toLocaleString()

/** Milliseconds. */
export const MINUTE = 60_000
/** Minutes that a session of the gateway lasts: the clock of the browser may say that it lasts longer. */
const SESSION_MINUTES = 60

/** Returns the whole minutes that a session lasts for sure. */
export const minutesUntil = (expiresAt: number, now: number): number =>
  Math.min(SESSION_MINUTES, Math.max(0, Math.floor((expiresAt - now) / MINUTE)))

/** Writes a duration with two significant digits, and all digits of whole minutes and hours: `85 ms`, `1.2 s`, `2.5 min`, `2 h`. */
export function durationOf(seconds: number): string {
  if (seconds === 0) return '0 s'
  if (seconds < 1) return `${Number((seconds * 1000).toPrecision(2))} ms`
  if (seconds < 120) return `${Number(seconds.toPrecision(2))} s`
  return seconds < 7200 ? `${countOf(seconds / 60)} min` : `${countOf(seconds / 3600)} h`
}

/** Writes a number with two significant digits, and all digits of a large one. */
export const countOf = (value: number): string =>
  value < 10 ? String(Number(value.toPrecision(2))) : Math.round(value).toLocaleString()

/** Writes a value, or the least that it can be: `10,000+`. */
export const boundedText = (value: number, format: (value: number) => string, isAtLeast: boolean): string =>
  `${format(value)}${isAtLeast ? '+' : ''}`
