/** Runs work of which only some is in progress at a time, the rest in the order of the calls. */
export type Limiter = <T>(work: () => Promise<T>) => Promise<T>

/** Work that waits. A list of links, because `shift` moves all that wait in a long array. */
interface Waiting {
  readonly start: () => void
  next?: Waiting
}

/** @param max pieces of work in progress at a time, at least 1. The work must not call the limiter: it could wait for itself. */
export function createLimiter(max: number): Limiter {
  let free = max
  let first: Waiting | undefined
  let last: Waiting | undefined
  const enqueue = (start: () => void): void => {
    const added: Waiting = { start }
    if (first) last!.next = added
    else first = added
    last = added
  }
  return async work => {
    if (free > 0) free--
    else await new Promise<void>(enqueue)
    try {
      return await work()
    } finally {
      const next = first
      first = next?.next
      if (next) next.start()
      else free++
    }
  }
}
