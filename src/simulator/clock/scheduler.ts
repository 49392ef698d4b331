import type { State } from '../state/state.ts'
import { createHeap } from './heap.ts'

/** What is to happen at a time of the simulated clock. It is data, so that it survives a restart. */
interface ScheduledTask {
  /** ms */
  readonly at: number
  readonly kind: string
  readonly data: unknown
}

/**
 * The simulated clock and what is due by it: an order's expiry, a refund's success, the next try of a notification.
 *
 * What is due begins at its time, one after the other. What takes longer, as a notification on its way, is not waited
 * for by those who merely ask the time: the merchant may well send a request while he answers a notification.
 */
export interface Scheduler {
  /** ms since 1970, as the simulator has it. */
  now(): number
  /** Does `kind` with `data` when the clock reaches `at`, ms; at the next run where that is past. */
  schedule(at: number, kind: string, data: unknown): void
  /** Says what `kind` means. It may schedule more. */
  on<T>(kind: string, act: (data: T) => void | Promise<void>): void
  /** Begins what is due, in its order, without waiting for what takes longer. Never throws. */
  run(): void
  /**
   * Does what is due, waits for it, and does what has become due by it; ends when nothing more is. Rejects as what failed
   * by now, while somebody waited for it or not; several as an `AggregateError`. What fails is not done again.
   */
  settled(): Promise<void>
  /**
   * Moves the clock on by so many ms, doing on the way what falls due, each at its time. One after another, when asked
   * for twice. Rejects as {@link Scheduler.settled} does, at the end of the way.
   *
   * @throws {RangeError} back, or not a number
   */
  advance(ms: number): Promise<void>
  /** When the next thing is due, ms. */
  next(): number | undefined
}

/** The longest that a timer takes. */
const MAX_TIMER = 2 ** 31 - 1
/** Failures that are kept for who waits next: a server for which nobody ever waits has to forget. */
const MAX_FAILURES = 100

/**
 * @param source the clock that the simulated one runs beside, ms
 * @param live whether to begin by itself what falls due, with a timer that keeps no process alive
 * @param onError is told at once of what fails, whether or not somebody waits for it
 */
export function createScheduler(
  state: State,
  source: () => number,
  live = false,
  onError?: (error: unknown) => void,
): Scheduler {
  const tasks = state.map<ScheduledTask>('scheduler')
  const clock = state.map<number>('clock')
  const handlers = new Map<string, (data: never) => void | Promise<void>>()
  /** The keys of what has not begun, by time and then in the order in which they were scheduled. */
  const heap = createHeap<number>((one, other) => timeOf(one) - timeOf(other) || one - other)
  const timeOf = (key: number): number => tasks.get(String(key))!.at
  // Those that were kept are gone, and their keys are not given again: who goes on from a snapshot counts on.
  let count = clock.get('scheduled') ?? 0
  for (const key of tasks.keys()) {
    count = Math.max(count, Number(key))
    heap.push(Number(key))
  }
  const running = new Set<Promise<void>>()
  /** What failed and nobody has waited for yet. */
  const failures: unknown[] = []
  /** While the clock is moved on, it shows the time of what is being done. */
  let frozenNow: number | undefined
  let lastAdvance: Promise<void> = Promise.resolve()
  const now = (): number => frozenNow ?? source() + (clock.get('offset') ?? 0)
  const next = (): number | undefined => (heap.peek() === undefined ? undefined : timeOf(heap.peek()!))

  /** An appointment is forgotten when it is kept, not when it begins: what a restart interrupts is done again. */
  const startTask = (key: number): void => {
    const { kind, data } = tasks.get(String(key))!
    const acting = runHandler(() => handlers.get(kind)?.(data as never))
    if (!acting) return void tasks.delete(String(key))
    const kept = acting.catch(recordFailure).finally(() => {
      tasks.delete(String(key))
      running.delete(kept)
    })
    running.add(kept)
  }
  const recordFailure = (error: unknown): void => {
    failures.push(error)
    if (failures.length > MAX_FAILURES) failures.shift()
    onError?.(error)
  }
  const run = (): void => {
    for (let due = next(); due !== undefined && due <= now(); due = next()) startTask(heap.pop()!)
    setTimer()
  }
  const settle = async (): Promise<void> => {
    for (run(); running.size > 0; run()) await Promise.all(running)
  }
  const settled = async (): Promise<void> => {
    await settle()
    throwFailures(failures.splice(0))
  }
  const advanceBy = async (ms: number): Promise<void> => {
    const end = now() + ms
    frozenNow = now()
    try {
      await settle()
      for (let due = next(); due !== undefined && due <= end; due = next()) {
        frozenNow = Math.max(frozenNow, due)
        await settle()
      }
    } finally {
      frozenNow = undefined
      clock.set('offset', end - source())
      setTimer()
    }
    throwFailures(failures.splice(0))
  }

  let timer: ReturnType<typeof setTimeout> | undefined
  const setTimer = (): void => {
    if (!live) return
    clearTimeout(timer)
    const due = next()
    if (due === undefined) return
    timer = setTimeout(run, Math.min(Math.max(0, due - now()), MAX_TIMER))
    // Node, Deno and Bun have it; elsewhere a timer keeps nothing alive.
    ;(timer as { unref?(): void }).unref?.()
  }

  return {
    now,
    schedule(at, kind, data) {
      tasks.set(String(++count), { at, kind, data })
      clock.set('scheduled', count)
      heap.push(count)
      if (heap.peek() === count) setTimer()
    },
    on: (kind, act) => void handlers.set(kind, act as (data: never) => void | Promise<void>),
    run,
    settled,
    advance(ms) {
      if (!(ms >= 0) || ms === Infinity) throw new RangeError(`The clock is moved on by 0 ms or more, not by ${ms}.`)
      const moved = lastAdvance.then(() => advanceBy(ms))
      lastAdvance = moved.catch(() => {})
      return moved
    },
    next,
  }
}

/** What fails at once fails as what fails later does: the rest is not held up by it. */
function runHandler(act: () => void | Promise<void>): Promise<void> | undefined {
  try {
    return act() as Promise<void> | undefined
  } catch (error) {
    return Promise.reject(error)
  }
}

/** @throws whatever failed */
function throwFailures(failures: readonly unknown[]): void {
  if (failures.length === 1) throw failures[0]
  if (failures.length > 1) throw new AggregateError(failures, failures.map(messageOf).join('; '))
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
