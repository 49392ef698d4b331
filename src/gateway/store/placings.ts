/**
 * A call that has placed what is watched: when, and when it can no longer take effect, ms; 0 means never. `isMerged` is 1 where it
 * stands for several calls, and can no longer be taken back.
 */
export type Placing = readonly [at: number, expiresAt: number, isMerged?: 1]

/** Calls that a watch remembers one by one. */
const MAX_PLACINGS = 20

/** Adds a call. The two oldest of too many become one, as late as the later of both, so that a watch never ends too early. */
export function addPlacing(placings: readonly Placing[], placing: Placing): Placing[] {
  const all = [...placings, placing]
  if (all.length <= MAX_PLACINGS) return all
  const [oldest, second, ...others] = all as [Placing, Placing, ...Placing[]]
  const { placedAt, expiresAt } = latestOf([oldest, second])
  return [[placedAt, expiresAt, 1], ...others]
}

/** Takes a call back that was refused or not sent. */
export function removePlacing(placings: readonly Placing[], at: number | undefined, expiresAt: number): Placing[] {
  const index = placings.findIndex(one => one[0] === at && one[1] === expiresAt && one[2] !== 1)
  return placings.filter((_, place) => place !== index)
}

/** Returns the latest times of some calls, of which there is at least one. */
export function latestOf(placings: readonly Placing[]): { readonly placedAt: number; readonly expiresAt: number } {
  const expiries = placings.map(([, expiresAt]) => expiresAt)
  return {
    placedAt: Math.max(...placings.map(([at]) => at)),
    expiresAt: expiries.includes(0) ? 0 : Math.max(...expiries),
  }
}
