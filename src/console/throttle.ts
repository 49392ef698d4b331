/** Work that is done again and again, at most once per pause. */
export interface Throttle {
  /** Has the work done within a pause, or after the run in progress. */
  request(): void
  /** Cancels what is requested. */
  stop(): void
}

/**
 * Creates a throttle: one run at a time, with a pause before each. Requests during the pause share its run; further ones do not delay it,
 * so that work is done under steady requests too.
 *
 * @param pause milliseconds
 * @param work its failure ends the run; `isCurrent` returns false once the throttle is stopped
 */
export function createThrottle(pause: number, work: (isCurrent: () => boolean) => Promise<void>): Throttle {
  let state: 'idle' | 'waiting' | 'running' | 'requested' | 'stopped' = 'idle'
  let timer: ReturnType<typeof setTimeout> | undefined
  const isStopped = (): boolean => state === 'stopped'

  function wait(): void {
    state = 'waiting'
    timer = setTimeout(run, pause)
  }

  async function run(): Promise<void> {
    state = 'running'
    await work(() => !isStopped()).catch(() => {})
    if (isStopped()) return
    if ((state as string) === 'requested') wait()
    else state = 'idle'
  }

  return {
    request() {
      if (state === 'idle') wait()
      else if (state === 'running') state = 'requested'
    },
    stop() {
      state = 'stopped'
      clearTimeout(timer)
    },
  }
}
