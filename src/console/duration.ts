/** The units of a time, from the smallest to the largest. */
export type DurationUnits = readonly [seconds: string, minutes: string, hours: string, days: string]

/** Writes the length of a time in the largest unit that it fills. */
export function durationIn([s, min, h, days]: DurationUnits, seconds: number): string {
  const size = Math.abs(seconds)
  const [divisor, unit] = size < 120 ? [1, s] : size < 7200 ? [60, min] : size < 172_800 ? [3600, h] : [86_400, days]
  return `${Math.round(size / divisor)} ${unit}`
}

export const ENGLISH_UNITS: DurationUnits = ['s', 'min', 'h', 'days']
export const CHINESE_UNITS: DurationUnits = ['秒', '分钟', '小时', '天']
