/** The kind and the time of an entry, which decide its place. */
interface Timed {
  readonly kind: string
  /** ms */
  readonly at: number
}

/**
 * Appends entries in the order of their times. A notification arrives with the response to it, so that calls made meanwhile
 * may have arrived first. Nothing moves across a restart, because another simulator has another clock.
 *
 * @param sorted the oldest first
 */
export function withArrived<Entry extends Timed>(sorted: readonly Entry[], arrived: readonly Entry[]): Entry[] {
  const all = [...sorted]
  for (const entry of arrived) {
    let at = all.length
    if (entry.kind !== 'restart') while (at > 0 && isLater(all[at - 1]!, entry)) at--
    all.splice(at, 0, entry)
  }
  return all
}

const isLater = (before: Timed, entry: Timed): boolean => before.kind !== 'restart' && before.at > entry.at
