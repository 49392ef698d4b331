import type { SqlRow, SqlValue } from '../../gateway/store/sql.ts'
import type { TableName } from '../../gateway/store/table-keys.ts'
import { type Database, openDatabase } from '../sqlite.ts'
import { composeLedger } from './compose.ts'
import type { LedgerDatabase } from './ledger-database.ts'
import { transferOf } from './sqlite.ts'
import { TABLES } from './tables.ts'

/** One of the objects whose rows are gathered: a shard of a ledger. */
export interface Source {
  readonly ledger: string
  readonly shard: number
}

/** The position of the gathering in a table of a source. */
export interface DraftPosition {
  /** The key after which the next page begins; undefined before the first. */
  readonly after: readonly SqlValue[] | undefined
  readonly isComplete: boolean
}

/**
 * A database in which the rows of many sources are gathered until one ledger can be composed of them. It remembers what was gathered, so
 * that an export that was interrupted continues.
 */
export interface Draft {
  /** The gateway whose rows these are, and the time at which the export began; undefined for a new draft. */
  readonly origin: { readonly url: string; readonly at: number } | undefined
  begin(url: string, at: number): void
  position(source: Source, table: TableName): DraftPosition
  /**
   * Adds a page of rows, and remembers in the same transaction where the next one begins.
   *
   * @param next undefined at the end of the table
   */
  add(source: Source, table: TableName, rows: readonly SqlRow[], next: readonly SqlValue[] | undefined): void
  /** Composes a ledger of all rows, and opens it. Closing it closes the draft. */
  compose(): Promise<LedgerDatabase>
  close(): Promise<void>
}

/** Returns the name of the table with the gathered rows. */
export const gathered = (table: TableName): string => `gathered_${table}`

/** The columns of the gathered rows of a table: its own, and those of its key, which may not be among them. */
export const gatheredColumns = (table: TableName): readonly string[] => {
  const { columns, key } = TABLES.find(({ name }) => name === table)!
  return [...new Set([...Object.keys(columns), ...key])]
}

/**
 * Opens a draft, which is created if it does not exist.
 *
 * @param warn called for each file whose mode was changed or could not be changed
 */
export async function openDraft(path: string, warn?: (detail: string) => void): Promise<Draft> {
  const database = await openDatabase(path, warn)
  database.transaction(() => createTables(database))
  const sources = new Map<string, number>()
  const numberOf = ({ ledger, shard }: Source): number => {
    const key = `${ledger}#${shard}`
    const number = sources.get(key) ?? sourceNumber(database, ledger, shard)
    sources.set(key, number)
    return number
  }
  const [origin] = database.run<{ url: string; at: number }>('select url, at from draft')
  return {
    origin,
    begin: (url, at) => void database.run('insert into draft (url, at) values (?, ?)', url, at),
    position(source, table) {
      const [row] = database.run<{ after: string | null; is_complete: number }>(
        'select after, is_complete from gathered where origin = ? and name = ?',
        numberOf(source),
        table,
      )
      return { after: row?.after ? JSON.parse(row.after) : undefined, isComplete: row?.is_complete === 1 }
    },
    add(source, table, rows, next) {
      const number = numberOf(source)
      const columns = gatheredColumns(table)
      const insert = `insert into ${gathered(table)} values (?, ${columns.map(() => '?').join(', ')})`
      const last = rows.at(-1)
      const after = next ?? (last && TABLES.find(({ name }) => name === table)!.key.map(column => last[column]!))
      database.transaction(() => {
        for (const row of rows) database.run(insert, number, ...columns.map(column => row[column]!))
        database.run(
          `insert into gathered (origin, name, after, is_complete) values (?, ?, ?, ?)
           on conflict (origin, name) do update
             set after = coalesce(excluded.after, gathered.after), is_complete = excluded.is_complete`,
          number,
          table,
          after ? JSON.stringify(after) : null,
          next ? 0 : 1,
        )
      })
    },
    async compose() {
      const ledger = await transferOf(database)
      database.transaction(() => composeLedger(database))
      return ledger
    },
    close: database.close,
  }
}

function createTables(database: Database): void {
  database.run('create table if not exists draft (url text not null, at integer not null)')
  database.run(
    'create table if not exists sources (number integer primary key, ledger text not null, shard integer not null, unique (ledger, shard))',
  )
  database.run(
    `create table if not exists gathered (
      origin integer not null, name text not null, after text, is_complete integer not null, primary key (origin, name)
    )`,
  )
  for (const { name } of TABLES)
    database.run(
      `create table if not exists ${gathered(name)} (
        origin, ${gatheredColumns(name)
          .map(column => `"${column}"`)
          .join(', ')}
      )`,
    )
}

function sourceNumber(database: Database, ledger: string, shard: number): number {
  database.run('insert or ignore into sources (ledger, shard) values (?, ?)', ledger, shard)
  return database.run<{ number: number }>(
    'select number from sources where ledger = ? and shard = ?',
    ledger,
    shard,
  )[0]!.number
}
