/**
 * Milliseconds for which the outbox is assumed to have an enqueued delivery; then a sweep enqueues it again. A delivery that has
 * waited longer is assumed to be in the outbox for as long again, so that sweeps do not fill a lagging queue with the same deliveries
 * every minute.
 */
export const MIN_QUEUE_TIME: number = 5 * 60_000
/** Upper bound of that time, ms: it bounds the delay of a delivery that the outbox has lost. */
export const MAX_QUEUE_TIME: number = 60 * 60_000

/** Returns the time until which the outbox is assumed to have a delivery that is enqueued now. */
export const queuedUntil = (now: number, dueAt: number): number =>
  now + Math.min(Math.max(MIN_QUEUE_TIME, now - dueAt), MAX_QUEUE_TIME)
