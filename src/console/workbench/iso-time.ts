/** Writes a time in ISO 8601; `?` for the invalid one of a broken certificate. */
export const isoTime = (time: Date): string => (Number.isNaN(+time) ? '?' : time.toISOString())
