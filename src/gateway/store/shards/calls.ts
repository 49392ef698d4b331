import type { BeginResult, NewCall } from '../call/calls.ts'
import type { NewWatch, Placed, WatchRow } from '../call/watches.ts'
import { watchKey } from './events.ts'
import { placesOf } from './layout.ts'
import type { PlacedShard, Shards } from './shard.ts'

/** Begins a call: where an earlier layout has its `Idempotency-Key`, or in the shard of the key. */
export async function beginCall(shards: Shards, call: NewCall): Promise<{ shard: number; begun: BeginResult }> {
  const places = await placesOf(call.key === null ? call.id : `${call.caller}/${call.key}`, shards.layout)
  for (const index of places.slice(0, -1)) {
    const begun = await shards.at(index).counting.beginHeldCall(call)
    if (begun) return { shard: index, begun }
  }
  const shard = places.at(-1)!
  return { shard, begun: await shards.at(shard).counting.beginCall(call) }
}

/** Places a watch: in addition to one of an earlier layout, or in the shard of its kind and number. */
export async function watch(shards: Shards, placed: NewWatch, dueAt: number): Promise<Placed> {
  const places = await placesOf(watchKey(placed), shards.layout)
  for (const index of places.slice(0, -1)) {
    const again = await shards.at(index).counting.watchAgain(placed, dueAt)
    if (again) return again
  }
  return shards.at(places.at(-1)!).counting.watch(placed, dueAt)
}

/** Changes a watch wherever it may be: it is in one shard at most, and in the others the call changes nothing. */
export async function changeWatch(
  shards: Shards,
  key: { kind: string; number: string },
  change: (shard: PlacedShard) => Promise<unknown>,
): Promise<void> {
  const done = new Set<number>()
  await shards.runStep(async step => {
    for (const index of await placesOf(watchKey(key), step.layout)) {
      if (!done.has(index)) await change(step.at(index))
      done.add(index)
    }
  })
}

/** Claims due watches of all shards. Those that had enough are asked again, until the limit is reached. */
export async function claimDueWatches(
  shards: Shards,
  mchid: string,
  limit: number,
  leaseUntil: number,
): Promise<WatchRow[]> {
  const claimed: WatchRow[] = []
  let asked = shards.all
  while (asked.length > 0 && claimed.length < limit) {
    const share = Math.ceil((limit - claimed.length) / asked.length)
    const full: PlacedShard[] = []
    await eachReachable(shards, asked, 'claimDueWatches', async shard => {
      const rows = await shard.ledger.claimDueWatches(mchid, share, leaseUntil)
      claimed.push(...rows.map(shard.outside.watch))
      if (rows.length === share) full.push(shard)
    })
    asked = full
  }
  return claimed
}

/**
 * Calls shards for work that the others can do without. A shard that fails is reported and left out.
 *
 * @throws the error of the first, if all fail
 */
export async function eachReachable(
  { onFailure }: Shards,
  asked: readonly PlacedShard[],
  method: Parameters<Shards['onFailure']>[0]['method'],
  call: (shard: PlacedShard) => Promise<void>,
): Promise<void> {
  const results = await Promise.allSettled(asked.map(call))
  const failures = results.flatMap((result, at) =>
    result.status === 'rejected' ? [{ shard: asked[at]!.index, method, error: result.reason as unknown }] : [],
  )
  if (failures.length > 0 && failures.length === asked.length) throw failures[0]!.error
  for (const failure of failures) onFailure(failure)
}
