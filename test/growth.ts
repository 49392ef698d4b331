/**
 * Returns milliseconds of processor time of this process; what else the machine does is left out. That of a thread would be too coarse.
 * Where the runtime does not tell it, those of the clock.
 */
export function processorTime(): number {
  try {
    const { user, system } = (globalThis as { process?: NodeJS.Process }).process!.cpuUsage()
    return (user + system) / 1_000
  } catch {
    // workerd has the method, but does not implement it.
    return performance.now()
  }
}

/** Processor time of the quickest of some runs, ms. */
function timed(run: () => void): number {
  let best = Number.POSITIVE_INFINITY
  for (let round = 0; round < 5; round++) {
    const start = processorTime()
    run()
    best = Math.min(best, processorTime() - start)
  }
  return best
}

/**
 * Measures how much longer one long input takes than as much of short ones: about 1 for what is linear, `factor` for
 * what is quadratic, whatever the machine.
 *
 * @param run gets an input of about `length`
 * @param make makes one; making is not measured
 * @param length of the short one
 * @param factor how many times longer the long one is
 */
export function growth<T>(run: (input: T) => void, make: (length: number) => T, length = 1024, factor = 1024): number {
  const short = make(length)
  const long = make(length * factor)
  const many = (): void => {
    for (let count = 0; count < factor; count++) run(short)
  }
  many()
  return timed(() => run(long)) / timed(many)
}
