import type { Rate } from '../../caller/caller.ts'
import type { Fault } from '../call/faults.ts'
import { type CounterRow, countedSum, type Depths } from '../counts.ts'
import type { CircuitRow } from '../delivery/circuits.ts'
import type { DueDelivery } from '../delivery/due.ts'
import type { PlacedShard, Shards } from './shard.ts'

export function sumOfDepths(depths: readonly Depths[]): Depths {
  const oldest = depths.flatMap(({ oldestPendingAt: at }) => (at === null ? [] : [at]))
  return {
    pending: countedSum(depths.map(({ pending }) => pending)),
    dead: countedSum(depths.map(({ dead }) => dead)),
    oldestPendingAt: oldest.length === 0 ? null : Math.min(...oldest),
    watched: sumByKind(depths.map(({ watched }) => watched)),
    inDoubt: sumByKind(depths.map(({ inDoubt = {} }) => inDoubt)),
  }
}

function sumByKind(counts: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const sums = new Map<string, number>()
  for (const [kind, count] of counts.flatMap(Object.entries<number>)) sums.set(kind, (sums.get(kind) ?? 0) + count)
  const sorted = [...sums].sort(([one], [other]) => (one < other ? -1 : 1))
  return Object.fromEntries(sorted.map(([kind, sum]) => [kind, countedSum([sum])]))
}

export function sumOfCounters(rows: readonly CounterRow[]): CounterRow[] {
  const sums = new Map<string, CounterRow>()
  for (const row of rows) {
    const key = `${row.name} ${JSON.stringify(row.labels)}`
    sums.set(key, { ...row, value: row.value + (sums.get(key)?.value ?? 0) })
  }
  return [...sums].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, row]) => row)
}

/** Merges open circuits: each shard learns for itself that an endpoint does not respond. */
export function mergeCircuits(rows: readonly CircuitRow[]): CircuitRow[] {
  const merged = new Map<string, CircuitRow>()
  for (const row of rows) {
    const { failures, opened_at, retry_at } = merged.get(row.endpoint) ?? row
    merged.set(row.endpoint, {
      endpoint: row.endpoint,
      failures: Math.max(failures, row.failures),
      opened_at: Math.min(opened_at, row.opened_at),
      retry_at: Math.min(retry_at, row.retry_at),
    })
  }
  return [...merged.values()].sort((one, other) => (one.endpoint < other.endpoint ? -1 : 1))
}

/** Merges due deliveries of shards, of which each has at most as many per endpoint as `maxOf` returns. */
export function mergeDue(rows: readonly DueDelivery[], maxOf: (endpoint: string) => number): DueDelivery[] {
  const counts = new Map<string, number>()
  return [...rows]
    .sort((one, other) => one.due_at - other.due_at)
    .filter(({ endpoint }) => {
      const count = (counts.get(endpoint) ?? 0) + 1
      counts.set(endpoint, count)
      return count <= maxOf(endpoint)
    })
}

/**
 * Returns the faults that all shards have. A fault is recorded in all, and a success clears it where its event is recorded: one shard
 * without it proves that the keys are right.
 */
export function commonFaults([first = [], ...others]: readonly (readonly Fault[])[]): Fault[] {
  return first.filter(({ kind }) => others.every(faults => faults.some(fault => fault.kind === kind)))
}

/**
 * Takes a token. Each shard has a bucket with its share of the tokens, so that no shard is asked by all calls; a call is refused only
 * after all buckets were found empty.
 */
export async function takeToken({ all }: Shards, caller: string, { max, seconds }: Rate): Promise<number> {
  const buckets = all.slice(0, Math.max(1, Math.min(all.length, Math.floor(max))))
  const share = Math.floor(max / buckets.length)
  const rest = max - share * buckets.length
  const rates = buckets.map((_, at) => ({ max: share + Math.min(1, Math.max(0, rest - at)), seconds }))
  const first = Math.floor(Math.random() * buckets.length)
  let wait = Number.POSITIVE_INFINITY
  for (let turn = 0; turn < buckets.length && wait > 0; turn++) {
    const at = (first + turn) % buckets.length
    wait = Math.min(wait, await buckets[at]!.counting.takeToken(caller, rates[at]!))
  }
  return wait
}

/** Returns one shard at random, for writes that may go to any. */
export const anyOf = ({ all }: Shards): PlacedShard => all[Math.floor(Math.random() * all.length)]!
