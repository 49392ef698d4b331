import { CONCURRENCY } from '../concurrency.ts'

/** A piece of work that handles its own errors. */
export type Task = () => Promise<void>

/**
 * Carries out the tasks of several sources, {@link CONCURRENCY} at a time. The sources take turns, so that one with many tasks does not
 * delay the others. When `isOver` returns true, no more tasks begin, and those in progress are awaited.
 *
 * @param sources generators that handle their own errors, and are asked for a task when a connection is free for it
 */
export async function takeTurns(sources: readonly AsyncGenerator<Task>[], isOver: () => boolean): Promise<void> {
  const waiting = [...sources]
  async function work(): Promise<void> {
    while (!isOver()) {
      const source = waiting.shift()
      if (!source) return
      // Returned to the list before its task runs, so that its next task can run at the same time.
      waiting.push(source)
      const { value: task, done } = await source.next()
      if (!done) await task()
      else if (waiting.includes(source)) waiting.splice(waiting.indexOf(source), 1)
    }
  }
  await Promise.all(Array.from({ length: CONCURRENCY }, work))
}
