import { DAY, HOUR, MINUTE, SECOND } from '../../core/base/time.ts'
import { type Option, usageError } from '../command.ts'

export const SINCE_OPTION: Option = {
  name: 'since',
  value: '<time>',
  description: 'Begins with events received since then: 30m, 2h, 1d ago, or 2026-01-31T08:00:00+08:00.',
}

const UNITS: Readonly<Record<string, number>> = { s: SECOND, m: MINUTE, h: HOUR, d: DAY }
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?(?:Z|[+-]\d\d:\d\d)$/

/**
 * Reads `--since`.
 *
 * @returns milliseconds since 1970
 * @throws {CommandError}
 */
export function readSince(text: string | undefined, now: number): number | undefined {
  if (text === undefined) return undefined
  const [, count, unit] = /^(\d{1,6})([smhd])$/.exec(text) ?? []
  if (unit !== undefined) return Math.max(0, now - Number(count) * UNITS[unit]!)
  const at = TIME.test(text) ? Date.parse(text) : Number.NaN
  if (!Number.isNaN(at)) return at
  throw usageError(
    `--since must be a duration such as 30m, 2h or 1d, or a time with its zone such as 2026-01-31T08:00:00+08:00, not ${JSON.stringify(text)}.`,
  )
}
