import { chmodSync, closeSync, fdatasync, fdatasyncSync, mkdirSync, openSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import process from 'node:process'
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { promisify } from 'node:util'
import { ConfigurationError } from '../core/index.ts'
import type { Sql, SqlValue } from '../gateway/store/sql.ts'

/** A database in a file, of which this process alone is the owner. */
export interface Database extends Sql {
  /**
   * Resolves when the disk has what transactions have written, so that neither the end of the process nor a power cut takes it
   * back. On a closing database it resolves when the database is closed, which writes everything to the disk.
   */
  readonly sync: () => Promise<void>
  /**
   * Refuses what comes after, waits for syncs under way, brings everything to the disk, and closes the file.
   *
   * @throws by its promise: the disk did not keep what was written
   */
  readonly close: () => Promise<void>
}

/**
 * Opens SQLite: what Node (22.13 and later), Deno (2.2) and Bun (1.4) have built in. A transaction hands what it has written to the
 * system, so that `SIGKILL` takes nothing back; {@link Database.sync} waits for the disk, beside whatever else happens.
 *
 * A file that others than its owner could read or write is made its owner's alone (mode 600), and so is what SQLite keeps beside it.
 *
 * @param path of the file, which is made where there is none, for its owner's eyes alone; `:memory:`
 * @param warn is told of each file whose mode was changed, or could not be
 * @throws {ConfigurationError} `PACKAGE_MISSING` the runtime has no SQLite; `FILE_UNREADABLE` no file can be made there, it is
 * no database, or another process has it
 */
export async function openDatabase(path: string, warn: (detail: string) => void = () => {}): Promise<Database> {
  const database = open(await driver(), path, warn)
  // SQLite would wait for the disk within the commit, and hold up everything.
  const log = path === ':memory:' ? undefined : openSync(`${path}-wal`, 'r+')
  const statements = new Map<string, StatementSync>()
  const prepared = (statement: string): StatementSync => {
    const known = statements.get(statement) ?? database.prepare(statement)
    statements.set(statement, known)
    return known
  }
  let depth = 0
  const syncing = new Set<Promise<void>>()
  let closing: Promise<void> | undefined
  const refuseWhenClosed = () => {
    if (closing) throw new Error(`${path} is closed, because the gateway is ending. Send the request again later.`)
  }

  async function closeFile(): Promise<void> {
    // The system would give the number of a file that is closed to another one, or fail its sync with EBADF.
    while (syncing.size > 0) await Promise.allSettled(syncing)
    try {
      if (log !== undefined) fdatasyncSync(log)
    } finally {
      if (log !== undefined) closeSync(log)
      database.close()
    }
  }

  return {
    run<Row>(statement: string, ...values: readonly SqlValue[]) {
      refuseWhenClosed()
      return prepared(statement).all(...values) as Row[]
    },
    transaction(work) {
      refuseWhenClosed()
      // One within another is a part of it.
      if (depth > 0) return work()
      database.exec('begin immediate')
      depth++
      try {
        const result = work()
        database.exec('commit')
        return result
      } catch (error) {
        if (database.isTransaction ?? true) database.exec('rollback')
        throw error
      } finally {
        depth--
      }
    },
    sync() {
      if (closing) return closing
      if (log === undefined) return Promise.resolve()
      const sync = promisify(fdatasync)(log).finally(() => syncing.delete(sync))
      syncing.add(sync)
      return sync
    },
    close() {
      closing ??= closeFile()
      return closing
    },
  }
}

function open(Driver: typeof DatabaseSync, path: string, warn: (detail: string) => void): DatabaseSync {
  try {
    if (path !== ':memory:') {
      mkdirSync(dirname(path), { recursive: true })
      // It holds what payers and payees are called.
      closeSync(openSync(path, 'a', 0o600))
      for (const file of [path, `${path}-wal`, `${path}-shm`]) keepToOwner(file, warn)
    }
    const database = new Driver(path)
    database.exec('pragma locking_mode = exclusive')
    database.exec('pragma journal_mode = wal')
    // The log is waited for by `sync`, and by SQLite before it moves what is in it.
    database.exec('pragma synchronous = normal')
    // Takes the lock now, not at the first write, and makes the log.
    database.exec(
      'begin immediate; create table if not exists opened (at integer); delete from opened; insert into opened values (1); commit',
    )
    // The process before may have ended because the disk dropped what it wrote, of which the system still shows the log. It is
    // written once more, and waited for, before anything in it counts as known.
    database.exec('pragma wal_checkpoint(truncate)')
    return database
  } catch (cause) {
    const { message } = cause as Error
    const why = /locked|busy/i.test(message)
      ? 'another process has it. One gateway a file'
      : `it cannot be opened (${message}). Give a file in a folder that may be written to`
    throw new ConfigurationError('FILE_UNREADABLE', 'GATEWAY_DATA', `${path}: ${why}`, cause)
  }
}

/** Takes a file's permissions from its group and from others. Windows has access lists in their place, which a mode does not show. */
function keepToOwner(file: string, warn: (detail: string) => void): void {
  const modeOf = () => statSync(file, { throwIfNoEntry: false })?.mode ?? 0
  const mode = modeOf()
  if (process.platform === 'win32' || (mode & 0o077) === 0) return
  const octal = (mode & 0o777).toString(8)
  try {
    chmodSync(file, mode & 0o700)
  } catch {
    // Another user's file.
  }
  // Some file systems take a mode and do not keep it.
  const isOwners = (modeOf() & 0o077) === 0
  warn(
    isOwners
      ? `${file} was open to other users of this machine (mode ${octal}). It is its owner's alone now.`
      : `${file} is open to other users of this machine (mode ${octal}), and its mode cannot be changed. Run chmod 600 as its owner.`,
  )
}

async function driver(): Promise<typeof DatabaseSync> {
  try {
    return (await import('node:sqlite')).DatabaseSync
  } catch (cause) {
    const cure = 'this runtime has no built-in SQLite. Run the gateway with Node 22.13, Deno 2.2 or Bun 1.4, or later'
    throw new ConfigurationError('PACKAGE_MISSING', 'node:sqlite', cure, cause)
  }
}
