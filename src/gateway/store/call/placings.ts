/**
 * A call that has placed a watched order: its time, and the time after which it can no longer take effect, ms; 0 means no limit.
 * `isMerged` is 1 if it represents several calls, so that none of them can be removed.
 */
export type Placing = readonly [at: number, expiresAt: number, isMerged?: 1]

/** Calls that a watch lists separately. */
const MAX_PLACINGS = 20

/** Adds a call. If there are too many, the two oldest are merged with the later of their times, so that a watch never ends too early. */
export function addPlacing(placings: readonly Placing[], placing: Placing): Placing[] {
  const all = [...placings, placing]
  if (all.length <= MAX_PLACINGS) return all
  const [oldest, second, ...others] = all as [Placing, Placing, ...Placing[]]
  const { placedAt, expiresAt } = latestOf([oldest, second])
  return [[placedAt, expiresAt, 1], ...others]
}

/** Removes a call that was refused or not sent. */
export function removePlacing(placings: readonly Placing[], at: number | undefined, expiresAt: number): Placing[] {
  const removed = placings.findIndex(
    ([placedAt, expiry, isMerged]) => placedAt === at && expiry === expiresAt && isMerged !== 1,
  )
  return placings.filter((_, index) => index !== removed)
}

/** Returns the latest times of at least one call. */
export function latestOf(placings: readonly Placing[]): { readonly placedAt: number; readonly expiresAt: number } {
  const expiries = placings.map(([, expiresAt]) => expiresAt)
  return {
    placedAt: Math.max(...placings.map(([at]) => at)),
    expiresAt: expiries.includes(0) ? 0 : Math.max(...expiries),
  }
}
