import { createHeap } from '../../src/simulator/clock/heap.ts'

/** A discrete-event simulation. Its time is in milliseconds, and has nothing to do with the clock of the machine. */
export interface Simulation {
  readonly now: () => number
  /** Schedules work. Work of the same time runs in the order in which it was scheduled. */
  readonly after: (delay: number, work: () => void) => void
  /** Runs all work up to a time, including it. */
  readonly runUntil: (end: number) => void
}

interface Scheduled {
  readonly at: number
  readonly order: number
  readonly work: () => void
}

export function createSimulation(): Simulation {
  const heap = createHeap<Scheduled>((a, b) => a.at - b.at || a.order - b.order)
  let now = 0
  let order = 0
  return {
    now: () => now,
    after: (delay, work) => heap.push({ at: now + Math.max(0, delay), order: order++, work }),
    runUntil(end) {
      for (let next = heap.peek(); next && next.at <= end; next = heap.peek()) {
        heap.pop()
        now = next.at
        next.work()
      }
      now = end
    },
  }
}
