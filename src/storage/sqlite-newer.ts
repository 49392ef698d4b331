import { existsSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import { isWrittenByNewer } from '../gateway/store/schema.ts'
import type { SqlValue } from '../gateway/store/sql.ts'
import { type Database, importDriver } from './sqlite.ts'

/**
 * Opens the ledger in a file if a newer version of this program has written it: for reading only, so that SQLite refuses every write.
 * Unlike `openDatabase` it migrates no file, moves no log into it, and changes no mode. As long as it is open, `openDatabase` refuses the
 * file, so that no other process can migrate it further; several readers can have it open.
 *
 * @returns undefined for every other file, also for one that cannot be read: `openDatabase` says why
 */
export async function openNewerDatabase(path: string): Promise<Database | undefined> {
  if (path === ':memory:' || !existsSync(path)) return undefined
  const Driver = await importDriver()
  let driver: DatabaseSync | undefined
  try {
    driver = new Driver(path, { readOnly: true })
    // For a runtime that ignores the option.
    driver.exec('pragma query_only = on')
    const database = readerOf(driver)
    if (isWrittenByNewer(database)) return database
  } catch {
    // It is no database, or another process has it.
  }
  driver?.close()
  return undefined
}

function readerOf(driver: DatabaseSync): Database {
  let depth = 0
  let isClosed = false
  return {
    run: <Row>(statement: string, ...values: readonly SqlValue[]) => driver.prepare(statement).all(...values) as Row[],
    transaction(work) {
      if (depth > 0) return work()
      driver.exec('begin')
      depth++
      try {
        return work()
      } finally {
        depth--
        driver.exec('rollback')
      }
    },
    sync: async () => {},
    async close() {
      if (!isClosed) driver.close()
      isClosed = true
    },
  }
}
