import type { StoreContext } from '../dialect.ts'
import { type LedgerMethods, ONCE_UNLESS_EMPTY, READ, SYNCED_LATER } from '../method.ts'
import { run, runLast, type Work, type WorkOf } from '../sql.ts'
import { queuedUntil } from './queued.ts'
import { type DeliveryRow, HOLDING_ATTEMPTS, IS_BLOCKED } from './row.ts'

/** A delivery that can be attempted. */
export interface DueDelivery {
  readonly id: number
  readonly endpoint: string
  readonly due_at: number
}

/** Numbers of deliveries by endpoint. */
export type EndpointLimits = Readonly<Record<string, number>>

/** Returns the limit of an endpoint, which may have the name of a method of every object. */
export const endpointLimit = (endpoint: string, limit: number, limits: EndpointLimits): number =>
  Object.hasOwn(limits, endpoint) ? limits[endpoint]! : limit

/** Finds the deliveries that can be attempted. */
export interface DueDeliveries {
  /**
   * Lists the deliveries that can be attempted now and were due at a given time, the earliest first. An endpoint whose circuit is open
   * has none, or exactly one when it may be probed.
   *
   * @param limit per endpoint, so that the backlog of one does not crowd out the others
   * @param limits by endpoint, for those that have another limit. A delivery that is in progress and not claimed yet is found again, so
   * that an outbox gives the concurrent deliveries that an endpoint may have in all, not its free slots
   */
  dueDeliveries(mchid: string, at: number, limit: number, limits?: EndpointLimits): DueDelivery[]
  /**
   * Selects {@link DueDeliveries.dueDeliveries} for the outbox of this process, and keeps them from those of other processes for
   * {@link RESERVATION}: each delivery is claimed when it is attempted.
   *
   * @param limit per endpoint
   * @param free by endpoint, for those that have another limit: the free slots, because a reserved delivery is not found again
   */
  reserveDueDeliveries(mchid: string, at: number, limit: number, free?: EndpointLimits): DueDelivery[]
  /**
   * Selects those {@link DueDeliveries.dueDeliveries} that the outbox has probably lost, so that they can be enqueued again. They are
   * selected again after five minutes, and then at intervals that double up to an hour. Reads a bounded number of deliveries to each endpoint;
   * the next calls read the others.
   *
   * @returns their ids
   */
  takeLostDeliveries(mchid: string, at: number, limit: number): number[]
  /**
   * Returns when the next delivery is due; undefined if none is pending.
   *
   * @param except endpoints to ignore
   */
  nextDueAt(mchid: string, except?: readonly string[]): number | undefined
}

export const DUE_METHODS: LedgerMethods<DueDeliveries> = {
  dueDeliveries: READ,
  // A reservation whose result was lost expires.
  // After a power cut deliveries are enqueued again. Each is claimed before it is sent.
  reserveDueDeliveries: SYNCED_LATER,
  takeLostDeliveries: ONCE_UNLESS_EMPTY,
  nextDueAt: READ,
}

/** A place in the order in which the deliveries to an endpoint are due. */
interface DuePlace {
  readonly due_at: number
  readonly seq: number
}

/** Adds the queries that other parts of the store need. */
export interface DueFinder extends WorkOf<DueDeliveries> {
  /** Lists the due deliveries to one endpoint, whether its circuit is open or not. */
  dueTo(mchid: string, endpoint: string, at: number, limit: number): Work<DueDelivery[]>
  /** Returns the delivery that comes next after another of the same subject, if any; later ones wait for it. */
  nextBehind(delivery: DeliveryRow): Work<number[]>
}

/** Milliseconds. An outbox claims a reserved delivery at once, so that it expires only if its process has died. */
export const RESERVATION = 5_000
/**
 * Deliveries to an endpoint that one call of `takeLostDeliveries` reads: if the outbox is far behind, it has nearly all that are due, and none
 * of them is lost.
 */
export const MAX_READ = 10_000
const FIRST_PLACE: DuePlace = { due_at: Number.MIN_SAFE_INTEGER, seq: 0 }

export function createDueFinder({ dialect, now, outbox }: Pick<StoreContext, 'dialect' | 'now' | 'outbox'>): DueFinder {
  /**
   * Lists the endpoints that have pending deliveries, with one index lookup each, however many deliveries there are.
   *
   * @returns `retryAt`: when the endpoint may be probed, ms; 0 if its circuit is closed. From that time on, one delivery may probe it
   */
  function* endpointsOf(mchid: string): Work<{ endpoint: string; retryAt: number }[]> {
    const rows = yield* run<{ endpoint: string; retry_at: number }>(
      `with recursive name(endpoint) as (
         select min(endpoint) from delivery where mchid = ? and state = 'pending'
         union all
         select (select min(endpoint) from delivery where mchid = ? and state = 'pending' and endpoint > name.endpoint)
         from name where endpoint is not null)
       select endpoint, coalesce((
         select retry_at from circuit where circuit.mchid = ? and circuit.endpoint = name.endpoint), 0) as retry_at
       from name where endpoint is not null`,
      mchid,
      mchid,
      mchid,
    )
    return rows.map(({ endpoint, retry_at }) => ({ endpoint, retryAt: retry_at }))
  }

  const dueTo = (mchid: string, endpoint: string, at: number, limit: number): Work<DueDelivery[]> =>
    run<DueDelivery>(
      `select id, endpoint, due_at from delivery
       where mchid = ? and endpoint = ? and state = 'pending' and due_at <= ? and leased_until <= ? and not (${IS_BLOCKED})
       order by due_at limit ?`,
      mchid,
      endpoint,
      at,
      at,
      limit,
    )

  /** Where the next call of {@link lostTo} begins, by merchant and endpoint, if not at the first delivery. */
  const readOn = new Map<string, DuePlace>()

  /**
   * Lists the due deliveries to one endpoint that the outbox is not assumed to have. Reads at most {@link MAX_READ}; the next call reads on
   * there, so that those behind a long queue are found too.
   */
  function* lostTo(mchid: string, endpoint: string, at: number, limit: number): Work<DueDelivery[]> {
    const key = JSON.stringify([mchid, endpoint])
    const start = readOn.get(key) ?? FIRST_PLACE
    const [end] = yield* run<DuePlace>(
      `select due_at, seq from delivery
       where mchid = ? and endpoint = ? and state = 'pending' and (due_at, seq) > (?, ?) and due_at <= ?
       order by due_at, seq limit 1 offset ${MAX_READ - 1}`,
      mchid,
      endpoint,
      start.due_at,
      start.seq,
      at,
    )
    const { due_at, seq } = end ?? { due_at: at, seq: Number.MAX_SAFE_INTEGER }
    const lost = yield* run<DueDelivery>(
      `select id, endpoint, due_at from delivery
       where mchid = ? and endpoint = ? and state = 'pending' and (due_at, seq) > (?, ?) and (due_at, seq) <= (?, ?)
         and leased_until <= ? and queued_until <= ? and not (${IS_BLOCKED})
       order by due_at, seq limit ?`,
      mchid,
      endpoint,
      start.due_at,
      start.seq,
      due_at,
      seq,
      at,
      now(),
      limit,
    )
    // They are read again: more may be lost than the limit, and the transaction that enqueues these may be rolled back.
    if (lost.length > 0) return lost
    if (end) readOn.set(key, end)
    else readOn.delete(key)
    return lost
  }

  /** @param isLast nothing else is written in the transaction */
  const reserveTo = (
    mchid: string,
    { endpoint, max, isLast }: { endpoint: string; max: number; isLast: boolean },
    at: number,
  ): Work<DueDelivery[]> =>
    (isLast ? runLast : run)<DueDelivery>(
      // Materialized, because a nested loop would carry a subquery out for each row, and lock more than the limit.
      `with picked as materialized (
         select id from delivery
         where mchid = ? and endpoint = ? and state = 'pending' and due_at <= ? and leased_until <= ? and not (${IS_BLOCKED})
         order by due_at limit ?${dialect.skipLocked})
       update delivery set leased_until = ?, leased_by = ? where id in (select id from picked)
       returning id, endpoint, due_at`,
      mchid,
      endpoint,
      at,
      at,
      max,
      at + RESERVATION,
      outbox,
    )

  /** Finds the probe of an endpoint: the delivery that became due last. Earlier ones may fail because of their own content. */
  const probeOf = (mchid: string, endpoint: string, at: number): Work<DueDelivery[]> =>
    run<DueDelivery>(
      `select id, endpoint, due_at from delivery
       where mchid = ? and endpoint = ? and state = 'pending' and due_at <= ? and leased_until <= ? and not (${IS_BLOCKED})
       order by due_at desc limit 1`,
      mchid,
      endpoint,
      at,
      at,
    )

  /**
   * Looks at leased deliveries, which were due before, only if no other one is due. Then all that are due are leased or blocked: these are
   * few, whereas a million may be due while an endpoint is down.
   */
  function* nextDueTo(mchid: string, endpoint: string): Work<number | undefined> {
    const [free] = yield* run<{ at: number }>(
      `select due_at as at from delivery
       where mchid = ? and endpoint = ? and state = 'pending' and leased_until <= due_at and not (${IS_BLOCKED})
       order by due_at limit 1`,
      mchid,
      endpoint,
    )
    if (free && free.at <= now()) return free.at
    const [leased] = yield* run<{ at: number | null }>(
      `select min(leased_until) as at from delivery
       where mchid = ? and endpoint = ? and state = 'pending' and due_at <= ? and leased_until > due_at
         and not (${IS_BLOCKED})`,
      mchid,
      endpoint,
      now(),
    )
    const times = [free?.at, leased?.at].filter(at => typeof at === 'number')
    return times.length === 0 ? undefined : Math.min(...times)
  }

  /** Lists the endpoints that may have deliveries now, with their limits. */
  function* openEndpoints(mchid: string, limit: number, limits: EndpointLimits) {
    const endpoints = (yield* endpointsOf(mchid)).map(({ endpoint, retryAt }) => ({
      endpoint,
      isProbe: retryAt > 0,
      retryAt,
      max: endpointLimit(endpoint, limit, limits),
    }))
    return endpoints.filter(({ retryAt, max }) => max > 0 && retryAt <= now())
  }

  /** @param find finds the deliveries to an endpoint that need not be probed */
  function* findOpen(
    find: typeof dueTo,
    mchid: string,
    at: number,
    limit: number,
    limits: EndpointLimits = {},
  ): Work<DueDelivery[]> {
    const found: DueDelivery[] = []
    for (const { endpoint, isProbe, max } of yield* openEndpoints(mchid, limit, limits))
      found.push(...(yield* isProbe ? probeOf(mchid, endpoint, at) : find(mchid, endpoint, at, max)))
    return found.sort((a, b) => a.due_at - b.due_at)
  }

  return {
    dueTo,
    dueDeliveries: (mchid, at, limit, limits) => findOpen(dueTo, mchid, at, limit, limits),
    *reserveDueDeliveries(mchid, at, limit, free = {}) {
      const found: DueDelivery[] = []
      const endpoints = yield* openEndpoints(mchid, limit, free)
      // The circuit lets one process claim the probe.
      for (const { endpoint } of endpoints.filter(({ isProbe }) => isProbe))
        found.push(...(yield* probeOf(mchid, endpoint, at)))
      const open = endpoints.filter(({ isProbe }) => !isProbe)
      for (const [place, { endpoint, max }] of open.entries())
        found.push(...(yield* reserveTo(mchid, { endpoint, max, isLast: place === open.length - 1 }, at)))
      return found.sort((a, b) => a.due_at - b.due_at)
    },
    *takeLostDeliveries(mchid, at, limit) {
      const lost = yield* findOpen(lostTo, mchid, at, limit)
      for (const { id, due_at } of lost)
        yield* run('update delivery set queued_until = ? where id = ?', queuedUntil(now(), due_at), id)
      return lost.map(({ id }) => id)
    },
    *nextDueAt(mchid, except = []) {
      const times: number[] = []
      for (const { endpoint, retryAt } of yield* endpointsOf(mchid)) {
        if (except.includes(endpoint)) continue
        const at = yield* nextDueTo(mchid, endpoint)
        if (at !== undefined) times.push(Math.max(at, retryAt))
      }
      return times.length === 0 ? undefined : Math.min(...times)
    },
    *nextBehind({ id, mchid, endpoint, subject }) {
      if (subject === null) return []
      const rows = yield* run<{ id: number }>(
        `select id from delivery where mchid = ? and endpoint = ? and subject = ? and state = 'pending'
           and tries < ${HOLDING_ATTEMPTS} and id <> ?
         order by created_at, id limit 1`,
        mchid,
        endpoint,
        subject,
        id,
      )
      return rows.map(next => next.id)
    },
  }
}
