/** Milliseconds. */
export const SECOND = 1000
export const MINUTE: number = 60 * SECOND
export const HOUR: number = 60 * MINUTE
export const DAY: number = 24 * HOUR

/** Maximum number of seconds by which the time of a signature and the clock may differ (APIv3). */
export const MAX_SKEW_SECONDS = 300
