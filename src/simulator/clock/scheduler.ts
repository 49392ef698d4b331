import { createFailures, type Failures } from '../failures.ts'
import { ParameterRangeError } from '../parameter-error.ts'
import type { State } from '../state/state.ts'
import { createHeap } from './heap.ts'

/** Work to do at a time of the simulated clock. Plain data, so that it survives a restart. */
interface ScheduledTask {
  /** ms */
  readonly at: number
  readonly kind: string
  readonly data: unknown
}

/**
 * The simulated clock and the work scheduled by it: a refund's success, the next attempt of a notification.
 *
 * Tasks start at their time, in order. Nobody waits for a long task, such as a notification, merely to read the time or to
 * send a request: the merchant may send one while it responds to a notification.
 */
export interface Scheduler {
  /** Returns the time of the simulated clock, ms. */
  now(): number
  /** Schedules a task of a kind. A task whose time has passed starts at the next run. */
  schedule(at: number, kind: string, data: unknown): void
  /** Registers the handler of a kind of task. It may schedule more tasks. */
  on<T>(kind: string, handle: (data: T) => void | Promise<void>): void
  /** Starts the tasks that are due, in order, without waiting for them. Never throws. */
  run(): void
  /**
   * Runs the tasks that are due, and those that become due meanwhile, until none is left. Rejects with the failures since
   * the last such call, several as an `AggregateError`. A failed task is not repeated.
   */
  settled(): Promise<void>
  /**
   * Moves the clock forward and runs each task on the way at its time. A second call waits for the first. Rejects like
   * {@link Scheduler.settled}, after the clock has moved.
   *
   * @throws {RangeError} `ms` is negative or not a number, or the clock would pass {@link MAX_CLOCK}; the clock has not moved
   */
  advance(ms: number): Promise<void>
  /** Returns the time of the next task, ms. */
  nextTaskAt(): number | undefined
  /** Starts no task from now on, until {@link Scheduler.resume}. */
  stop(): void
  /** Starts tasks again; if the scheduler is live, those that are due at once. */
  resume(): void
}

/**
 * The last time of the clock, ms. The years of WeChat Pay's formats have four digits; a century is left for times that the simulator
 * derives, such as the end of a contract.
 */
export const MAX_CLOCK: number = Date.UTC(9900, 0)
/** The last time of a clock that is restored, ms: it has run on since it was moved. */
const MAX_RESTORED_CLOCK = Date.UTC(9950, 0)

/** The longest delay of `setTimeout`. */
const MAX_TIMER = 2 ** 31 - 1

/**
 * @param source the real clock, ms; the simulated one runs ahead of it
 * @param live whether to start due tasks with a timer, which keeps no process alive
 * @param failures receives those of the tasks, until somebody waits for them
 * @throws {RangeError} the clock stands before 1970 or half a century after {@link MAX_CLOCK}
 */
export function createScheduler(
  state: State,
  source: () => number,
  live = false,
  failures: Failures = createFailures(),
): Scheduler {
  const tasks = state.map<ScheduledTask>('scheduler')
  const clock = state.map<number>('clock')
  const handlers = new Map<string, (data: never) => void | Promise<void>>()
  /** Keys of the tasks that have not started, by time, then in the order in which they were scheduled. */
  const heap = createHeap<number>((a, b) => timeOf(a) - timeOf(b) || a - b)
  const timeOf = (key: number): number => tasks.get(String(key))!.at
  // A finished task's key is not reused, so that a simulator restored from a snapshot numbers its tasks as this one does.
  let lastKey = clock.get('scheduled') ?? 0
  for (const key of tasks.keys()) {
    lastKey = Math.max(lastKey, Number(key))
    heap.push(Number(key))
  }
  const running = new Set<Promise<void>>()
  /** Time of the running task while the clock is being advanced. */
  let frozenNow: number | undefined
  let lastAdvance: Promise<void> = Promise.resolve()
  const now = (): number => frozenNow ?? source() + (clock.get('offset') ?? 0)
  requireClock(now(), MAX_RESTORED_CLOCK)
  let isStopped = false
  const nextTaskAt = (): number | undefined =>
    isStopped || heap.peek() === undefined ? undefined : timeOf(heap.peek()!)

  /** Starts a task. It is deleted when it has finished, so that a restart repeats what it interrupted. */
  const startTask = (key: number): void => {
    const { kind, data } = tasks.get(String(key))!
    const handling = runHandler(() => handlers.get(kind)?.(data as never))
    if (!handling) return void tasks.delete(String(key))
    const task = handling.catch(failures.record).finally(() => {
      tasks.delete(String(key))
      running.delete(task)
    })
    running.add(task)
  }
  const run = (): void => {
    for (let at = nextTaskAt(); at !== undefined && at <= now(); at = nextTaskAt()) startTask(heap.pop()!)
    setTimer()
  }
  const settle = async (): Promise<void> => {
    for (run(); running.size > 0; run()) await Promise.all(running)
  }
  const settled = async (): Promise<void> => {
    await settle()
    throwFailures(failures.take())
  }
  const advanceBy = async (ms: number): Promise<void> => {
    const end = now() + ms
    requireClock(end)
    frozenNow = now()
    try {
      await settle()
      for (let at = nextTaskAt(); at !== undefined && at <= end; at = nextTaskAt()) {
        frozenNow = Math.max(frozenNow, at)
        await settle()
      }
    } finally {
      frozenNow = undefined
      clock.set('offset', end - source())
      setTimer()
    }
    throwFailures(failures.take())
  }

  let timer: ReturnType<typeof setTimeout> | undefined
  const setTimer = (): void => {
    if (!live) return
    clearTimeout(timer)
    const at = nextTaskAt()
    if (at === undefined) return
    timer = setTimeout(run, Math.min(Math.max(0, at - now()), MAX_TIMER))
    // Node, Deno and Bun have `unref`. In other runtimes a timer keeps nothing alive.
    ;(timer as { unref?(): void }).unref?.()
  }

  return {
    now,
    schedule(at, kind, data) {
      tasks.set(String(++lastKey), { at, kind, data })
      clock.set('scheduled', lastKey)
      heap.push(lastKey)
      if (heap.peek() === lastKey) setTimer()
    },
    on: (kind, handle) => void handlers.set(kind, handle as (data: never) => void | Promise<void>),
    run,
    settled,
    advance(ms) {
      if (!(ms >= 0) || ms === Infinity)
        throw new ParameterRangeError(
          `The clock cannot be advanced by ${ms} ms; pass a number of milliseconds, 0 or more.`,
        )
      requireClock(now() + ms)
      const advanced = lastAdvance.then(() => advanceBy(ms))
      lastAdvance = advanced.catch(() => {})
      return advanced
    },
    nextTaskAt,
    stop() {
      isStopped = true
      clearTimeout(timer)
    },
    resume() {
      isStopped = false
      if (live) run()
    },
  }
}

/** Returns the scheduler for one of several merchants, whose tasks have kinds of their own. */
export const scopeScheduler = (scheduler: Scheduler, scope: string): Scheduler => ({
  ...scheduler,
  schedule: (at, kind, data) => scheduler.schedule(at, `${scope}/${kind}`, data),
  on: (kind, handle) => scheduler.on(`${scope}/${kind}`, handle),
})

/** @throws {RangeError} */
function requireClock(at: number, max: number = MAX_CLOCK): void {
  if (!(at >= 0 && at <= max))
    throw new ParameterRangeError(
      `The simulated clock cannot stand at ${at} ms since 1970; its last time is ${new Date(max).toISOString()}.`,
    )
}

/** Converts a synchronous error to a rejection, so that other tasks still run. */
function runHandler(handle: () => void | Promise<void>): Promise<void> | undefined {
  try {
    return handle() as Promise<void> | undefined
  } catch (error) {
    return Promise.reject(error)
  }
}

/** @throws the failure, or an `AggregateError` of several */
function throwFailures(failures: readonly unknown[]): void {
  if (failures.length === 1) throw failures[0]
  if (failures.length > 1) throw new AggregateError(failures, failures.map(messageOf).join('; '))
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
