import { carryOutAll, type LedgerStore } from '../../src/gateway/store/ledger.ts'
import type { Sql, Work } from '../../src/gateway/store/sql.ts'
import { connectionOf } from '../../src/storage/postgres/connection.ts'
import { createPostgresStore } from '../../src/storage/postgres/ledger.ts'
import { migrate } from '../../src/storage/postgres/schema.ts'
import { freshUrl, openClient } from './schema.ts'
import { openSyncSql } from './sync-sql.ts'

/** Opens the store of PostgreSQL behind the synchronous interface. */
export function openPostgresStore(sql: Sql, now: () => number): LedgerStore {
  const { store, followClock } = createPostgresStore(now)
  return carryOutAll(sql, store, followClock)
}

/** Opens the same store, which carries each call out as a batch of one where there are batches. */
export function openBatchedStore(sql: Sql, now: () => number): LedgerStore {
  const { store, batches, followClock } = createPostgresStore(now)
  const methods = Object.entries(batches).map(([name, batch]) => {
    const alone = store[name as 'recordEvent'] as (...args: unknown[]) => Work<unknown>
    const { accepts, together } = batch as (typeof batches)['recordEvent']
    return [
      name,
      function* (...args: Parameters<LedgerStore['recordEvent']>): Work<unknown> {
        const attempt = { id: crypto.randomUUID(), isRepeated: false }
        const [result] = accepts(...args) ? yield* together([args], attempt) : []
        return result ?? (yield* alone(...args))
      },
    ]
  })
  return carryOutAll(sql, { ...store, ...Object.fromEntries(methods) }, followClock)
}

/** Opens an empty schema. `empty` empties it again, because creating the tables anew takes longer than most cases. */
export async function openEmptySql(): Promise<ReturnType<typeof openSyncSql> & { readonly empty: () => void }> {
  const url = freshUrl()
  const client = await openClient(url)
  await migrate(connectionOf(client), new URL(url).searchParams.get('schema')!)
  await client.end()
  const sql = openSyncSql(url)
  return {
    ...sql,
    empty() {
      const tables = sql.run<{ tablename: string }>(
        "select tablename from pg_tables where schemaname = current_schema() and tablename <> 'schema_version'",
      )
      sql.run(`truncate ${tables.map(({ tablename }) => tablename).join(', ')} restart identity`)
    },
  }
}
