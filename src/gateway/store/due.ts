import type { Breaker } from './circuits.ts'
import { type DeliveryRow, HOLDING_ATTEMPTS, IS_BLOCKED } from './delivery-row.ts'
import { type LedgerMethods, ONCE_UNLESS_EMPTY, REPEATABLE } from './method.ts'
import { queuedUntil } from './queued.ts'
import type { Sql } from './sql.ts'

/** A delivery that can be attempted. */
export interface DueDelivery {
  readonly id: number
  readonly endpoint: string
  readonly due_at: number
}

/** Finds the deliveries that can be attempted. */
export interface DueDeliveries {
  /**
   * Lists the deliveries that can be attempted now and were due at a given time, the earliest first. An endpoint whose circuit is open
   * has none, or exactly one when it may be probed.
   *
   * @param limit per endpoint, so that the backlog of one does not crowd out the others
   */
  dueDeliveries(mchid: string, at: number, limit: number): DueDelivery[]
  /**
   * Selects those {@link DueDeliveries.dueDeliveries} that the outbox has probably lost, so that they can be enqueued again. They are
   * selected again after five minutes, and then at intervals that double up to an hour.
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
  dueDeliveries: REPEATABLE,
  takeLostDeliveries: ONCE_UNLESS_EMPTY,
  nextDueAt: REPEATABLE,
}

/** Adds the queries that other parts of the store need. */
export interface DueFinder extends DueDeliveries {
  /** Lists the due deliveries to one endpoint, whether its circuit is open or not. */
  dueTo(mchid: string, endpoint: string, at: number, limit: number): DueDelivery[]
  /** Returns the delivery that comes next after another of the same subject, if any; later ones wait for it. */
  nextBehind(delivery: DeliveryRow): number[]
}

/** Selects deliveries whatever their `queued_until` is. */
const ANY_TIME = Number.MAX_SAFE_INTEGER

export function createDueFinder(sql: Sql, now: () => number, breaker: Breaker): DueFinder {
  /** Lists the endpoints that have pending deliveries, with one index lookup each, however many deliveries there are. */
  const endpointsOf = (mchid: string): string[] =>
    sql
      .run<{ endpoint: string }>(
        `with recursive name(endpoint) as (
           select min(endpoint) from delivery where mchid = ? and state = 'pending'
           union all
           select (select min(endpoint) from delivery where mchid = ? and state = 'pending' and endpoint > name.endpoint)
           from name where endpoint is not null)
         select endpoint from name where endpoint is not null`,
        mchid,
        mchid,
      )
      .map(({ endpoint }) => endpoint)

  /** @param maxQueuedUntil ignores deliveries that the outbox is assumed to have for longer */
  const dueTo = (
    mchid: string,
    endpoint: string,
    at: number,
    limit: number,
    maxQueuedUntil: number = ANY_TIME,
  ): DueDelivery[] =>
    sql.run<DueDelivery>(
      `select id, endpoint, due_at from delivery
       where mchid = ? and endpoint = ? and state = 'pending' and due_at <= ? and leased_until <= ?
         and queued_until <= ? and not (${IS_BLOCKED})
       order by due_at limit ?`,
      mchid,
      endpoint,
      at,
      at,
      maxQueuedUntil,
      limit,
    )

  /** Finds the probe of an endpoint: the delivery that became due last. Earlier ones may fail because of their own content. */
  const probeOf = (mchid: string, endpoint: string, at: number): DueDelivery[] =>
    sql.run<DueDelivery>(
      `select id, endpoint, due_at from delivery
       where mchid = ? and endpoint = ? and state = 'pending' and due_at <= ? and leased_until <= ? and not (${IS_BLOCKED})
       order by due_at desc limit 1`,
      mchid,
      endpoint,
      at,
      at,
    )

  /** Consists of two parts so that each uses the index: thousands may be pending while an endpoint is down. A leased delivery was due before. */
  const nextDueTo = (mchid: string, endpoint: string): number | null =>
    sql.run<{ at: number | null }>(
      `select min(at) as at from (
         select * from (
           select due_at as at from delivery
           where mchid = ? and endpoint = ? and state = 'pending' and leased_until <= due_at and not (${IS_BLOCKED})
           order by due_at limit 1)
         union all
         select min(leased_until) from delivery
         where mchid = ? and endpoint = ? and state = 'pending' and due_at <= ? and leased_until > due_at
           and not (${IS_BLOCKED}))`,
      mchid,
      endpoint,
      mchid,
      endpoint,
      now(),
    )[0]!.at

  function dueToAll(mchid: string, at: number, limit: number, maxQueuedUntil?: number): DueDelivery[] {
    const found = endpointsOf(mchid).flatMap(endpoint => {
      const retryAt = breaker.retryAt(mchid, endpoint)
      if (retryAt > now()) return []
      return retryAt > 0 ? probeOf(mchid, endpoint, at) : dueTo(mchid, endpoint, at, limit, maxQueuedUntil)
    })
    return found.sort((a, b) => a.due_at - b.due_at)
  }

  return {
    dueTo,
    dueDeliveries: dueToAll,
    takeLostDeliveries(mchid, at, limit) {
      const lost = dueToAll(mchid, at, limit, now())
      for (const { id, due_at } of lost)
        sql.run('update delivery set queued_until = ? where id = ?', queuedUntil(now(), due_at), id)
      return lost.map(({ id }) => id)
    },
    nextDueAt(mchid, except = []) {
      const times = endpointsOf(mchid)
        .filter(endpoint => !except.includes(endpoint))
        .flatMap(endpoint => {
          const at = nextDueTo(mchid, endpoint)
          return at === null ? [] : [Math.max(at, breaker.retryAt(mchid, endpoint))]
        })
      return times.length === 0 ? undefined : Math.min(...times)
    },
    nextBehind({ id, mchid, endpoint, subject }) {
      if (subject === null) return []
      return sql
        .run<{ id: number }>(
          `select id from delivery where mchid = ? and endpoint = ? and subject = ? and state = 'pending'
             and tries < ${HOLDING_ATTEMPTS} and id <> ?
           order by created_at, id limit 1`,
          mchid,
          endpoint,
          subject,
          id,
        )
        .map(next => next.id)
    },
  }
}
