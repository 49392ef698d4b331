import { withDeadline } from '../../core/deadline.ts'
import { ServiceError, TransportError, type Wechatpay } from '../../core/index.ts'
import { provesAbsence } from '../../core/service-codes.ts'
import { findMismatch } from '../../flows/response-match.ts'
import type { GatewayContext } from '../context.ts'
import { enqueueInTime, jobsOf } from '../delivery/enqueue.ts'
import { correlate } from '../event/correlation.ts'
import { mayRecur } from '../event/dedupe.ts'
import { fieldsOf } from '../fields.ts'
import { NEVER, type WatchRow } from '../store/watches.ts'
import { type Budget, createBudget } from './budget.ts'
import { KINDS } from './kinds.ts'
import { deliverInstead, enqueueLost } from './lost-deliveries.ts'
import type { SyntheticEvent } from './results.ts'
import { type Task, takeTurns } from './turns.ts'
import { DOUBT_AFTER, EXPIRY_GRACE, giveUpOf, waitOf } from './watch.ts'

/** Milliseconds in which a sweep begins deliveries and queries; those under way end before the next sweep begins. */
const BEGIN_WITHIN = 40_000
/** Milliseconds for one query, its repetitions included. */
const QUERY_WITHIN = 15_000
/** Milliseconds for a ledger to name what is due. */
const TAKE_WITHIN = 5_000
/** Milliseconds for which a sweep holds the watches that it has taken: longer than it lasts, so no other queries the same. */
const QUERY_LEASE = 2 * 60_000
/** Watches that a sweep takes at once: those whose turn does not come are held in vain. */
const PORTION = 40
/** Queries of a merchant in a row that reach nobody, after which the sweep leaves its others to the next one. */
const MAX_UNREACHED = 5
/** Of Cloudflare's 10,000 subrequests per invocation, half: calls of ledgers and queries are repeated where they fail. */
const MAX_SUBREQUESTS = 5_000
/** Subrequests of one query: the query, what is recorded of it, and the outbox. */
const SUBREQUESTS = 3
/** Rows that one batch of purging looks at: a transaction of some milliseconds. */
const PURGE_BATCH = 500
/** Milliseconds that a sweep may spend on purging; the next one continues. */
const PURGE_WITHIN = 20_000

/** What a sweep has done. */
export interface Swept {
  /** Deliveries that were enqueued again. */
  enqueued: number
  /** Deliveries that the outbox has refused, and that the sweep carried out itself. */
  delivered: number
  /** Calls whose outcome was queried. */
  queried: number
  /** Queries that found a final outcome, which became an event. */
  synthesized: number
  /** Events that were deleted after their retention. */
  purged: number
}

/**
 * Does the scheduled work, once a minute: enqueues deliveries that the outbox has lost, or carries them out if it refuses them;
 * queries calls that no notification has come for; and deletes what is past its retention. The merchants take turns, so one whose
 * ledger or whose queries hang does not delay the others, and it ends before the next sweep begins.
 */
export async function sweep(context: GatewayContext): Promise<Swept> {
  const swept: Swept = { enqueued: 0, delivered: 0, queried: 0, synthesized: 0, purged: 0 }
  const end = performance.now() + BEGIN_WITHIN
  const isOver = (): boolean => performance.now() >= end
  const budget = createBudget(MAX_SUBREQUESTS)
  // In another order each time: where the time does not suffice for all, it is not always the same that wait.
  const merchants = shuffled(Object.entries(context.merchants))
  const names = merchants.map(([mchid]) => mchid)
  // Queries can take all of the time, and these cost little.
  const { enqueued, refused } = await enqueueLost(names, context, isOver)
  swept.enqueued = enqueued
  const deliveries = refused.map(jobs => deliverInstead(jobs, context, budget, () => swept.delivered++))
  const queries = merchants.map(([mchid, client]) =>
    queryDue(mchid, client, context, budget, outcome => {
      swept.queried++
      if (outcome === 'synthesized') swept.synthesized++
    }),
  )
  await takeTurns([...deliveries, ...queries], isOver)
  swept.purged = await purgeLedgers(context)
  await context
    .gatewayLedger()
    .recordSweep()
    .catch(error => context.log.warn('sweep not noted', { reason: error }))
  context.log.debug('swept', { count: swept.queried })
  return swept
}

function shuffled<T>(items: readonly T[]): T[] {
  const places = items.map(item => ({ item, place: Math.random() }))
  return places.sort((one, other) => one.place - other.place).map(({ item }) => item)
}

/**
 * Deletes what is past its retention from every ledger, batch by batch: also from callers' ledgers, which hold the audit trail.
 *
 * @returns the number of events that were deleted
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
type Outcome =
  /** It is final, and its event is recorded. */
  | 'synthesized'
  /** It is final without an event. */
  | 'over'
  | 'open'
  /** Nobody has paid it. */
  | 'unpaid'
  /** WeChat Pay does not know it. */
  | 'absent'
  /** WeChat Pay does not know it although it has accepted it. */
  | 'contradicted'
  | 'given_up'
  /** The query failed. */
  | 'failed'
  /** The response is about something else. */
  | 'mismatch'
  /** This version of the gateway does not know its kind. */
  | 'unknown'

/** The response to a query. */
interface Found {
  readonly result: SyntheticEvent | Exclude<Outcome, 'synthesized' | 'given_up'>
  /** The response names the number, so WeChat Pay knows it. */
  readonly isSeen?: boolean
  /** WeChat Pay gave no answer. */
  readonly isUnreached?: boolean
}

/**
 * Queries what is due of a merchant, in small portions.
 *
 * @param ended is told the outcome of each query
 */
async function* queryDue(
  mchid: string,
  client: Wechatpay,
  context: GatewayContext,
  budget: Budget,
  ended: (outcome: Outcome) => void,
): AsyncGenerator<Task> {
  const { counters, log } = context
  let unreached = 0
  const queryOne =
    (watch: WatchRow): Task =>
    async () => {
      const { kind, number } = watch
      try {
        const found = await resultOf(watch, client, context)
        unreached = found.isUnreached ? unreached + 1 : 0
        const outcome = await recordOutcome(watch, found, context)
        counters.count('wechatpay_edge_swept_total', { mchid, kind, outcome })
        ended(outcome)
      } catch (error) {
        // The ledger failed. The watch comes again when its lease has run out.
        log.warn('sweep failed', { mchid, kind, number, reason: error })
      }
    }
  for (let isLast = false; !isLast; ) {
    const due = await takePortion(mchid, context)
    isLast = due.length < PORTION
    for (const watch of due) {
      if (unreached >= MAX_UNREACHED || !budget.take(SUBREQUESTS)) return
      yield queryOne(watch)
    }
  }
}

/** Takes watches that are due; none where the ledger fails. */
async function takePortion(mchid: string, { ledgerOf, now, log }: GatewayContext): Promise<WatchRow[]> {
  const errorOf = () => new DOMException(`No answer of the ledger within ${TAKE_WITHIN} ms.`, 'TimeoutError')
  const take = () => ledgerOf(mchid).claimDueWatches(mchid, PORTION, now() + QUERY_LEASE)
  try {
    return await withDeadline(TAKE_WITHIN, errorOf, take)
  } catch (error) {
    log.warn('sweep failed', { mchid, reason: error })
    return []
  }
}

/**
 * Records what the query of a watched call has found. A response that the call does not exist names no number, so that whoever
 * terminates the connection to WeChat Pay can replay it to another query: once WeChat Pay has accepted the call it proves nothing,
 * and the query is repeated until retention ends. The watch is in doubt meanwhile, and stays listed as such afterwards.
 */
async function recordOutcome(
  watch: WatchRow,
  { result, isSeen = false }: Found,
  context: GatewayContext,
): Promise<Outcome> {
  const { ledgerOf, now, log, retention } = context
  const { id, mchid, kind, number, queries, placed_at, expires_at, doubt_since } = watch
  const ledger = ledgerOf(mchid)
  if (typeof result === 'object') {
    await recordSynthetic(result, watch, context)
    return 'synthesized'
  }
  if (result === 'over') {
    await ledger.unwatch(mchid, kind, number, placed_at)
    return 'over'
  }
  const age = now() - placed_at
  const hasNoEffect = result === 'absent' || result === 'unpaid'
  const isKnown = result === 'open' || hasNoEffect
  const isExpired = expires_at > 0 && now() > expires_at + EXPIRY_GRACE
  const isContradicted = result === 'contradicted'
  const limit = isContradicted ? Math.max(retention, giveUpOf(kind)) : giveUpOf(kind)
  const isGivenUp = (isExpired && isKnown) || age > limit
  if (isGivenUp && hasNoEffect) {
    await ledger.unwatch(mchid, kind, number, placed_at)
    log.info('given up', { mchid, kind, number, outcome: result })
    return 'given_up'
  }
  const isDoubtful = isGivenUp || isContradicted || (!isKnown && age > DOUBT_AFTER)
  if (isDoubtful && doubt_since === null) log.error('in doubt', { mchid, kind, number, outcome: result })
  const dueAt = isGivenUp ? NEVER : now() + waitOf(queries + 1)
  await ledger.rescheduleQuery(id, dueAt, {
    outcome: result,
    isDoubtful,
    isSeen,
    placedAt: placed_at,
  })
  return isGivenUp ? 'given_up' : result
}

async function resultOf(watch: WatchRow, client: Wechatpay, { log, requestFor }: GatewayContext): Promise<Found> {
  const { mchid, kind: name, number, accepted } = watch
  const kind = KINDS[name]
  // A newer version placed it.
  if (!kind) return { result: 'unknown' }
  const { method, path, ...options } = kind.queryOf(watch)
  try {
    const errorOf = () => new DOMException(`No answer within ${QUERY_WITHIN} ms.`, 'TimeoutError')
    const { data } = await withDeadline(QUERY_WITHIN, errorOf, signal =>
      requestFor({ mchid, client }, method, path, { ...options, signal }),
    )
    const response = fieldsOf(data)
    const result = kind.read(response, watch)
    const subject = kind.subjectOf(response, result)
    const isSeen = subject[kind.number] !== undefined
    const field = !isSeen && result === 'open' ? undefined : findMismatch(kind.expectedOf(watch), subject)
    if (field === undefined) return { result, isSeen }
    log.warn('query answered about another', { mchid, kind: name, number, detail: field })
    return { result: 'mismatch' }
  } catch (error) {
    if (error instanceof ServiceError && provesAbsence(error)) return { result: accepted ? 'contradicted' : 'absent' }
    log.warn('query failed', { mchid, kind: name, number, reason: error })
    return { result: 'failed', isUnreached: error instanceof TransportError || error instanceof DOMException }
  }
}

/** Records an event that a query found, and enqueues its deliveries, as if WeChat Pay had notified of it. */
async function recordSynthetic(
  { event, id, fields, resource }: SyntheticEvent,
  { mchid, kind, number, placed_at }: WatchRow,
  context: GatewayContext,
): Promise<void> {
  const { ledgerOf, routes, now, log } = context
  const { api } = KINDS[kind]!
  const { subject, dedupeKey } = correlate({ api, event, resource: fields })
  const { deliveries, outcome } = await ledgerOf(mchid).recordEvent({
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
  await enqueueInTime(jobsOf(mchid, deliveries), context)
  log.info('found by query', { mchid, kind, number, type: event, outcome })
}

/** Returns when it happened, where the response says so: an event that is found late still goes before later ones. */
function successTimeOf({ success_time }: SyntheticEvent['fields']): number | undefined {
  const time = typeof success_time === 'string' ? Date.parse(success_time) : Number.NaN
  return Number.isNaN(time) ? undefined : time
}
