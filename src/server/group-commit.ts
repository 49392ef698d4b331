import type { Sql } from '../gateway/ledger/sql.ts'

/** Does work within a transaction, and answers when it is on the disk. */
export type Commit = <T>(work: () => T) => Promise<T>

interface Waiting {
  readonly work: () => unknown
  readonly resolve: (value: never) => void
  readonly reject: (error: unknown) => void
}

/**
 * Lets what is asked for at the same time go to the disk together: a commit waits for the disk, and may as well carry a
 * hundred. Where one of them fails the others are done again, each by itself, so that nobody pays for another's fault.
 */
export function createGroupCommit(sql: Sql): Commit {
  let waiting: Waiting[] = []

  function flush(): void {
    const group = waiting
    waiting = []
    let results: unknown[]
    try {
      results = sql.transaction(() => group.map(({ work }) => work()))
    } catch {
      for (const one of group) alone(one)
      return
    }
    for (const [at, { resolve }] of group.entries()) resolve(results[at] as never)
  }

  function alone({ work, resolve, reject }: Waiting): void {
    try {
      resolve(sql.transaction(work) as never)
    } catch (error) {
      reject(error)
    }
  }

  return work =>
    new Promise((resolve, reject) => {
      if (waiting.push({ work, resolve: resolve as Waiting['resolve'], reject }) === 1) setImmediate(flush)
    })
}
