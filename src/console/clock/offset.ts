import type { Language } from '../settings.ts'

/** Smaller differences are those of the network. */
const MIN_OFFSET = 2000

/** Units with their length in ms and their names, the longest first. */
const UNITS = [
  { length: 86_400_000, en: 'd', zh: '天' },
  { length: 3_600_000, en: 'h', zh: '小时' },
  { length: 60_000, en: 'min', zh: '分钟' },
  { length: 1000, en: 's', zh: '秒' },
] as const

/**
 * Writes a time in its two longest units: `4 min`, `1 d 2 h`.
 *
 * @param ms rounded to seconds if it is longer than one
 */
export function formatDuration(ms: number, language: Language): string {
  if (ms < 1000) return language === 'zh' ? `${ms} 毫秒` : `${ms} ms`
  let rest = Math.round(ms / 1000) * 1000
  const parts = UNITS.flatMap(({ length, ...names }) => {
    const count = Math.floor(rest / length)
    rest -= count * length
    return count === 0 ? [] : [`${count} ${names[language]}`]
  })
  return parts.slice(0, 2).join(' ')
}

/**
 * Writes how far a clock is ahead of another one: `+4 min`, `−1 d 2 h`.
 *
 * @param offset ms, negative for a clock that is behind
 * @returns undefined where the clocks agree, but for the time that a request takes
 */
export const formatOffset = (offset: number, language: Language): string | undefined =>
  Math.abs(offset) < MIN_OFFSET ? undefined : `${offset < 0 ? '−' : '+'}${formatDuration(Math.abs(offset), language)}`
