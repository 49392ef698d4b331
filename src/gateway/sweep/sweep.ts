import { ServiceError, type Wechatpay } from '../../core/index.ts'
import { provesAbsence } from '../../core/service-codes.ts'
import { findMismatch } from '../../flows/correlation.ts'
import { CONCURRENCY } from '../concurrency.ts'
import type { GatewayContext } from '../context.ts'
import { correlate } from '../event/correlation.ts'
import { mayRecur } from '../event/dedupe.ts'
import { fieldsOf } from '../fields.ts'
import { NEVER, type WatchRow } from '../store/watches.ts'
import { KINDS } from './kinds.ts'
import type { SyntheticEvent } from './results.ts'
import { DOUBT_AFTER, EXPIRY_GRACE, giveUpOf, waitOf } from './watch.ts'

/** Milliseconds after which a due delivery that nobody has taken is taken for lost by the outbox. */
const GRACE = 30_000
/** Milliseconds for which a sweep holds the watches that it queries; then another sweep may query them. */
const QUERY_LEASE = 2 * 60_000
/** Bounds per merchant and sweep. */
const MAX_DELIVERIES = 1_000
const MAX_QUERIES = 200
/** Rows that one batch of purging looks at: a transaction of some milliseconds. */
const PURGE_BATCH = 500
/** Milliseconds that a sweep may spend on purging; the next one continues. */
const PURGE_WITHIN = 20_000

/** What a sweep has done. */
export interface Swept {
  /** Deliveries that were enqueued again. */
  enqueued: number
  /** Calls whose outcome was queried. */
  queried: number
  /** Queries that found a final outcome, which became an event. */
  synthesized: number
  /** Events that were deleted after their retention. */
  purged: number
}

/**
 * Does the scheduled work, once a minute: enqueues deliveries that the outbox has lost, queries calls that no
 * notification has come for, and deletes what is past its retention. A merchant whose sweep fails does not delay the others.
 */
export async function sweep(context: GatewayContext): Promise<Swept> {
  const swept: Swept = { enqueued: 0, queried: 0, synthesized: 0, purged: 0 }
  for (const [mchid, client] of Object.entries(context.merchants)) {
    try {
      swept.enqueued += await enqueueLost(mchid, context)
      const outcomes = await queryDue(mchid, client, context)
      swept.queried += outcomes.length
      swept.synthesized += outcomes.filter(outcome => outcome === 'synthesized').length
    } catch (error) {
      context.log.warn('sweep failed', { mchid, reason: error })
    }
  }
  swept.purged = await purgeLedgers(context)
  context.log.debug('swept', { count: swept.queried })
  return swept
}

/**
 * Deletes what is past its retention from every ledger, batch by batch: also from callers' ledgers, which hold the audit trail.
 *
 * @returns the number of events that were deleted
 */
async function purgeLedgers({
  ledgerOf,
  ledgerNames,
  ledgersPurge,
  now,
  retention,
  log,
}: GatewayContext): Promise<number> {
  if (ledgersPurge) return 0
  const before = now() - retention
  const deadline = performance.now() + PURGE_WITHIN
  let count = 0
  // One ledger may stand for all names.
  for (const ledger of new Set(ledgerNames.map(name => ledgerOf(name)))) {
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

async function enqueueLost(mchid: string, { ledgerOf, outbox, now }: GatewayContext): Promise<number> {
  const lost = await ledgerOf(mchid).takeLost(mchid, now() - GRACE, MAX_DELIVERIES)
  if (lost.length > 0) await outbox.enqueue(lost.map(delivery => ({ mchid, delivery })))
  return lost.length
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
}

async function queryDue(mchid: string, client: Wechatpay, context: GatewayContext): Promise<Outcome[]> {
  const { ledgerOf, now, counters } = context
  const due = await ledgerOf(mchid).takeDue(mchid, MAX_QUERIES, now() + QUERY_LEASE)
  const outcomes: Outcome[] = []
  const next = due.values()
  await Promise.all(
    Array.from({ length: CONCURRENCY }, async () => {
      for (const watch of next) {
        const outcome = await queryWatch(watch, client, context)
        counters.count('wechatpay_edge_swept_total', { mchid, kind: watch.kind, outcome })
        outcomes.push(outcome)
      }
    }),
  )
  return outcomes
}

/**
 * Queries a watched call and records the outcome. A response that the call does not exist names no number, so that whoever
 * terminates the connection to WeChat Pay can replay it to another query: once WeChat Pay has accepted the call it proves nothing,
 * and the query is repeated until retention ends. The watch is in doubt meanwhile, and stays listed as such afterwards.
 */
async function queryWatch(watch: WatchRow, client: Wechatpay, context: GatewayContext): Promise<Outcome> {
  const { ledgerOf, now, log, retention } = context
  const { id, mchid, kind, number, queries, placed_at, expires_at, doubt_since } = watch
  const ledger = ledgerOf(mchid)
  const { result, isSeen = false } = await resultOf(watch, client, context)
  if (typeof result === 'object') {
    await recordSynthetic(result, watch, context)
    return 'synthesized'
  }
  if (result === 'over') {
    await ledger.unwatch(mchid, kind, number)
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
    await ledger.unwatch(mchid, kind, number)
    log.info('given up', { mchid, kind, number, outcome: result })
    return 'given_up'
  }
  const isDoubtful = isGivenUp || isContradicted || (!isKnown && age > DOUBT_AFTER)
  if (isDoubtful && doubt_since === null) log.error('in doubt', { mchid, kind, number, outcome: result })
  const dueAt = isGivenUp ? NEVER : now() + waitOf(queries + 1)
  await ledger.rescheduleQuery(id, dueAt, { outcome: result, isDoubtful, isSeen })
  return isGivenUp ? 'given_up' : result
}

async function resultOf(watch: WatchRow, client: Wechatpay, { log, requestFor }: GatewayContext): Promise<Found> {
  const { mchid, kind: name, number, accepted } = watch
  const kind = KINDS[name]
  // A newer version placed it.
  if (!kind) return { result: 'unknown' }
  const { method, path, ...options } = kind.queryOf(watch)
  try {
    const { data } = await requestFor({ mchid, client }, method, path, options)
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
    return { result: 'failed' }
  }
}

/** Records an event that a query found, and enqueues its deliveries, as if WeChat Pay had notified of it. */
async function recordSynthetic(
  { event, id, fields, resource }: SyntheticEvent,
  { mchid, kind, number, placed_at }: WatchRow,
  context: GatewayContext,
): Promise<void> {
  const { ledgerOf, routes, outbox, now, log } = context
  const { api } = KINDS[kind]!
  const { subject, dedupeKey } = correlate({ api, event, resource: fields })
  const { deliveries, outcome } = await ledgerOf(mchid).record({
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
    to: routes(event, mchid).map(({ name }) => name),
  })
  if (deliveries.length > 0) await outbox.enqueue(deliveries.map(delivery => ({ mchid, delivery })))
  log.info('found by query', { mchid, kind, number, type: event, outcome })
}

/** Returns when it happened, where the response says so: an event that is found late still goes before later ones. */
function successTimeOf({ success_time }: SyntheticEvent['fields']): number | undefined {
  const time = typeof success_time === 'string' ? Date.parse(success_time) : Number.NaN
  return Number.isNaN(time) ? undefined : time
}
