import { CONCURRENCY } from '../concurrency.ts'

/** A piece of work that handles its own errors. */
export type Task = () => Promise<void>

/**
 * Carries out the tasks of several sources, {@link CONCURRENCY} at a time. The sources take turns, so one that has much to do
 * does not keep the others waiting. Once the time is over no task begins; those that have begun are waited for.
 *
 * @param sources generators that handle their own errors: each is asked for a task when a connection is free for it
 */
export async function takeTurns(sources: readonly AsyncGenerator<Task>[], isOver: () => boolean): Promise<void> {
  const waiting = [...sources]
  async function work(): Promise<void> {
    while (!isOver()) {
      const source = waiting.shift()
      if (!source) return
      // Before its task is carried out, because the others that work may take the next one meanwhile.
      waiting.push(source)
      const { value: task, done } = await source.next()
      if (!done) await task()
      else if (waiting.includes(source)) waiting.splice(waiting.indexOf(source), 1)
    }
  }
  await Promise.all(Array.from({ length: CONCURRENCY }, work))
}
