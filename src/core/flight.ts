/** On Workers a flight ends unheard with the request that began it, when that is cancelled. Milliseconds. */
const LOST = 60_000

/** Something fetched at most once at a time: whoever asks meanwhile waits for the same flight, unless that is lost. */
export function flight<T>(depart: () => Promise<T>, now: () => number): () => Promise<T> {
  let departedAt = Number.NEGATIVE_INFINITY
  let current: Promise<T>
  return () => {
    if (now() - departedAt < LOST) return current
    departedAt = now()
    current = depart().finally(() => {
      departedAt = Number.NEGATIVE_INFINITY
    })
    return current
  }
}
