import type { Database } from './sqlite.ts'

/** Does work within a transaction, and answers when it is on the disk. */
export type Commit = <T>(work: () => T) => Promise<T>

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
export function createGroupCommit({ transaction, sync }: Pick<Database, 'transaction' | 'sync'>): Commit {
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
      setImmediate(run)
    })
}
