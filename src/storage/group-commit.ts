import type { SyncTime } from '../gateway/store/method.ts'
import type { Sql } from '../gateway/store/sql.ts'

/** Runs work in a transaction. */
export type Commit = <T>(work: () => T, syncTime?: SyncTime) => Promise<T>

/** The functions by which a group is committed and synced. */
export interface Disk extends Pick<Sql, 'transaction'> {
  readonly sync: () => Promise<void>
  /** Schedules a commit, after all work that arrives at the same time. */
  readonly later: (work: () => void) => void
  /** Schedules a sync that no caller waits for. */
  readonly delay: (work: () => void, syncTime: 'soon' | 'later') => void
  /**
   * Called once, when the disk has failed to confirm a write. All further work is refused, because the system may have dropped the
   * data: a duplicate found in it would be acknowledged, and might then be lost.
   */
  readonly onFailure?: (error: unknown) => void
}

interface Waiting {
  readonly work: () => unknown
  readonly syncTime: SyncTime
  readonly resolve: (value: never) => void
  readonly reject: (error: unknown) => void
}

interface Committed {
  readonly settle: () => void
  readonly reject: (error: unknown) => void
}

/**
 * Groups concurrent work into one transaction and one sync, during which the next group gathers; work that need not be on the disk does
 * not wait for the sync. If one item of a group throws, each item is run again in a transaction of its own, so that an error affects only
 * the item that caused it.
 */
export function createGroupCommit({ transaction, sync, later, delay, onFailure = () => {} }: Disk): Commit {
  let waiting: Waiting[] = []
  let isScheduled = false
  /** Work whose callers wait for the disk, and which is committed but not on it yet. */
  let unsynced: Committed[] = []
  /** When work must be synced that is committed and that no sync has begun to write. */
  const dirty = new Set<SyncTime>()
  /** The syncs that are scheduled. One of each is enough: a timer that wakes an idle process costs more than a transaction. */
  const delayed = new Set<SyncTime>()
  let syncs = 0
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
    for (const [at, { syncTime, reject }] of group.entries()) {
      const settle = settlers[at]!
      dirty.add(syncTime)
      if (syncTime === 'now') unsynced.push({ settle, reject })
      else settle()
    }
    if (!isSyncing) syncDirty()
  }

  /** Syncs, or schedules that. */
  function syncDirty(): void {
    if (dirty.has('now')) void syncAll()
    else if (dirty.has('soon')) syncAfter('soon')
    else if (dirty.has('later')) syncAfter('later')
  }

  function syncAfter(syncTime: 'soon' | 'later'): void {
    if (delayed.has(syncTime)) return
    delayed.add(syncTime)
    const before = syncs
    delay(() => {
      delayed.delete(syncTime)
      if (isSyncing || dirty.size === 0) return
      // A sync has come first, and the work that is left is younger than it.
      if (syncTime === 'later' && syncs !== before) syncDirty()
      else void syncAll()
    }, syncTime)
  }

  async function syncAll(): Promise<void> {
    isSyncing = true
    do {
      const group = unsynced
      unsynced = []
      dirty.clear()
      syncs++
      try {
        await sync()
        for (const { settle } of group) settle()
      } catch (error) {
        failure = { error }
        // Work that was committed during the sync is refused too: the file must not be synced again.
        for (const { reject } of [...group, ...unsynced]) reject(error)
        unsynced = []
        dirty.clear()
        onFailure(error)
      }
      // Commits the work that has gathered during the sync.
      commitGroup()
    } while (unsynced.length > 0)
    isSyncing = false
    syncDirty()
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

  return (work, syncTime = 'now') =>
    new Promise((resolve, reject) => {
      waiting.push({ work, syncTime, resolve: resolve as Waiting['resolve'], reject })
      if (syncTime !== 'now' || !isSyncing) schedule()
    })
}
