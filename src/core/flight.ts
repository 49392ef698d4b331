/**
 * Milliseconds after which nobody waits any longer for a flight to begin its own: on Workers a flight ends unheard with the
 * request that began it, when that is cancelled. WeChat Pay sends a notification again after 15 seconds.
 */
const LOST = 15_000

/** Something fetched at most once at a time: whoever asks meanwhile waits for the same flight, unless that is lost. */
export function flight<T>(depart: () => Promise<T>, now: () => number): () => Promise<T> {
  let departedAt = Number.NEGATIVE_INFINITY
  let current: Promise<T>
  return () => {
    // A clock that was set back must not make a lost flight last.
    if (Math.abs(now() - departedAt) < LOST) return current
    departedAt = now()
    const own = depart().finally(() => {
      if (current === own) departedAt = Number.NEGATIVE_INFINITY
    })
    current = own
    return own
  }
}
