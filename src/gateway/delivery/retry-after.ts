const DAY = 24 * 60 * 60 * 1000

/**
 * How long an answer asks to be left alone: `Retry-After`, as seconds or as a date (RFC 9110, 10.2.3).
 *
 * @param now milliseconds
 * @returns milliseconds, a day at most; undefined when it does not ask, or not in either form
 */
export function retryAfterOf(headers: Headers, now: number): number | undefined {
  const text = headers.get('retry-after')?.trim() ?? ''
  if (/^\d+$/.test(text)) return Math.min(Number(text) * 1000, DAY)
  // Date.parse alone reads a date in almost anything.
  const date = / GMT$/.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(date) ? undefined : Math.min(Math.max(date - now, 0), DAY)
}
