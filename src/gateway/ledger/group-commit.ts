import type { Sql } from './sql.ts'

/** Does work within a transaction, and answers when it is on the disk. */
export type Commit = <T>(work: () => T) => Promise<T>

/** Where a group goes to: a transaction, and the wait for the disk. */
export interface Disk extends Pick<Sql, 'transaction'> {
  readonly sync: () => Promise<void>
  /** Does it when what has arrived together is there. */
  readonly later: (work: () => void) => void
}

interface Waiting {
  readonly work: () => unknown
  readonly resolve: (value: never) => void
  readonly reject: (error: unknown) => void
}

/**
 * Lets what is asked for at the same time go to the disk together: one transaction, and one wait for the disk, in which the
 * next group gathers and nobody else is held up. Where one of a group fails the others are done again, each by itself, so
 * that nobody pays for another's fault.
 */
export function createGroupCommit({ transaction, sync, later }: Disk): Commit {
  let waiting: Waiting[] = []
  let isRunning = false

  async function run(): Promise<void> {
    while (waiting.length > 0) {
      const group = waiting
      waiting = []
      const answers = together(group) ?? group.map(alone)
      try {
        await sync()
        for (const answer of answers) answer()
      } catch (error) {
        for (const { reject } of group) reject(error)
      }
    }
    isRunning = false
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

  return work =>
    new Promise((resolve, reject) => {
      waiting.push({ work, resolve: resolve as Waiting['resolve'], reject })
      if (isRunning) return
      isRunning = true
      later(run)
    })
}
