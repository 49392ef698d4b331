/** Milliseconds between two checks of the parent. */
const INTERVAL = 250

/**
 * Calls a function when the npm or npx that started the program ends. They run it in a shell and send SIGTERM to that
 * shell, which ends without passing it on, so the program would keep running and keep its port. Does nothing for
 * programs started in another way, so `nohup` and the like work, and on Windows, where a process keeps its parent id.
 *
 * @param end called once when the parent has ended
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
