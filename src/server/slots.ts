/** Concurrent deliveries to one endpoint. */
const MAX_PER_ENDPOINT = 64
/** Concurrent deliveries to all endpoints; once there are as many, no endpoint gets more than its share. */
const MAX_TOTAL = 256
/** The share of an endpoint, however many endpoints there are. */
const MIN_PER_ENDPOINT = 4

/** Returns the concurrent deliveries that a process makes to each of its endpoints whatever it makes to the others. */
export const shareOf = (endpoints: number): number =>
  Math.max(MIN_PER_ENDPOINT, Math.min(MAX_PER_ENDPOINT, Math.floor(MAX_TOTAL / Math.max(1, endpoints))))

/** The slots for concurrent deliveries, of which endpoints with a backlog borrow those that no other one uses. */
export interface Slots {
  /** The concurrent deliveries that an endpoint may always have. */
  readonly share: number
  /** Returns the number of deliveries in progress to an endpoint. */
  used(endpoint: string): number
  take(endpoint: string): void
  giveBack(endpoint: string): void
  /**
   * Selects the due deliveries of a merchant that have slots, and notes which endpoints have no slot left for more.
   *
   * @param due deliveries that are not in progress, at least as many of each endpoint as had slots, if that many are due
   * @param freeOf returns how many slots an endpoint had when they were looked for
   */
  admit<T extends { readonly endpoint: string }>(
    mchid: string,
    due: readonly T[],
    freeOf: (endpoint: string) => number,
  ): T[]
  /**
   * Returns the concurrent deliveries that an endpoint may have now. One with a backlog may have more than its share as long as slots are
   * free; of several the one with the fewest gets the next.
   */
  limitOf(endpoint: string): number
  /** Lists the endpoints with deliveries in progress or a backlog. The others may have their share. */
  busy(): string[]
  /** Lists the endpoints that may have no more deliveries now. */
  full(): string[]
  /** Returns whether a slot is free for an endpoint with a backlog. */
  canLend(): boolean
}

interface Limits {
  readonly limitOf: (endpoint: string) => number
  /** Lists the endpoints with deliveries in progress or a backlog. */
  readonly names: () => string[]
  readonly withBacklog: ReadonlySet<string>
}

/**
 * Creates the slots of a process. An endpoint always gets its share, even while others have borrowed all free slots: they give them back
 * as their deliveries end, and get none anew while an endpoint with fewer has a backlog. So the process makes at most
 * {@link MAX_TOTAL} deliveries beyond the shares of all endpoints.
 *
 * @param endpoints number of endpoints
 */
export function createSlots(endpoints: number): Slots {
  const share = shareOf(endpoints)
  const used = new Map<string, number>()
  /** The endpoints with a backlog, by merchant. */
  const backlogs = new Map<string, Set<string>>()
  let total = 0
  let limits: Limits | undefined

  const usedBy = (endpoint: string): number => used.get(endpoint) ?? 0
  function change(endpoint: string, by: 1 | -1): void {
    const count = usedBy(endpoint) + by
    if (count > 0) used.set(endpoint, count)
    else used.delete(endpoint)
    total += by
    limits = undefined
  }

  const backlogged = (): Set<string> => new Set([...backlogs.values()].flatMap(of => [...of]))
  // One more shows whether an endpoint without a backlog has one by now.
  const wanted = (endpoint: string, hasBacklog: boolean): number =>
    hasBacklog ? MAX_PER_ENDPOINT : Math.min(usedBy(endpoint) + 1, MAX_PER_ENDPOINT)

  function computeLimits(): Limits {
    const withBacklog = backlogged()
    const names = (): string[] => [...new Set([...used.keys(), ...withBacklog])]
    const free = MAX_TOTAL - total
    const hasPlenty = used.size + withBacklog.size * MAX_PER_ENDPOINT <= free
    const level = hasPlenty
      ? MAX_PER_ENDPOINT
      : levelOf(
          names().map(name => ({ used: usedBy(name), wanted: wanted(name, withBacklog.has(name)) })),
          free,
        )
    const limitOf = (endpoint: string): number =>
      used.has(endpoint) || withBacklog.has(endpoint)
        ? Math.max(share, Math.min(level, wanted(endpoint, withBacklog.has(endpoint))))
        : share
    return { limitOf, names, withBacklog }
  }
  const currentLimits = (): Limits => {
    limits ??= computeLimits()
    return limits
  }

  const isFull = (endpoint: string): boolean => currentLimits().limitOf(endpoint) <= usedBy(endpoint)

  return {
    share,
    used: usedBy,
    take: endpoint => change(endpoint, 1),
    giveBack: endpoint => change(endpoint, -1),
    admit(mchid, due, freeOf) {
      const counts = new Map<string, number>()
      const admitted = due.filter(({ endpoint }) => {
        const count = (counts.get(endpoint) ?? 0) + 1
        counts.set(endpoint, count)
        return count <= freeOf(endpoint)
      })
      const before = backlogs.get(mchid) ?? new Set<string>()
      // Of an endpoint that had no slot, nothing was looked for.
      const after = [...new Set([...before, ...counts.keys()])].filter(endpoint =>
        freeOf(endpoint) > 0 ? (counts.get(endpoint) ?? 0) >= freeOf(endpoint) : before.has(endpoint),
      )
      if (after.length > 0) backlogs.set(mchid, new Set(after))
      else backlogs.delete(mchid)
      if (after.length > 0 || before.size > 0) limits = undefined
      return admitted
    },
    limitOf: endpoint => currentLimits().limitOf(endpoint),
    busy: () => currentLimits().names(),
    full: () => currentLimits().names().filter(isFull),
    canLend: () => [...currentLimits().withBacklog].some(endpoint => !isFull(endpoint)),
  }
}

/** Returns the highest number of deliveries up to which the free slots bring all endpoints that want as many. */
function levelOf(uses: readonly { readonly used: number; readonly wanted: number }[], free: number): number {
  const needed = (level: number): number =>
    uses.reduce((sum, { used, wanted }) => sum + Math.max(0, Math.min(level, wanted) - used), 0)
  let level = 0
  for (let highest = MAX_PER_ENDPOINT; level < highest; ) {
    const middle = Math.ceil((level + highest) / 2)
    if (needed(middle) <= free) level = middle
    else highest = middle - 1
  }
  return level
}
