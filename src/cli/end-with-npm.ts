import process from 'node:process'

/** Milliseconds between two checks of the parent. */
const INTERVAL = 250

/**
 * Ends a program that npm or npx started when they end. They run it under a shell and send SIGTERM to that shell, which dies
 * without passing it on: the program would keep running, and keep its port. A program that was started in another way is not
 * affected, so that `nohup` and the like work. On Windows nothing happens, because a process there keeps its parent id.
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
