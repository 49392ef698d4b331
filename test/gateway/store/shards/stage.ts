import { type Ledger, openLedgerStore } from '../../../../src/gateway/store/ledger.ts'
import { carryOutInShard, createShardStore, type Shard } from '../../../../src/gateway/store/shards/shard.ts'
import { shardedLedger } from '../../../../src/gateway/store/shards/sharded-ledger.ts'
import type { Sql } from '../../../../src/gateway/store/sql.ts'
import { type Database, openDatabase } from '../../../../src/storage/sqlite.ts'

/** Shards in SQLite, and processes that use them. */
export interface ShardStage {
  readonly clock: { now: number }
  readonly databases: Database[]
  /** The calls that reached a shard: its number and the method. */
  readonly calls: [shard: number, method: string][]
  /** Shards whose calls fail. */
  readonly down: Set<number>
  /** Called before each call; a test may let another process act in between. */
  before: (shard: number, method: string) => Promise<void> | void
  /** Creates the ledger of a process that wants so many shards, and knows nothing of the layout yet. */
  open(size?: number): Ledger
}

/** @param count shards at most */
export async function createShards(count: number): Promise<ShardStage> {
  const databases = await Promise.all(Array.from({ length: count }, () => openDatabase(':memory:')))
  const clock = { now: Date.parse('2026-01-01T00:00:00Z') }
  const shards = databases.map(database => shardOn(database, () => clock.now))
  const stage: ShardStage = {
    clock,
    databases,
    calls: [],
    down: new Set(),
    before: () => {},
    open: (size = 1) =>
      shardedLedger({
        size,
        shardOf: index => ({
          async carryOut(method, args, layout) {
            await stage.before(index, method)
            if (stage.down.has(index)) throw new Error(`Shard ${index} is down.`)
            stage.calls.push([index, method])
            return shards[index]!.carryOut(method, args, layout)
          },
        }),
      }),
  }
  return stage
}

function shardOn(sql: Sql, now: () => number): Shard {
  const store = openLedgerStore(sql, now)
  const own = createShardStore(sql)
  return {
    // As over a wire: what crosses it is copied, and an error keeps only its message.
    async carryOut(method, args, layout) {
      const copied = structuredClone(args)
      return structuredClone(own.transaction(() => carryOutInShard(store, own, { method, args: copied, layout })))
    },
  }
}
