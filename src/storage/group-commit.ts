import type { Sql } from '../gateway/store/sql.ts'

/**
 * Does work within a transaction.
 *
 * @param isEarly answers when the work is committed, where the end of the process takes nothing back; else when it is on the
 * disk, where a power cut does not either
 */
export type Commit = <T>(work: () => T, isEarly?: boolean) => Promise<T>

/** Where a group goes to: a transaction, and the wait for the disk. */
export interface Disk extends Pick<Sql, 'transaction'> {
  readonly sync: () => Promise<void>
  /** Does it when what has arrived together is there. */
  readonly later: (work: () => void) => void
  /** Does it a little later still: the disk, for which nobody waits. */
  readonly debounced: (work: () => void) => void
  /**
   * Is told, once, that the disk did not confirm what was written. The system may have dropped it, so nothing is carried out any
   * more: to read it back, and to answer a repetition as known, would acknowledge what may be lost.
   */
  readonly failed?: (error: unknown) => void
}

interface Waiting {
  readonly work: () => unknown
  readonly isEarly: boolean
  readonly resolve: (value: never) => void
  readonly reject: (error: unknown) => void
}

interface Committed {
  readonly answer: () => void
  readonly reject: (error: unknown) => void
}

/**
 * Lets what is asked for at the same time go to the disk together: one transaction, and one wait for the disk, in which the
 * next group gathers; who is to be answered early does not wait for it. Where one of a group fails the others are done again,
 * each by itself, so that nobody pays for another's fault.
 */
export function createGroupCommit({ transaction, sync, later, debounced, failed = () => {} }: Disk): Commit {
  let waiting: Waiting[] = []
  let isScheduled = false
  /** Committed, and not on the disk. */
  let unsynced: Committed[] = []
  let isDirty = false
  let isSyncing = false
  let broken: { readonly by: unknown } | undefined

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
    if (broken) {
      for (const { reject } of group) reject(broken.by)
      return
    }
    const answers = together(group) ?? group.map(alone)
    for (const [at, { isEarly, reject }] of group.entries()) {
      const answer = answers[at]!
      if (isEarly) answer()
      else unsynced.push({ answer, reject })
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
        for (const { answer } of group) answer()
      } catch (error) {
        broken = { by: error }
        for (const { reject } of group) reject(error)
        failed(error)
      }
      // Those who were in no hurry have gathered meanwhile.
      commitGroup()
    } while (unsynced.length > 0)
    isSyncing = false
    if (isDirty && !broken) debounced(syncNow)
  }

  /** @returns undefined when one of them has failed, and so none is done */
  function together(group: readonly Waiting[]): (() => void)[] | undefined {
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

  function alone({ work, resolve, reject }: Waiting): () => void {
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
