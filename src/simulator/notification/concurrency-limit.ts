import { createHeap } from '../clock/heap.ts'

/** Runs work once a place is free, in the order of the calls. */
export type ConcurrencyLimit = <T>(work: () => Promise<T>) => Promise<T>

export function createConcurrencyLimit(most: number): ConcurrencyLimit {
  const waiting = createHeap<{ readonly number: number; readonly begin: () => void }>(
    (one, other) => one.number - other.number,
  )
  let free = most
  let count = 0
  return async work => {
    if (free > 0) free--
    else await new Promise<void>(begin => waiting.push({ number: count++, begin }))
    try {
      return await work()
    } finally {
      const next = waiting.pop()
      if (next) next.begin()
      else free++
    }
  }
}
