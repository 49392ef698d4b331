/** Milliseconds of a step. */
export interface StepTime {
  readonly wall: number
  /** Processor time, over all threads of the process. */
  readonly cpu: number
}

/** Measures a step that a fresh process takes once. */
export async function measureStep<T>(step: () => Promise<T>): Promise<StepTime & { readonly result: T }> {
  const before = process.cpuUsage()
  const start = performance.now()
  const result = await step()
  const wall = performance.now() - start
  const { user, system } = process.cpuUsage(before)
  return { wall, cpu: (user + system) / 1000, result }
}
