import { DAY } from '../../core/base/time.ts'

/**
 * Reads `Retry-After`, in seconds or as a date (RFC 9110, 10.2.3).
 *
 * @param now milliseconds
 * @returns milliseconds, a day at most; undefined if the header is missing or invalid
 */
export function retryAfterOf(headers: Headers, now: number): number | undefined {
  const text = headers.get('retry-after')?.trim() ?? ''
  if (/^\d+$/.test(text)) return Math.min(Number(text) * 1000, DAY)
  // The suffix is required because Date.parse accepts almost anything.
  const date = / GMT$/.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(date) ? undefined : Math.min(Math.max(date - now, 0), DAY)
}
