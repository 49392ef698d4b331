/**
 * How long the outbox is believed to have a delivery that was enqueued, ms; then a sweep enqueues it again. A delivery that waits
 * for longer is believed to be in the outbox for as long as it has waited already: a queue that lags behind must not be filled
 * with the same deliveries every minute.
 */
export const QUEUED: number = 5 * 60_000
/** The longest of these times, ms: a delivery that the outbox did lose is not late by more. */
const MAX_QUEUED = 60 * 60_000

/** Returns until when the outbox is believed to have a delivery that is enqueued now. */
export const queuedUntil = (now: number, dueAt: number): number =>
  now + Math.min(Math.max(QUEUED, now - dueAt), MAX_QUEUED)
