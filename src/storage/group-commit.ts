import type { Sql } from '../gateway/store/sql.ts'

/**
 * Runs work in a transaction.
 *
 * @param isEarly resolves on commit, after which the work survives a crash of the process; otherwise resolves when the disk has it,
 * so that it survives a power cut too
 */
export type Commit = <T>(work: () => T, isEarly?: boolean) => Promise<T>

/** The functions by which a group is committed and synced. */
export interface Disk extends Pick<Sql, 'transaction'> {
  readonly sync: () => Promise<void>
  /** Schedules a commit, after all work that arrives at the same time. */
  readonly later: (work: () => void) => void
  /** Schedules a sync that no caller waits for. */
  readonly debounced: (work: () => void) => void
  /**
   * Called once, when the disk has failed to confirm a write. All further work is refused, because the system may have dropped the
   * data: a duplicate found in it would be acknowledged, and might then be lost.
   */
  readonly onFailure?: (error: unknown) => void
}

interface Waiting {
  readonly work: () => unknown
  readonly isEarly: boolean
  readonly resolve: (value: never) => void
  readonly reject: (error: unknown) => void
}

interface Committed {
  readonly settle: () => void
  readonly reject: (error: unknown) => void
}

/**
 * Groups concurrent work into one transaction and one sync, during which the next group gathers; early work does not wait for the
 * sync. If one item of a group throws, each item is run again in a transaction of its own, so that an error affects only the item
 * that caused it.
 */
export function createGroupCommit({ transaction, sync, later, debounced, onFailure = () => {} }: Disk): Commit {
  let waiting: Waiting[] = []
  let isScheduled = false
  /** Work that is committed but not on the disk yet. */
  let unsynced: Committed[] = []
  let isDirty = false
  let isSyncing = false
  let failure: { readonly error: unknown } | undefined

  function schedule(): void {
    if (isScheduled) return
    isScheduled = true
    later(commitGroup)
  }

  function commitGroup(): void {
    isScheduled = false
    if (waiting.length === 0) return
    const group = waiting
    waiting = []
    if (failure) {
      for (const { reject } of group) reject(failure.error)
      return
    }
    const settlers = runTogether(group) ?? group.map(runAlone)
    for (const [at, { isEarly, reject }] of group.entries()) {
      const settle = settlers[at]!
      if (isEarly) settle()
      else unsynced.push({ settle, reject })
    }
    isDirty = true
    if (isSyncing) return
    if (unsynced.length > 0) syncNow()
    else debounced(syncNow)
  }

  function syncNow(): void {
    if (isDirty && !isSyncing) void syncAll()
  }

  async function syncAll(): Promise<void> {
    isSyncing = true
    do {
      const group = unsynced
      unsynced = []
      isDirty = false
      try {
        await sync()
        for (const { settle } of group) settle()
      } catch (error) {
        failure = { error }
        for (const { reject } of group) reject(error)
        onFailure(error)
      }
      // Commits the work that has gathered during the sync.
      commitGroup()
    } while (unsynced.length > 0)
    isSyncing = false
    if (isDirty && !failure) debounced(syncNow)
  }

  /** @returns undefined if an item has thrown, which rolls back all of them */
  function runTogether(group: readonly Waiting[]): (() => void)[] | undefined {
    try {
      const results = transaction(() => group.map(({ work }) => work()))
      return group.map(
        ({ resolve }, at) =>
          () =>
            resolve(results[at] as never),
      )
    } catch {
      return undefined
    }
  }

  function runAlone({ work, resolve, reject }: Waiting): () => void {
    try {
      const result = transaction(work)
      return () => resolve(result as never)
    } catch (error) {
      return () => reject(error)
    }
  }

  return (work, isEarly = false) =>
    new Promise((resolve, reject) => {
      waiting.push({ work, isEarly, resolve: resolve as Waiting['resolve'], reject })
      if (isEarly || !isSyncing) schedule()
    })
}
