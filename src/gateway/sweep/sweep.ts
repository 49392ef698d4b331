import { withDeadline } from '../../core/base/deadline.ts'
import { provesAbsence } from '../../core/base/service-codes.ts'
import { ServiceError, TransportError, type Wechatpay } from '../../core/index.ts'
import { findMismatch } from '../../flows/response-match.ts'
import type { GatewayContext } from '../context.ts'
import { enqueueInTime, jobsOf } from '../delivery/enqueue.ts'
import { correlate } from '../event/correlation.ts'
import { mayRecur } from '../event/dedupe.ts'
import { withIndexableKeys } from '../event/indexable.ts'
import { fieldsOf } from '../fields.ts'
import { recordSample } from '../metrics/sample.ts'
import { NEVER, type WatchRow } from '../store/call/watches.ts'
import { type Budget, createBudget } from './budget.ts'
import { KINDS, MAX_QUERY_TIME } from './kinds.ts'
import { deliverInstead, enqueueLost } from './lost-deliveries.ts'
import type { SyntheticEvent } from './results.ts'
import { callInTime, retireAllLayouts, type SweptLedger, sweptLedgers } from './swept-ledgers.ts'
import { type Task, takeTurns } from './turns.ts'
import { DOUBT_AFTER, EXPIRY_GRACE, queryDelayOf } from './watch.ts'

/** Milliseconds in which a sweep may begin deliveries and queries, so that all end before the next sweep begins. */
const BEGIN_WITHIN = 40_000
/** Milliseconds for one query, including its repetitions. */
const QUERY_TIMEOUT = 15_000
/** Milliseconds for which a sweep holds the watches that it has claimed: longer than it lasts, so that no other sweep queries them. */
const QUERY_LEASE = 2 * 60_000
/** Watches that a sweep claims at once. Few, because a sweep that ends early holds the rest until the lease expires. */
const PORTION = 40
/** Consecutive queries of a merchant without a response, after which the sweep leaves the others to the next one. */
const MAX_UNREACHED = 5
/** Half of Cloudflare's 10,000 subrequests per invocation, because failed calls to ledgers and failed queries are repeated. */
const MAX_SUBREQUESTS = 5_000
/** Subrequests per query: the query itself, recording its outcome, and the outbox. */
const SUBREQUESTS = 3
/** Rows that one batch of a purge reads: a transaction of a few milliseconds. */
const PURGE_BATCH = 500
/** Milliseconds that a sweep may spend on purging; the next one continues. */
const PURGE_WITHIN = 20_000

/** The results of a sweep. */
export interface SweepResult {
  /** Deliveries that were enqueued again. */
  enqueued: number
  /** Deliveries that the outbox has refused and the sweep has carried out itself. */
  delivered: number
  /** Calls whose outcome was queried. */
  queried: number
  /** Queries that found a final outcome, which became an event. */
  synthesized: number
  /** Events that were deleted after their retention. */
  purged: number
}

/**
 * Does the scheduled work, once per minute: enqueues deliveries that the outbox has lost, or carries them out if the outbox refuses them;
 * queries calls for which no notification has arrived; and deletes rows that are older than the retention period. The merchants take
 * turns, so one whose ledger or queries hang does not delay the others. It ends before the next sweep begins.
 */
export async function sweep(context: GatewayContext): Promise<SweepResult> {
  const swept: SweepResult = { enqueued: 0, delivered: 0, queried: 0, synthesized: 0, purged: 0 }
  const end = performance.now() + BEGIN_WITHIN
  const isOver = (): boolean => performance.now() >= end
  const budget = createBudget(MAX_SUBREQUESTS)
  // Shuffled, so that it is not always the same merchants that wait if the time does not suffice for all.
  const merchants = shuffled(Object.entries(context.merchants))
  const ledgers = await sweptLedgers(merchants, context)
  // Before the queries, which may use up the time.
  const { enqueued, refused } = await enqueueLost(ledgers, context, isOver)
  swept.enqueued = enqueued
  const deliveries = refused.map(jobs => deliverInstead(jobs, context, budget, () => swept.delivered++))
  const queries = ledgers.map(ledger =>
    queryDue(ledger, context, budget, outcome => {
      swept.queried++
      if (outcome === 'synthesized') swept.synthesized++
    }),
  )
  await takeTurns([...deliveries, ...queries], isOver)
  swept.purged = await purgeLedgers(context)
  await retireAllLayouts(context)
  await context
    .gatewayLedger()
    .recordSweep()
    .catch(error => context.log.warn('sweep not recorded', { reason: error }))
  await recordSample(context)
  context.log.debug('swept', { count: swept.queried })
  return swept
}

function shuffled<T>(items: readonly T[]): T[] {
  const places = items.map(item => ({ item, place: Math.random() }))
  return places.sort((a, b) => a.place - b.place).map(({ item }) => item)
}

/**
 * Purges all ledgers, batch by batch, including those of callers, which contain the audit trail.
 *
 * @returns the number of deleted events
 */
async function purgeLedgers({ retainedLedgers, ledgersPurge, now, retention, log }: GatewayContext): Promise<number> {
  if (ledgersPurge) return 0
  const before = now() - retention
  const deadline = performance.now() + PURGE_WITHIN
  let count = 0
  for (const ledger of retainedLedgers()) {
    try {
      let hasMore = true
      while (hasMore && performance.now() < deadline) {
        const purged = await ledger.purge(before, PURGE_BATCH)
        count += purged.events
        hasMore = purged.hasMore
      }
    } catch (error) {
      log.warn('purging failed', { reason: error })
    }
  }
  return count
}

/** The outcome of querying a watched call. */
type WatchOutcome =
  /** It is final, and its event is recorded. */
  | 'synthesized'
  /** It is final without an event. */
  | 'ended'
  | 'open'
  /** It is not paid yet. */
  | 'unpaid'
  /** WeChat Pay responds that it does not exist. */
  | 'absent'
  /** WeChat Pay responds that it does not exist, although it has accepted the call. */
  | 'contradicted'
  | 'given_up'
  /** The query failed. */
  | 'failed'
  /** The response belongs to another query. */
  | 'mismatch'
  /** A newer version of the gateway has placed it, and this one does not have its kind. */
  | 'unknown'

/** The result of a query. */
interface QueryResult {
  readonly result: SyntheticEvent | Exclude<WatchOutcome, 'synthesized' | 'given_up'>
  /** The response contains the number, so it exists at WeChat Pay. */
  readonly isSeen?: boolean
  /** There was no response. */
  readonly isUnreached?: boolean
}

/**
 * Queries the due watches of a ledger, in small portions.
 *
 * @param onOutcome called with the outcome of each query
 */
async function* queryDue(
  ledger: SweptLedger,
  context: GatewayContext,
  budget: Budget,
  onOutcome: (outcome: WatchOutcome) => void,
): AsyncGenerator<Task> {
  const { mchid, client } = ledger
  const { counters, log } = context
  let unreached = 0
  const queryOne =
    (watch: WatchRow): Task =>
    async () => {
      const { kind, number } = watch
      try {
        const result = await queryWatch(watch, client, context)
        unreached = result.isUnreached ? unreached + 1 : 0
        const outcome = await recordOutcome(watch, result, context)
        counters.count('wechatpay_edge_swept_total', { mchid, kind, outcome })
        onOutcome(outcome)
      } catch (error) {
        // The ledger failed. The watch is due again when its lease expires.
        log.warn('sweep failed', { mchid, kind, number, reason: error })
      }
    }
  for (let isLast = false; !isLast; ) {
    const due = await claimPortion(ledger, context)
    isLast = due.length < PORTION
    for (const watch of due) {
      if (unreached >= MAX_UNREACHED || !budget.spend(SUBREQUESTS)) return
      yield queryOne(watch)
    }
  }
}

/** Claims due watches; none if the ledger fails. */
async function claimPortion({ mchid, part }: SweptLedger, { now, log }: GatewayContext): Promise<WatchRow[]> {
  try {
    return await callInTime(() => part.claimDueWatches(mchid, PORTION, now() + QUERY_LEASE))
  } catch (error) {
    log.warn('sweep failed', { mchid, reason: error })
    return []
  }
}

/**
 * Records the result of a query. A response that the call does not exist contains no number, so a party that terminates the connection
 * to WeChat Pay can replay it to another query. Once WeChat Pay has accepted the call, such a response proves nothing: the watch is in
 * doubt, and the query is repeated until the retention period ends; after that the watch stays listed as in doubt.
 */
async function recordOutcome(
  watch: WatchRow,
  { result, isSeen = false }: QueryResult,
  context: GatewayContext,
): Promise<WatchOutcome> {
  const { ledgerOf, now, log, retention } = context
  const { id, mchid, kind, number, queries, placed_at, expires_at, doubt_since } = watch
  const ledger = ledgerOf(mchid)
  if (typeof result === 'object') {
    await recordSynthetic(result, watch, context)
    return 'synthesized'
  }
  if (result === 'ended') {
    await ledger.unwatch(mchid, kind, number, placed_at)
    return 'ended'
  }
  const age = now() - placed_at
  const hasNoEffect = result === 'absent' || result === 'unpaid'
  const isKnown = result === 'open' || hasNoEffect
  const isExpired = expires_at > 0 && now() > expires_at + EXPIRY_GRACE
  const isContradicted = result === 'contradicted'
  // A version that has been replaced may have left a kind that this one does not have.
  const maxQueryTime = KINDS[kind]?.maxQueryTime ?? MAX_QUERY_TIME
  const limit = isContradicted ? Math.max(retention, maxQueryTime) : maxQueryTime
  const isGivenUp = (isExpired && isKnown) || age > limit
  if (isGivenUp && hasNoEffect) {
    await ledger.unwatch(mchid, kind, number, placed_at)
    log.info('given up', { mchid, kind, number, outcome: result })
    return 'given_up'
  }
  const isDoubtful = isGivenUp || isContradicted || (!isKnown && age > DOUBT_AFTER)
  if (isDoubtful && doubt_since === null) log.error('in doubt', { mchid, kind, number, outcome: result })
  const dueAt = isGivenUp ? NEVER : now() + queryDelayOf(queries + 1)
  await ledger.rescheduleQuery(id, dueAt, {
    outcome: result,
    isDoubtful,
    isSeen,
    placedAt: placed_at,
  })
  return isGivenUp ? 'given_up' : result
}

async function queryWatch(watch: WatchRow, client: Wechatpay, context: GatewayContext): Promise<QueryResult> {
  const { log, requestFor } = context
  const { mchid, kind: name, number, accepted } = watch
  const kind = KINDS[name]
  if (!kind) return { result: 'unknown' }
  const { method, path, ...options } = kind.queryOf(watch)
  try {
    const errorOf = () => new DOMException(`No response within ${QUERY_TIMEOUT} ms.`, 'TimeoutError')
    const { data } = await withDeadline(QUERY_TIMEOUT, errorOf, signal =>
      requestFor({ mchid, client }, method, path, { ...options, signal }),
    )
    const response = fieldsOf(data)
    const result = kind.read(response, watch)
    const subject = kind.subjectOf(response, result)
    const isSeen = subject[kind.number] !== undefined
    const field = !isSeen && result === 'open' ? undefined : findMismatch(kind.expectedOf(watch), subject)
    if (field === undefined) return { result, isSeen }
    log.warn('response mismatch', { mchid, kind: name, number, detail: field })
    return { result: 'mismatch' }
  } catch (error) {
    if (error instanceof ServiceError && provesAbsence(error)) return { result: accepted ? 'contradicted' : 'absent' }
    log.warn('query failed', { mchid, kind: name, number, reason: error })
    return { result: 'failed', isUnreached: error instanceof TransportError || error instanceof DOMException }
  }
}

/** Records an event that a query has found, and enqueues its deliveries, as for a notification. */
async function recordSynthetic(
  { event, id, fields, resource }: SyntheticEvent,
  { mchid, kind, number, placed_at }: WatchRow,
  context: GatewayContext,
): Promise<void> {
  const { ledgerOf, routes, now, log } = context
  const { api } = KINDS[kind]!
  const { subject, dedupeKey } = correlate({ api, event, resource: fields })
  const recorded = await withIndexableKeys({
    mchid,
    api,
    id,
    event,
    resource,
    source: 'query',
    createdAt: successTimeOf(fields) ?? now(),
    nonce: null,
    subject,
    dedupeKey,
    settles: [{ kind, number }],
    ...(mayRecur(event) && { occurredSince: placed_at }),
    endpoints: routes(event, mchid).map(({ name }) => name),
  })
  const { deliveries, outcome } = await ledgerOf(mchid).recordEvent(recorded)
  await enqueueInTime(jobsOf(mchid, deliveries), context)
  log.info('found by query', { mchid, kind, number, type: event, outcome })
}

/** Returns the time of the event, if the response has it, so that an event that is found late is delivered before later ones. */
function successTimeOf({ success_time }: SyntheticEvent['fields']): number | undefined {
  const time = typeof success_time === 'string' ? Date.parse(success_time) : Number.NaN
  return Number.isNaN(time) ? undefined : time
}
