import { HOUR } from '../../core/base/time.ts'
/** WeChat Pay writes times in UTC+8, whatever the merchant's time zone. */
export const UTC8_OFFSET: number = 8 * HOUR

const inUtc8 = (ms: number): string => new Date(ms + UTC8_OFFSET).toISOString()

/** Formats a time for APIv3: `2018-06-08T10:34:56+08:00`. */
export const rfc3339 = (ms: number): string => `${inUtc8(ms).slice(0, 19)}+08:00`

/** Formats a time for APIv2: `20180608103456`. */
export const compactTime = (ms: number): string => inUtc8(ms).slice(0, 19).replace(/\D/g, '')

/** Parses a {@link compactTime}; NaN if the text is in another format. */
export const parseCompactTime = (text: string): number =>
  Date.parse(text.replace(/^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/, '$1-$2-$3T$4:$5:$6+08:00'))

/** Formats a date for bills: `2018-06-08`. */
export const dateOf = (ms: number): string => inUtc8(ms).slice(0, 10)

/** Formats a time for bills and for APIv2's `refund_success_time_$n`: `2018-06-08 10:34:56`. */
export const dateTime = (ms: number): string => inUtc8(ms).slice(0, 19).replace('T', ' ')
