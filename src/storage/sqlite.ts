import {
  chmodSync,
  closeSync,
  existsSync,
  fdatasync,
  fdatasyncSync,
  mkdirSync,
  openSync,
  readSync,
  statSync,
} from 'node:fs'
import { dirname } from 'node:path'
import process from 'node:process'
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { promisify } from 'node:util'
import { ConfigurationError } from '../core/index.ts'
import type { Sql, SqlValue } from '../gateway/store/sql.ts'

/** A database in a file that only this process has open. */
export interface Database extends Sql {
  /**
   * Resolves when the disk has all committed data, so that it survives a crash of the process and a power cut. On a closing
   * database, resolves when the database is closed, which writes everything to the disk.
   */
  readonly sync: () => Promise<void>
  /**
   * Refuses further calls, waits for syncs in progress, writes everything to the disk, and closes the file.
   *
   * @throws as a rejection, if the disk has failed to store written data
   */
  readonly close: () => Promise<void>
}

/**
 * Opens a database with the SQLite that is built into Node (22.13 and later), Deno (2.2) and Bun (1.4). A commit passes its data to
 * the operating system, so that it survives `SIGKILL`; {@link Database.sync} waits for the disk, without blocking the process.
 *
 * If the file, or another file that SQLite creates for it, is accessible to others than its owner, its mode is set to 600.
 *
 * @param path of the file, which is created with mode 600 if it does not exist, in a folder that may be new, but not the folder around
 * it; or `:memory:`
 * @param warn called for each file whose mode was changed or could not be changed
 * @throws {ConfigurationError} `PACKAGE_MISSING`: the runtime has no SQLite; `FILE_UNREADABLE`: the file cannot be created, is not a
 * database, or is open in another process
 */
export async function openDatabase(path: string, warn: (detail: string) => void = () => {}): Promise<Database> {
  const database = open(await importDriver(), path, warn)
  // Synced by this program: SQLite would wait for the disk within the commit, and block the process.
  const log = path === ':memory:' ? undefined : openSync(`${path}-wal`, 'r+')
  const statements = new Map<string, StatementSync>()
  const prepare = (statement: string): StatementSync => {
    const prepared = statements.get(statement) ?? database.prepare(statement)
    statements.set(statement, prepared)
    return prepared
  }
  let depth = 0
  const syncing = new Set<Promise<void>>()
  let closing: Promise<void> | undefined
  const refuseWhenClosed = () => {
    if (closing) throw new Error(`${path} is closed, because the gateway is ending. Send the request again later.`)
  }

  async function closeFile(): Promise<void> {
    // A sync must not outlive its file descriptor: the system would fail it with EBADF, or reuse the number for another file.
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
      return prepare(statement).all(...values) as Row[]
    },
    transaction(work) {
      refuseWhenClosed()
      // A nested transaction is a part of the outer one.
      if (depth > 0) return work()
      prepare('begin immediate').run()
      depth++
      try {
        const result = work()
        prepare('commit').run()
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
      const sync = syncFile(log).finally(() => syncing.delete(sync))
      syncing.add(sync)
      return sync
    },
    close() {
      closing ??= closeFile()
      return closing
    },
  }
}

const syncFile: (file: number) => Promise<void> = promisify(fdatasync)

/** The reason of the error about a file that another process has open. */
export const OPEN_ELSEWHERE = 'the file is open in another process'

function open(Driver: typeof DatabaseSync, path: string, warn: (detail: string) => void): DatabaseSync {
  let database: DatabaseSync | undefined
  try {
    if (path !== ':memory:') {
      makeFolder(dirname(path))
      requireDatabase(path)
      // The ledger contains personal data, such as names.
      closeSync(openSync(path, 'a', 0o600))
      for (const file of [path, `${path}-wal`, `${path}-shm`]) keepToOwner(file, warn)
    }
    database = new Driver(path)
    database.exec('pragma locking_mode = exclusive')
    database.exec('pragma journal_mode = wal')
    // `sync` waits for the log to be on the disk; SQLite does so only before a checkpoint.
    database.exec('pragma synchronous = normal')
    // Takes the lock now and not at the first write, and creates the log.
    database.exec(
      'begin immediate; create table if not exists opened (at integer); delete from opened; insert into opened values (1); commit',
    )
    // The previous process may have ended because of a failed write, of which the system's cache still shows the data. The
    // checkpoint writes it again and waits for the disk, before any row of it is taken for durable.
    database.exec('pragma wal_checkpoint(truncate)')
    return database
  } catch (cause) {
    // It would keep its locks until it is collected.
    database?.close()
    if (cause instanceof ConfigurationError) throw cause
    const { message } = cause as Error
    const why = /locked|busy/i.test(message)
      ? `${OPEN_ELSEWHERE}. Give each gateway its own file`
      : `the file cannot be opened (${message}). Use a file in a writable folder`
    throw unreadable(path, why, cause)
  }
}

/** Creates the folder of a new ledger, but not the folders around it: their absence is a mistake in the path, or a missing mount. */
function makeFolder(folder: string): void {
  if (existsSync(folder)) return
  const parent = dirname(folder)
  if (!existsSync(parent))
    throw unreadable(
      folder,
      `the folder cannot be created, because ${parent} does not exist. Create it, or correct the path`,
    )
  mkdirSync(folder, { recursive: true })
}

/** The beginning of a database. @see https://www.sqlite.org/fileformat.html#magic_header_string */
const HEADER = 'SQLite format 3\0'

/** Refuses a file of something else before anything of it is changed. An empty file becomes a database. */
function requireDatabase(path: string): void {
  const found = statSync(path, { throwIfNoEntry: false })
  if (!found?.isFile() || found.size === 0) return
  const file = openSync(path, 'r')
  try {
    const start = new Uint8Array(HEADER.length)
    readSync(file, start, 0, start.length, 0)
    if (new TextDecoder().decode(start) !== HEADER)
      throw unreadable(path, 'the file is not a database, and was left as it is. Name another file')
  } finally {
    closeSync(file)
  }
}

const unreadable = (path: string, why: string, cause?: unknown): ConfigurationError =>
  new ConfigurationError('FILE_UNREADABLE', 'GATEWAY_DATA', `${path}: ${why}`, cause)

/** Removes a file's permissions for its group and others. Skips Windows, whose access lists a mode does not show. */
function keepToOwner(file: string, warn: (detail: string) => void): void {
  const modeOf = () => statSync(file, { throwIfNoEntry: false })?.mode ?? 0
  const mode = modeOf()
  if (process.platform === 'win32' || (mode & 0o077) === 0) return
  const octal = (mode & 0o777).toString(8)
  try {
    chmodSync(file, mode & 0o700)
  } catch {
    // The file belongs to another user. The check below reports it.
  }
  // Checked again, because some file systems ignore chmod without an error.
  const isPrivate = (modeOf() & 0o077) === 0
  warn(
    isPrivate
      ? `${file} was open to other users of this machine (mode ${octal}). Only its owner can access it now.`
      : `${file} is open to other users of this machine (mode ${octal}), and its mode cannot be changed. Run chmod 600 as its owner.`,
  )
}

/** @throws {ConfigurationError} `PACKAGE_MISSING`: the runtime has no SQLite */
export async function importDriver(): Promise<typeof DatabaseSync> {
  try {
    return (await import('node:sqlite')).DatabaseSync
  } catch (cause) {
    const detail = 'this runtime has no built-in SQLite. Run the gateway with Node 22.13, Deno 2.2 or Bun 1.4, or later'
    throw new ConfigurationError('PACKAGE_MISSING', 'node:sqlite', detail, cause)
  }
}
