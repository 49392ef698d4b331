import type { CallCounts } from '../counts.ts'
import type { Ledger, LedgerStore } from '../ledger.ts'
import type { LedgerError } from '../ledger-error.ts'
import { ledgerOnce } from '../remote-ledger.ts'
import type { Sql } from '../sql.ts'
import { type Layout, sizeOf } from './layout.ts'
import { createLayoutStore, type LayoutMethod, type LayoutStore } from './layout-store.ts'
import { type Outside, outsideOf, placeOf } from './numbers.ts'
import { createRowPages, type RowPages } from './row-pages.ts'

/** The methods that a shard has beside those of its ledger. */
export interface ShardStore extends LayoutStore, RowPages {}
export type ShardMethod = LayoutMethod | keyof RowPages

/** @param writeRefusal thrown instead of writing; undefined if this program may write */
export const createShardStore = (sql: Sql, writeRefusal?: LedgerError): ShardStore => ({
  ...createLayoutStore(sql, writeRefusal),
  ...createRowPages(sql),
})

/** One of the ledgers of which a ledger consists: a Durable Object. */
export interface Shard {
  /**
   * Carries out a method, if the shard has not seen a later layout.
   *
   * @param counts the increments to count with it
   * @throws {LayoutChangedError} it has seen a later layout; nothing was carried out
   */
  carryOut(
    method: keyof LedgerStore | ShardMethod,
    args: readonly unknown[],
    layout: Layout,
    counts?: CallCounts,
  ): Promise<unknown>
}

/** A shard, for calls of one layout. Its rows have their own numbers in it; `outside` rewrites them. */
export interface PlacedShard {
  readonly index: number
  readonly ledger: Ledger
  /** Its calls add the counts of the call that is being routed. */
  readonly counting: Ledger
  readonly outside: Outside
}

/** The shards of a ledger, for one call. */
export interface Shards {
  readonly layout: Layout
  readonly at: (index: number) => PlacedShard
  /** The shards that lists and sums are made of. */
  readonly all: readonly PlacedShard[]
  /** Reports that a shard has failed whose part of a result can be left out. */
  readonly onFailure: (failure: ShardFailure) => void
  /**
   * Runs a later step of a call, and only this step again if another layout is in force by then: a step before it has had an effect that
   * must not be repeated.
   */
  readonly runStep: <T>(step: (shards: Shards) => Promise<T>) => Promise<T>
}

export interface ShardFailure {
  readonly shard: number
  readonly method: keyof LedgerStore
  readonly error: unknown
}

export function placeShard(shard: Shard, index: number, layout: Layout, counts?: CallCounts): PlacedShard {
  const callsOf = (added?: CallCounts): Ledger =>
    ledgerOnce((method, args) => shard.carryOut(method, args, layout, added))
  const ledger = callsOf()
  return { index, ledger, counting: counts ? callsOf(counts) : ledger, outside: outsideOf(index) }
}

/** A row, and the shard that has it if any does. */
export interface LocatedRow {
  readonly shard: PlacedShard
  /** The number of the row in its shard. */
  readonly row: number
}

/**
 * Finds the shard of a row by its number, which may come from a request: a shard that the ledger does not have must not be called,
 * because on Cloudflare the call would create it.
 */
export async function locate(shards: Shards, number: number): Promise<LocatedRow | undefined> {
  const { shard: index, row } = placeOf(number)
  const exists = (): boolean => index < sizeOf(shards.layout)
  // This process may not know the latest layout yet, which shard 0 does: it refuses the call then.
  if (!exists()) await shards.at(0).ledger.lastSweep()
  return exists() ? { shard: shards.at(index), row } : undefined
}

/** Carries out a method in the process of the shard's database, within a transaction. */
export function carryOutInShard(
  store: LedgerStore,
  own: ShardStore,
  { method, args, layout }: { method: keyof LedgerStore | ShardMethod; args: readonly unknown[]; layout: Layout },
): unknown {
  own.requireLayout(layout)
  if (method in own) return (own[method as ShardMethod] as (...args: readonly unknown[]) => unknown)(...args)
  const result = (store[method as keyof LedgerStore] as (...args: readonly unknown[]) => unknown)(...args)
  if (method === 'recordHeldEvent' && result !== undefined) own.noteHeldEvent((result as { seq: number }).seq)
  return result
}
