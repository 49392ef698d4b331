import process from 'node:process'

/** Milliseconds between two looks at the parent. */
const INTERVAL = 250

/**
 * Ends what npm or npx started when they end. They run a program under a shell, and hand SIGTERM to that shell, which dies
 * without handing it on: the program would go on without a parent and keep its port. A program started otherwise is left
 * alone, so that
 * `nohup` and the like work. Windows keeps no such relation, and nothing happens there.
 *
 * @param end called once when the parent has gone
 * @example
 * ```ts
 * const stop = new AbortController()
 * endWithNpm(() => stop.abort())
 * ```
 */
export function endWithNpm(end: () => void): void {
  if (process.env.npm_lifecycle_event === undefined) return
  const parent = process.ppid
  const timer = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(timer)
    end()
  }, INTERVAL)
  timer.unref()
}
