import type { Ledger } from '../gateway/store/ledger.ts'
import type { LedgerError } from '../gateway/store/ledger-error.ts'
import { isPostgresUrl } from '../storage/postgres/connection.ts'
import { openPostgresLedger } from '../storage/postgres/ledger.ts'
import { openDatabase } from '../storage/sqlite.ts'
import { localLedger } from '../storage/sqlite-ledger.ts'
import { openNewerDatabase } from '../storage/sqlite-newer.ts'
import { DiskError } from './disk-error.ts'

/** The ledger of a process, in a file of its own or in a database that other processes share. */
export interface Storage {
  readonly ledger: Ledger
  readonly now: () => number
  /** The connection to other processes with the same ledger; undefined if this is the only one. */
  readonly others: OtherProcesses | undefined
  /** @throws {DiskError} the disk has failed to store written data */
  readonly close: () => Promise<void>
}

export interface OtherProcesses {
  /** Does work unless another process is doing it. */
  readonly runExclusively: (work: () => Promise<unknown>) => Promise<boolean>
  /** Tells them that deliveries are due which this process has no room for. */
  readonly wake: () => void
  readonly onWake: (listener: () => void) => void
}

export interface StorageOptions {
  /** Path of a file of SQLite, or the URL of a PostgreSQL. */
  readonly data: string
  /** Default: the clock of this machine, or that of the PostgreSQL. */
  readonly now?: (() => number) | undefined
  readonly warn: (detail: string) => void
  readonly onDiskFailure: (error: DiskError) => void
  /**
   * Called at most once, when it is found that a newer version has written the ledger: from then on all writes are refused with this error.
   * With a file that is found before the ledger is open, because no other process can have it.
   */
  readonly onReadOnly: (refusal: LedgerError) => void
}

/** Opens the ledger that `GATEWAY_DATA` names. */
export async function openStorage({ data, now, warn, onDiskFailure, onReadOnly }: StorageOptions): Promise<Storage> {
  if (isPostgresUrl(data)) {
    const postgres = await openPostgresLedger(data, { now, warn, onReadOnly })
    const { runExclusively, wakeups } = postgres
    return { ...postgres, others: { runExclusively, wake: wakeups.wake, onWake: wakeups.listen } }
  }
  const database = (await openNewerDatabase(data)) ?? (await openDatabase(data, warn))
  const time = now ?? Date.now
  let ledger: Ledger
  try {
    ledger = localLedger(database, time, error => onDiskFailure(new DiskError(data, error)), onReadOnly)
  } catch (error) {
    await database.close()
    throw error
  }
  return {
    ledger,
    now: time,
    others: undefined,
    close: () =>
      database.close().catch(error => {
        throw new DiskError(data, error)
      }),
  }
}
