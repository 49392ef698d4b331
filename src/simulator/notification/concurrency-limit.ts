import { createHeap } from '../clock/heap.ts'

/** Runs work as soon as the limit allows it, in the order of the calls. */
export type ConcurrencyLimit = <T>(work: () => Promise<T>) => Promise<T>

export function createConcurrencyLimit(limit: number): ConcurrencyLimit {
  const waiting = createHeap<{ readonly number: number; readonly start: () => void }>((a, b) => a.number - b.number)
  let free = limit
  let count = 0
  return async work => {
    if (free > 0) free--
    else await new Promise<void>(start => waiting.push({ number: count++, start }))
    try {
      return await work()
    } finally {
      const next = waiting.pop()
      if (next) next.start()
      else free++
    }
  }
}
