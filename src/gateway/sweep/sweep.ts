import { ServiceError, type Wechatpay } from '../../core/index.ts'
import { provesAbsence } from '../../core/service-codes.ts'
import { findMismatch } from '../../flows/correlation.ts'
import { CONCURRENCY } from '../concurrency.ts'
import { fieldsOf } from '../fields.ts'
import type { Ground } from '../ground.ts'
import { aboutOf, mayRecur } from '../intake/about.ts'
import { NEVER, type WatchRow } from '../ledger/watches.ts'
import { KINDS, type Told } from './kinds.ts'
import { DOUBT_AFTER, EXPIRY_GRACE, giveUpOf, waitOf } from './watch.ts'

/** Deliveries that the outbox should have brought this long ago, ms: it has lost them. */
const GRACE = 30_000
/** Whoever looks has this long, ms; then another does. */
const LOOK_LEASE = 2 * 60_000
/** Of a merchant's, at one sweep. */
const MOST_DELIVERIES = 1_000
const MOST_LOOKS = 200
/** Rows that one batch of forgetting looks at: a transaction of some milliseconds. */
const FORGET_BATCH = 500
/** Milliseconds that a sweep spends on forgetting at the most; the next one goes on. */
const FORGET_WITHIN = 20_000

/** What a sweep has done. */
export interface Swept {
  /** Deliveries handed to the outbox once more. */
  enqueued: number
  /** Calls whose outcome was asked for. */
  asked: number
  /** Of these, told as events. */
  told: number
  /** Events that were forgotten. */
  forgotten: number
}

/**
 * Does the scheduled work, once a minute: enqueues deliveries that the outbox has lost, queries calls that no
 * notification has come for, and deletes what is past its retention. A merchant whose sweep fails does not delay the others.
 */
export async function sweep(ground: Ground): Promise<Swept> {
  const swept: Swept = { enqueued: 0, asked: 0, told: 0, forgotten: 0 }
  for (const [mchid, client] of Object.entries(ground.merchants)) {
    try {
      swept.enqueued += await enqueueLost(mchid, ground)
      const looks = await look(mchid, client, ground)
      swept.asked += looks.length
      swept.told += looks.filter(outcome => outcome === 'told').length
    } catch (error) {
      ground.log.warn('sweep failed', { mchid, reason: error })
    }
  }
  swept.forgotten = await forgetOld(ground)
  ground.log.debug('swept', { count: swept.asked })
  return swept
}

/**
 * Deletes what is over from every ledger, batch by batch until nothing is left: from callers' too, which hold the audit trail.
 *
 * @returns how many events
 */
async function forgetOld({ ledger, ledgerNames, ledgersForget, now, retention, log }: Ground): Promise<number> {
  if (ledgersForget) return 0
  const before = now() - retention
  const deadline = performance.now() + FORGET_WITHIN
  let count = 0
  // One ledger may stand for all names.
  for (const book of new Set(ledgerNames.map(name => ledger(name)))) {
    try {
      let hasMore = true
      while (hasMore && performance.now() < deadline) {
        const forgotten = await book.forget(before, FORGET_BATCH)
        count += forgotten.events
        hasMore = forgotten.hasMore
      }
    } catch (error) {
      log.warn('forgetting failed', { reason: error })
    }
  }
  return count
}

async function enqueueLost(mchid: string, { ledger, outbox, now }: Ground): Promise<number> {
  const lost = await ledger(mchid).takeLost(mchid, now() - GRACE, MOST_DELIVERIES)
  if (lost.length > 0) await outbox.enqueue(lost.map(delivery => ({ mchid, delivery })))
  return lost.length
}

/**
 * The outcome of a look at a watch: its event is told; it is over without one; it is open; nobody has paid it; WeChat Pay does
 * not know it; it does not know what it has accepted; it was given up; the query failed; the response is about something else.
 */
type Outcome =
  | 'told'
  | 'over'
  | 'open'
  | 'unpaid'
  | 'absent'
  | 'contradicted'
  | 'given_up'
  | 'failed'
  | 'mismatch'
  | 'unknown'

/** The response to a query. */
interface Found {
  readonly result: Told | Exclude<Outcome, 'told' | 'given_up'>
  /** It names the number: WeChat Pay knows it. */
  readonly isSeen?: boolean
}

async function look(mchid: string, client: Wechatpay, ground: Ground): Promise<Outcome[]> {
  const { ledger, now, counters } = ground
  const due = await ledger(mchid).takeDue(mchid, MOST_LOOKS, now() + LOOK_LEASE)
  const outcomes: Outcome[] = []
  const next = due.values()
  await Promise.all(
    Array.from({ length: CONCURRENCY }, async () => {
      for (const watch of next) {
        const outcome = await lookAt(watch, client, ground)
        counters.count('wechatpay_edge_swept_total', { mchid, kind: watch.kind, outcome })
        outcomes.push(outcome)
      }
    }),
  )
  return outcomes
}

/**
 * Asks for a watch, and notes what was found out. A response that it does not exist names no number, so that whoever ends the
 * connection to WeChat Pay can replay that to another query: after WeChat Pay has accepted the call it proves nothing, and is asked
 * again until retention ends. The watch stays in doubt until then, and is listed as such after that.
 */
async function lookAt(watch: WatchRow, client: Wechatpay, ground: Ground): Promise<Outcome> {
  const { ledger, now, log, retention } = ground
  const { id, mchid, kind, number, looks, placed_at, expires_at, doubt_since } = watch
  const book = ledger(mchid)
  const { result, isSeen = false } = await resultOf(watch, client, ground)
  if (typeof result === 'object') {
    await tell(result, watch, ground)
    return 'told'
  }
  if (result === 'over') {
    await book.unwatch(mchid, kind, number)
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
    await book.unwatch(mchid, kind, number)
    log.info('given up', { mchid, kind, number, outcome: result })
    return 'given_up'
  }
  const isDoubtful = isGivenUp || isContradicted || (!isKnown && age > DOUBT_AFTER)
  if (isDoubtful && doubt_since === null) log.error('in doubt', { mchid, kind, number, outcome: result })
  await book.lookAgain(id, isGivenUp ? NEVER : now() + waitOf(looks + 1), { outcome: result, isDoubtful, isSeen })
  return isGivenUp ? 'given_up' : result
}

async function resultOf(watch: WatchRow, client: Wechatpay, { log, requestFor }: Ground): Promise<Found> {
  const { mchid, kind: name, number, accepted } = watch
  const kind = KINDS[name]
  // A newer version's, which this one cannot ask for.
  if (!kind) return { result: 'unknown' }
  const { method, path, ...what } = kind.ask(watch)
  try {
    const { data } = await requestFor({ mchid, client }, method, path, what)
    const answer = fieldsOf(data)
    const result = kind.read(answer, watch)
    const about = kind.about(answer, result)
    const isSeen = about[kind.number] !== undefined
    const field = !isSeen && result === 'open' ? undefined : findMismatch(kind.asked(watch), about)
    if (field === undefined) return { result, isSeen }
    log.warn('query answered about another', { mchid, kind: name, number, detail: field })
    return { result: 'mismatch' }
  } catch (error) {
    if (error instanceof ServiceError && provesAbsence(error)) return { result: accepted ? 'contradicted' : 'absent' }
    log.warn('query failed', { mchid, kind: name, number, reason: error })
    return { result: 'failed' }
  }
}

/** As if it had been notified: written down once, with whatever comes after it, and delivered. */
async function tell(
  { event, id, fields, resource }: Told,
  { mchid, kind, number, placed_at }: WatchRow,
  ground: Ground,
): Promise<void> {
  const { ledger, routes, outbox, now, log } = ground
  const { api } = KINDS[kind]!
  const { subject, fact } = aboutOf({ api, event, resource: fields })
  const { deliveries, outcome } = await ledger(mchid).record({
    mchid,
    api,
    id,
    event,
    resource,
    source: 'query',
    createdAt: successOf(fields) ?? now(),
    nonce: null,
    subject,
    fact,
    settles: [{ kind, number }],
    ...(mayRecur(event) && { occurredSince: placed_at }),
    to: routes(event, mchid).map(({ name }) => name),
  })
  if (deliveries.length > 0) await outbox.enqueue(deliveries.map(delivery => ({ mchid, delivery })))
  log.info('found by query', { mchid, kind, number, type: event, outcome })
}

/** When it happened, where the answer tells: an event found late still goes before what came after it. */
function successOf({ success_time }: Told['fields']): number | undefined {
  const time = typeof success_time === 'string' ? Date.parse(success_time) : Number.NaN
  return Number.isNaN(time) ? undefined : time
}
