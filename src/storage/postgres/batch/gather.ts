/** Calls of one batch. */
const MAX_CALLS = 64
/** Characters of one batch, after which no further call joins it. */
const MAX_SIZE = 512 * 1024

export interface GatherOptions<Call, Result> {
  /** Batches in progress at a time, at least 1. */
  readonly maxBatches: number
  /** Characters that a call adds to a batch. */
  readonly sizeOf: (call: Call) => number
  /**
   * Carries calls out in one transaction.
   *
   * @returns the result of each, in their order; undefined for a call of which nothing was written, and which must be carried out alone
   */
  readonly together: (calls: readonly Call[]) => Promise<readonly (Result | undefined)[]>
  readonly alone: (call: Call) => Promise<Result>
}

interface Waiting<Call, Result> {
  readonly call: Call
  readonly resolve: (result: Result | Promise<Result>) => void
  readonly reject: (error: unknown) => void
}

/**
 * Gathers the calls that arrive while earlier ones are in progress, and carries them out together. A call that finds no batch in
 * progress waits for nobody. Each call has its result only when its own transaction is committed.
 */
export function gatherCalls<Call, Result>(options: GatherOptions<Call, Result>): (call: Call) => Promise<Result> {
  const { maxBatches, sizeOf, together, alone } = options
  const waiting: Waiting<Call, Result>[] = []
  let batches = 0
  let isScheduled = false

  function schedule(): void {
    if (isScheduled || batches >= maxBatches || waiting.length === 0) return
    isScheduled = true
    // After all calls that arrive in the same turn of the event loop.
    setImmediate(() => {
      isScheduled = false
      batches++
      void carryOut(takeBatch()).finally(() => {
        batches--
        schedule()
      })
      schedule()
    })
  }

  function takeBatch(): Waiting<Call, Result>[] {
    let [length, size] = [0, 0]
    while (length < waiting.length && length < MAX_CALLS && (length === 0 || size <= MAX_SIZE))
      size += sizeOf(waiting[length++]!.call)
    return waiting.splice(0, length)
  }

  async function carryOut(batch: readonly Waiting<Call, Result>[]): Promise<void> {
    try {
      const results = await together(batch.map(({ call }) => call))
      for (const [at, { call, resolve }] of batch.entries()) resolve(results[at] ?? alone(call))
    } catch (error) {
      for (const { reject } of batch) reject(error)
    }
  }

  return call =>
    new Promise((resolve, reject) => {
      waiting.push({ call, resolve, reject })
      schedule()
    })
}
