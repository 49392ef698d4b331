import { endpointLimit } from '../delivery/due.ts'
import type { Ledger, LedgerStore } from '../ledger.ts'
import { LedgerError } from '../ledger-error.ts'
import { beginCall, changeWatch, claimDueWatches, eachReachable, watch } from './calls.ts'
import { recordEvent, recordRepeat } from './events.ts'
import { LayoutChangedError } from './layout.ts'
import { eventsAfter, listByNumber, searchByNumber } from './lists.ts'
import { placeOf } from './numbers.ts'
import { locate, type PlacedShard, type Shards } from './shard.ts'
import { anyOf, commonFaults, mergeCircuits, mergeDue, sumOfCounters, sumOfDepths, takeToken } from './sums.ts'

/** Carries out a method of a ledger that consists of shards. */
type Route<Method extends keyof LedgerStore> = (
  shards: Shards,
  ...args: Parameters<LedgerStore[Method]>
) => ReturnType<Ledger[Method]>

/** The calls that this process has begun, and their shards: the id of a call does not tell it. */
export interface BegunCalls {
  readonly shardOf: (id: string) => number | undefined
  readonly begin: (id: string, shard: number) => void
  readonly end: (id: string) => void
}

/** How each method reaches the shards that it concerns, and how their results become one. */
export type Routes = { readonly [Method in keyof LedgerStore]: Route<Method> }

export const createRoutes = (begun: BegunCalls): Routes => ({
  recordEvent,
  recordHeldEvent: recordEvent,
  recordRepeat,
  holdsEvent: async (shards, keys) => (await ofAll(shards, ({ ledger }) => ledger.holdsEvent(keys))).includes(true),
  event: async (shards, mchid, seq) => {
    const at = await locate(shards, seq)
    const found = await at?.shard.ledger.event(mchid, at.row)
    return found && at?.shard.outside.event(found)
  },
  events: (shards, mchid, page) =>
    listByNumber(shards, page, async ({ ledger, outside }, part) =>
      (await ledger.events(mchid, { ...page, ...part, ...startOf(part) })).map(outside.event),
    ),
  searchEvents: (shards, mchid, query) =>
    searchByNumber(shards, query, ({ ledger }, part) =>
      ledger.searchEvents(mchid, { ...query, ...part, ...startOf(part) }),
    ),
  eventsAfter,

  claimDelivery: async (shards, id, owner) => {
    const at = await locate(shards, id)
    return at ? at.shard.outside.claim(await at.shard.counting.claimDelivery(at.row, owner)) : { kind: 'done' }
  },
  recordAttempt: async (shards, id, attempt) => {
    const at = await locate(shards, id)
    return at ? at.shard.outside.attempt(await at.shard.counting.recordAttempt(at.row, attempt)) : { unblocked: [] }
  },
  releaseLeases: async shards => void (await ofAll(shards, ({ ledger }) => ledger.releaseLeases())),
  releaseQueued: async (shards, ids) => {
    const found = await Promise.all(ids.map(id => locate(shards, id)))
    const located = found.filter(place => place !== undefined)
    await Promise.all(
      [...new Set(located.map(({ shard }) => shard.index))].map(index => {
        const rows = located.filter(({ shard }) => shard.index === index).map(({ row }) => row)
        return shards.at(index).ledger.releaseQueued(rows)
      }),
    )
  },
  dueDeliveries: async (shards, mchid, at, limit, limits = {}) => {
    const rows = await ofAll(shards, async ({ ledger, outside }) =>
      (await ledger.dueDeliveries(mchid, at, limit, limits)).map(outside.due),
    )
    return mergeDue(rows.flat(), endpoint => endpointLimit(endpoint, limit, limits))
  },
  reserveDueDeliveries: async (shards, ...query) => {
    const rows = await ofAll(shards, async ({ ledger, outside }) =>
      (await ledger.reserveDueDeliveries(...query)).map(outside.due),
    )
    // None is left out, because it would stay reserved.
    return mergeDue(rows.flat(), () => Number.POSITIVE_INFINITY)
  },
  takeLostDeliveries: async (shards, mchid, at, limit) => {
    const ids: number[] = []
    await eachReachable(shards, shards.all, 'takeLostDeliveries', async ({ ledger, outside }) => {
      ids.push(...outside.numbers(await ledger.takeLostDeliveries(mchid, at, limit)))
    })
    return ids
  },
  nextDueAt: async (shards, mchid, except) => {
    const times = await ofAll(shards, ({ ledger }) => ledger.nextDueAt(mchid, except))
    const known = times.filter(time => time !== undefined)
    return known.length === 0 ? undefined : Math.min(...known)
  },
  delivery: async (shards, mchid, id) => {
    const at = await locate(shards, id)
    const found = await at?.shard.ledger.delivery(mchid, at.row)
    return found && at?.shard.outside.delivery(found)
  },
  deliveries: async (shards, mchid, { seq, ...page }) => {
    if (seq === undefined)
      return listByNumber(shards, page, async ({ ledger, outside }, part) =>
        (await ledger.deliveries(mchid, { ...page, ...part, ...startOf(part) })).map(outside.delivery),
      )
    const at = await locate(shards, seq)
    if (!at) return []
    const { before, ...others } = page
    const own = before === undefined ? others : { ...others, before: placeOf(before).row }
    return (await at.shard.ledger.deliveries(mchid, { ...own, seq: at.row })).map(at.shard.outside.delivery)
  },
  replayDelivery: async (shards, mchid, id) => {
    const at = await locate(shards, id)
    return at ? at.shard.ledger.replayDelivery(mchid, at.row) : false
  },
  resendEvent: async (shards, mchid, seq, endpoints) => {
    const at = await locate(shards, seq)
    return at ? at.shard.outside.numbers(await at.shard.ledger.resendEvent(mchid, at.row, endpoints)) : []
  },
  circuits: async (shards, mchid) =>
    mergeCircuits((await ofAll(shards, ({ ledger }) => ledger.circuits(mchid))).flat()),

  beginCall: async (shards, call) => {
    const { shard, begun: result } = await beginCall(shards, call)
    if (result.outcome === 'send') begun.begin(call.id, shard)
    return result
  },
  beginHeldCall: async (shards, call) => (await beginCall(shards, call)).begun,
  renewCall: async (shards, id) =>
    (await Promise.all(shardsOfCall(shards, begun, id).map(({ ledger }) => ledger.renewCall(id)))).includes(true),
  endCall: async (shards, id, ended) => {
    const [first, ...others] = shardsOfCall(shards, begun, id)
    await Promise.all([first!.counting.endCall(id, ended), ...others.map(({ ledger }) => ledger.endCall(id, ended))])
    begun.end(id)
  },
  calls: (shards, caller, page) =>
    listByNumber(shards, page, async ({ ledger, outside }, part) =>
      (await ledger.calls(caller, { ...page, ...part, ...startOf(part) })).map(outside.call),
    ),

  watch,
  watchAgain: watch,
  acceptWatch: (shards, placed) => changeWatch(shards, placed, ({ ledger }) => ledger.acceptWatch(placed)),
  releaseWatch: (shards, placed, placedAt) =>
    changeWatch(shards, placed, ({ ledger }) => ledger.releaseWatch(placed, placedAt)),
  recordUnanswered: (shards, placed) => changeWatch(shards, placed, ({ ledger }) => ledger.recordUnanswered(placed)),
  unwatch: (shards, mchid, kind, number, placedAt) =>
    changeWatch(shards, { kind, number }, ({ ledger }) => ledger.unwatch(mchid, kind, number, placedAt)),
  endWatches: async (shards, mchid, watches, placedUntil) => {
    for (const ended of watches)
      await changeWatch(shards, ended, ({ ledger }) => ledger.endWatches(mchid, [ended], placedUntil))
  },
  claimDueWatches,
  rescheduleQuery: async (shards, id, dueAt, outcome) => {
    const at = await locate(shards, id)
    await at?.shard.ledger.rescheduleQuery(at.row, dueAt, outcome)
  },
  watchesInDoubt: (shards, mchid, page) =>
    listByNumber(shards, page, async ({ ledger, outside }, part) =>
      (await ledger.watchesInDoubt(mchid, { ...page, ...part, ...startOf(part) })).map(outside.watch),
    ),
  queryNow: async (shards, mchid, id) => {
    const at = await locate(shards, id)
    return at ? at.shard.ledger.queryNow(mchid, at.row) : false
  },
  dismiss: async (shards, mchid, id) => {
    const at = await locate(shards, id)
    return at ? at.shard.ledger.dismiss(mchid, at.row) : false
  },

  addCounts: (shards, increments, call) => anyOf(shards).ledger.addCounts(increments, call),
  counters: async shards => sumOfCounters((await ofAll(shards, ({ ledger }) => ledger.counters())).flat()),
  depths: async (shards, mchid) => sumOfDepths(await ofAll(shards, ({ ledger }) => ledger.depths(mchid))),
  takeToken,
  purge: async (shards, before, limit) => {
    const purged = await ofAll(shards, ({ ledger }) => ledger.purge(before, limit))
    return {
      events: purged.reduce((sum, { events }) => sum + events, 0),
      hasMore: purged.some(({ hasMore }) => hasMore),
      isEmpty: purged.every(({ isEmpty }) => isEmpty),
    }
  },
  recordFault: async (shards, ...fault) => void (await ofAll(shards, ({ ledger }) => ledger.recordFault(...fault))),
  clearFault: async (shards, ...fault) => void (await ofAll(shards, ({ ledger }) => ledger.clearFault(...fault))),
  faults: async (shards, mchid) => commonFaults(await ofAll(shards, ({ ledger }) => ledger.faults(mchid))),
  recordSweep: shards => shards.all[0]!.ledger.recordSweep(),
  lastSweep: shards => shards.all[0]!.ledger.lastSweep(),
  recordSample: (shards, totals) => shards.all[0]!.ledger.recordSample(totals),
  samples: (shards, since) => shards.all[0]!.ledger.samples(since),
  probeWrite: async shards => {
    await ofAll(shards, ({ index, ledger }) => ledger.probeWrite().catch(error => failedShard(shards, index, error)))
  },
})

/** Says which shard has failed, for the operator who reads `/healthz`. */
function failedShard({ all }: Shards, index: number, error: unknown): never {
  if (all.length === 1 || error instanceof LayoutChangedError) throw error
  const reason = error instanceof Error ? error.message : String(error)
  const code = error instanceof LedgerError ? error.code : 'LEDGER_UNAVAILABLE'
  throw new LedgerError(code, `object ${index} of ${all.length}: ${reason}`, error)
}

const ofAll = <T>({ all }: Shards, call: (shard: PlacedShard) => Promise<T>): Promise<T[]> => Promise.all(all.map(call))

/** Replaces the `before` of a page of all shards: undefined begins at the newest row of the shard. */
const startOf = ({ before }: { before?: number }): { before?: number } =>
  before === undefined ? { before: Number.MAX_SAFE_INTEGER } : { before }

/** Returns the shard of a call; all, if another process has begun it: in the others its end changes nothing. */
function shardsOfCall(shards: Shards, begun: BegunCalls, id: string): readonly PlacedShard[] {
  const index = begun.shardOf(id)
  return index === undefined ? shards.all : [shards.at(index)]
}
