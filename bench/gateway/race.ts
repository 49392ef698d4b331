import { median, medianRatio } from '../median.ts'
import { processorTime } from '../simulator/orders.ts'

/** One round of a contender. */
export interface Round {
  /** Milliseconds from start to end. */
  readonly wall: number
  /** Milliseconds of processor time, over all threads of its process. */
  readonly cpu: number
}

export interface Contender<Work> {
  /** Processes one item. */
  readonly act: (work: Work) => Promise<void>
  /** Reads the processor time of its process. */
  readonly usage: () => Promise<NodeJS.CpuUsage>
  /**
   * Waits for work that continues after the responses, so that it does not slow down the next contender.
   *
   * @param done number of items in all rounds so far
   */
  readonly settle?: (done: number) => Promise<void>
}

/** Processes all items, `atOnce` at a time. */
async function concurrently<Work>(
  work: readonly Work[],
  atOnce: number,
  act: (work: Work) => Promise<void>,
): Promise<void> {
  let next = 0
  const worker = async () => {
    while (next < work.length) await act(work[next++]!)
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
}

/**
 * Lets the contenders process the same items in turns, in alternating order. The first round is a warm-up and not
 * counted.
 */
export async function raceRounds<Name extends string, Work>(
  contenders: Record<Name, Contender<Work>>,
  workOf: () => Promise<readonly Work[]>,
  { rounds, atOnce }: { rounds: number; atOnce: number },
): Promise<Record<Name, Round[]>> {
  const names = Object.keys(contenders) as Name[]
  const results = Object.fromEntries(names.map(name => [name, [] as Round[]])) as Record<Name, Round[]>
  for (let round = 0; round <= rounds; round++) {
    const work = await workOf()
    for (const name of round % 2 ? names.toReversed() : names) {
      const { act, usage, settle } = contenders[name]
      const before = processorTime(await usage())
      const start = performance.now()
      await concurrently(work, atOnce, act)
      const wall = performance.now() - start
      await settle?.((round + 1) * work.length)
      const cpu = processorTime(await usage()) - before
      if (round > 0) results[name].push({ wall, cpu })
    }
  }
  return results
}

const column = (rounds: readonly Round[], key: keyof Round): number[] => rounds.map(round => round[key])

/** Returns the speed of a contender relative to another: 0.5 if it takes twice as long. */
export const speedOf = (rounds: readonly Round[], reference: readonly Round[], key: keyof Round): number =>
  medianRatio(column(reference, key), column(rounds, key))

export const medianOf = (rounds: readonly Round[], key: keyof Round): number => median(column(rounds, key))
