import { median, medianRatio } from '../median.ts'
import { processorTime } from '../simulator/orders.ts'

/** One round of a contender. */
export interface Round {
  /** Milliseconds by the clock from the first to the last. */
  readonly wall: number
  /** Milliseconds of processor time, all threads of its process. */
  readonly cpu: number
}

export interface Contender<Work> {
  /** Does one piece. */
  readonly act: (work: Work) => Promise<void>
  /** Of the process that does it. */
  readonly usage: () => Promise<NodeJS.CpuUsage>
  /** When what it goes on with behind its answers is over, which is nobody else's time. @param done pieces in all */
  readonly rest?: (done: number) => Promise<void>
}

/** Does all of the work, so many pieces at any time. */
async function concurrently<Work>(
  work: readonly Work[],
  atOnce: number,
  act: (work: Work) => Promise<void>,
): Promise<void> {
  let next = 0
  const actor = async () => {
    while (next < work.length) await act(work[next++]!)
  }
  await Promise.all(Array.from({ length: atOnce }, actor))
}

/** Lets the contenders do the same work in turns, round after round, there and back. The first round warms up, and does not count. */
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
      const { act, usage, rest } = contenders[name]
      const [before, start] = [processorTime(await usage()), performance.now()]
      await concurrently(work, atOnce, act)
      const wall = performance.now() - start
      await rest?.((round + 1) * work.length)
      const cpu = processorTime(await usage()) - before
      if (round > 0) results[name].push({ wall, cpu })
    }
  }
  return results
}

const column = (rounds: readonly Round[], key: keyof Round): number[] => rounds.map(round => round[key])

/** Returns the speed of one contender relative to another: 1 where they are alike, 0.5 where it takes twice as long. */
export const speedOf = (ones: readonly Round[], others: readonly Round[], key: keyof Round): number =>
  medianRatio(column(others, key), column(ones, key))

export const medianOf = (rounds: readonly Round[], key: keyof Round): number => median(column(rounds, key))
