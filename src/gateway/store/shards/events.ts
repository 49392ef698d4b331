import { type NewEvent, placedUntil, type RecordResult } from '../event/events.ts'
import { isOneShard, placesOf } from './layout.ts'
import type { PlacedShard, Shards } from './shard.ts'

/** Returns the key that all events have which must meet: those of a subject, so that they are delivered in order. */
const keyOf = ({ subject, dedupeKey, id }: NewEvent): string => subject ?? dedupeKey ?? id

/** Returns the key of a watch. An event that ends it names its kind and number. */
export const watchKey = ({ kind, number }: { kind: string; number: string }): string => `watch/${kind}/${number}`

/**
 * The numbers in dedupe keys that are the subject of every event with such a key: neither the notification nor the response to the query
 * has a field that precedes it in `SUBJECT_FIELDS`.
 */
export const DEDUPE_SUBJECTS: ReadonlySet<string> = new Set([
  'transaction_id',
  'combine_out_trade_no',
  'out_bill_no',
  'out_batch_no',
])

/**
 * Returns whether the same occurrence may have another subject: that of a refund is its payment. Should WeChat Pay leave the payment out
 * of the notification or of the response to the query, one of the two has another subject, and would be recorded in another shard.
 */
const mayHaveOtherSubject = ({ dedupeKey }: NewEvent): boolean =>
  dedupeKey !== null && !DEDUPE_SUBJECTS.has(dedupeKey.split('/')[1] ?? '')

/**
 * Records an event: where an earlier layout has it, or has a delivery of its subject that must come first; otherwise in the shard of its
 * subject. Then it ends the watches of other shards. If that fails, WeChat Pay sends the notification again, and the duplicate ends them.
 *
 * No lock is held while other shards are asked whether they have the event. So an occurrence that has two subjects is recorded twice if a
 * notification and a query report it in the same moment: each asks the other's shard before the other has recorded it.
 */
export async function recordEvent(shards: Shards, event: NewEvent): Promise<RecordResult> {
  const places = await placesOf(keyOf(event), shards.layout)
  const home = places.at(-1)!
  const others = mayHaveOtherSubject(event)
    ? [...new Set([...places, ...shards.all.map(({ index }) => index)])].filter(index => index !== home)
    : places.slice(0, -1)
  const endings = await endingsOf(event, shards)
  const eventFor = (index: number): NewEvent => ({ ...event, settles: endings.get(index) ?? [] })
  const recorded =
    (await recordWhereHeld(others.map(shards.at), event, eventFor)) ?? (await recordAt(shards.at(home), eventFor(home)))
  // The first shard decides on layouts: by now it has refused the event, if a watch can be elsewhere.
  if (recorded.result.outcome !== 'replayed' && !isOneShard(shards.layout))
    await shards.runStep(step => endWatchesElsewhere(step, event, recorded))
  return recorded.shard.outside.recorded(recorded.result)
}

interface Recorded {
  readonly shard: PlacedShard
  readonly result: RecordResult
}

const recordAt = async (shard: PlacedShard, event: NewEvent): Promise<Recorded> => ({
  shard,
  result: await shard.counting.recordEvent(event),
})

async function recordWhereHeld(
  others: readonly PlacedShard[],
  { mchid, id, subject, dedupeKey, occurredSince, endpoints }: NewEvent,
  eventFor: (index: number) => NewEvent,
): Promise<Recorded | undefined> {
  const keys = { mchid, id, subject, dedupeKey, occurredSince, endpoints }
  const isHolding = await Promise.all(others.map(({ ledger }) => ledger.holdsEvent(keys)))
  for (const shard of others.filter((_, at) => isHolding[at])) {
    const result = await shard.counting.recordHeldEvent(eventFor(shard.index))
    if (result) return { shard, result }
  }
  return undefined
}

async function endWatchesElsewhere(shards: Shards, event: NewEvent, { shard, result }: Recorded): Promise<void> {
  const endings = await endingsOf(event, shards)
  endings.delete(shard.index)
  const until = placedUntil(event, result)
  await Promise.all(
    [...endings].map(([index, watches]) => shards.at(index).ledger.endWatches(event.mchid, watches, until)),
  )
}

/** Returns the watches that an event ends, by the shards in which they may be. */
async function endingsOf(
  { settles = [] }: NewEvent,
  { layout }: Shards,
): Promise<Map<number, NonNullable<NewEvent['settles']>>> {
  if (isOneShard(layout)) return new Map([[0, settles]])
  const endings = new Map<number, NonNullable<NewEvent['settles']>>()
  for (const watch of settles)
    for (const index of await placesOf(watchKey(watch), layout))
      endings.set(index, [...(endings.get(index) ?? []), watch])
  return endings
}

/** Counts a further transmission. Its id does not tell the shard, so that all are asked. */
export async function recordRepeat(shards: Shards, mchid: string, id: string): Promise<RecordResult | undefined> {
  const results = await Promise.all(
    shards.all.map(async ({ counting, outside }) => {
      const result = await counting.recordRepeat(mchid, id)
      return result && outside.recorded(result)
    }),
  )
  return results.find(result => result !== undefined)
}
