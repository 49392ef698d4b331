import type { CallCounts } from '../counts.ts'
import type { Ledger, LedgerStore } from '../ledger.ts'
import { remoteLedger } from '../remote-ledger.ts'
import { type Layout, LayoutChangedError, ONE_SHARD, sizeOf } from './layout.ts'
import { type BegunCalls, createRoutes, type Routes } from './routes.ts'
import type { RowPage, RowPages } from './row-pages.ts'
import { placeShard, type Shard, type ShardFailure, type Shards } from './shard.ts'

export interface ShardedLedgerOptions {
  /** Returns a shard. Shard 0 is the ledger as it was before it had others. */
  readonly shardOf: (index: number) => Shard
  /** The number of shards that the ledger is to have, a power of 2. A ledger that has more keeps them. Default: 1. */
  readonly size?: number
  /** Called when a shard has failed whose part of a sweep is left out. */
  readonly onFailure?: (failure: ShardFailure) => void
  /** Called when the layout becomes known that is in force. */
  readonly onLayout?: (layout: Layout) => void
}

/** A ledger that consists of several. */
interface Sharded {
  /** Returns each shard as a ledger, with the numbers that the whole has. */
  readonly parts: () => Promise<readonly Ledger[]>
  readonly retireLayouts: () => Promise<void>
  /** @returns undefined if there is no such shard */
  readonly readRows: (shard: number, ...query: Parameters<RowPages['readRows']>) => Promise<RowPage | undefined>
}

const sharded = new WeakMap<Ledger, Sharded>()

/** Layouts that a call may meet in a row: each was made while it was on its way. */
const MAX_CHANGES = 5
/** Milliseconds between two checks whether an earlier layout has anything left: its rows expire after days. */
const CHECK_EVERY = 60 * 60_000
/** Calls in progress whose shard is remembered. */
const MAX_CALLS = 10_000

/**
 * Creates a ledger of shards, on which load and rows are spread. It does not hold a lock: each call names the layout by which it was
 * routed, and a shard that has seen a later one refuses it. A row is looked for where an earlier layout would have it before it is
 * written where the current one says, and this very call has the earlier shard refuse calls of the earlier layout. So processes with an
 * old and with a new layout may run at the same time, and nothing is recorded twice, but for one occurrence that two processes record
 * under two subjects in the same moment (`recordEvent` of `events.ts`).
 */
export function shardedLedger(options: ShardedLedgerOptions): Ledger {
  const { shardOf, size = 1, onFailure = () => {}, onLayout = () => {} } = options
  const routes = createRoutes(rememberCalls())
  /** The latest layout that this process has seen. Never a promise, because Workers must not wait for work of another request. */
  let known = ONE_SHARD
  let checkAfter = Number.NEGATIVE_INFINITY

  function note(layout: Layout): void {
    if (layout.epoch <= known.epoch) return
    known = layout
    onLayout(layout)
  }

  /** Runs work by the layout in force, and again if another one is in force by then. */
  async function withLayout<T>(work: (layout: Layout) => Promise<T>): Promise<T> {
    for (let changes = 0; ; changes++) {
      try {
        if (sizeOf(known) < size) note((await shardOf(0).carryOut('growTo', [size], known)) as Layout)
        return await work(known)
      } catch (error) {
        if (!(error instanceof LayoutChangedError) || changes === MAX_CHANGES) throw error
        note(error.layout)
      }
    }
  }

  const reportFailure = (failure: ShardFailure): void => {
    if (failure.error instanceof LayoutChangedError) note(failure.error.layout)
    else onFailure(failure)
  }

  /** @param only the shards of which lists and sums are made; default: all */
  function shardsOf(layout: Layout, only: readonly number[] | undefined, counts: CallCounts | undefined): Shards {
    const at = (index: number) => placeShard(shardOf(index), index, layout, counts)
    return {
      layout,
      at,
      get all() {
        return (only ?? indexes(sizeOf(layout))).map(at)
      },
      onFailure: reportFailure,
      runStep: step => withLayout(current => step(shardsOf(current, only, counts))),
    }
  }

  const ledgerOf = (only?: readonly number[]): Ledger =>
    remoteLedger(
      (method, args, counts) => withLayout(layout => runRoute(routes, method, args, shardsOf(layout, only, counts))),
      { keepsCounts: true },
    )

  /** Forgets earlier sizes if nothing is left in any shard from the time before the last growth. */
  async function retireIn(layout: Layout): Promise<void> {
    for (const index of indexes(layout.sizes.at(-2) ?? 0))
      if (!(await shardOf(index).carryOut('isDrained', [], layout))) return
    note((await shardOf(0).carryOut('retire', [], layout)) as Layout)
  }

  const ledger = ledgerOf()
  sharded.set(ledger, {
    parts: () => withLayout(async layout => indexes(sizeOf(layout)).map(index => ledgerOf([index]))),
    async retireLayouts() {
      if (known.sizes.length === 1 || performance.now() < checkAfter) return
      checkAfter = performance.now() + CHECK_EVERY
      await withLayout(retireIn)
    },
    // An object that does not exist must not be called, because on Cloudflare the call would create it.
    readRows: (index, ...query) =>
      withLayout(async layout =>
        index < sizeOf(layout) ? ((await shardOf(index).carryOut('readRows', query, layout)) as RowPage) : undefined,
      ),
  })
  return ledger
}

const indexes = (count: number): number[] => Array.from({ length: count }, (_, index) => index)

const runRoute = (routes: Routes, method: keyof LedgerStore, args: unknown[], shards: Shards): Promise<unknown> =>
  (routes[method] as (shards: Shards, ...args: unknown[]) => Promise<unknown>)(shards, ...args)

function rememberCalls(): BegunCalls {
  const begun = new Map<string, number>()
  return {
    shardOf: id => begun.get(id),
    begin(id, shard) {
      begun.set(id, shard)
      for (const oldest of begun.keys()) {
        if (begun.size <= MAX_CALLS) break
        begun.delete(oldest)
      }
    },
    end: id => void begun.delete(id),
  }
}

/** Returns the ledgers of which a ledger consists, with the numbers that the whole has: itself, if it is one. */
export const partsOf = async (ledger: Ledger): Promise<readonly Ledger[]> =>
  (await sharded.get(ledger)?.parts()) ?? [ledger]

/** Ends the look-ups in earlier layouts, once nothing is left that belongs to them. */
export const retireLayouts = async (ledger: Ledger): Promise<void> => sharded.get(ledger)?.retireLayouts()

/** Returns whether the rows of a ledger can be read by {@link readRows}. */
export const isSharded = (ledger: Ledger): boolean => sharded.has(ledger)

/**
 * Reads a page of the rows of one of the shards of which a ledger consists.
 *
 * @returns undefined if it has no such shard
 */
export const readRows = async (
  ledger: Ledger,
  ...query: Parameters<Sharded['readRows']>
): Promise<RowPage | undefined> => sharded.get(ledger)?.readRows(...query)
