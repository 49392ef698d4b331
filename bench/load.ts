/** One round of a contender. */
export interface Round {
  /** Calls per second. */
  rate: number
  /** Milliseconds from one call's start to its end. */
  time: number
  /** Milliseconds of processor time per call, over all threads of this process. */
  cpu: number
}

/** Repeats calls for some seconds, `concurrency` calls at a time. */
async function load(call: () => Promise<unknown>, concurrency: number, seconds: number): Promise<Round> {
  const start = performance.now()
  const startCpu = process.cpuUsage()
  const end = start + seconds * 1000
  let calls = 0
  const caller = async () => {
    while (performance.now() < end) {
      await call()
      calls++
    }
  }
  await Promise.all(Array.from({ length: concurrency }, caller))
  const elapsed = performance.now() - start
  const { user, system } = process.cpuUsage(startCpu)
  return { rate: (calls / elapsed) * 1000, time: (elapsed / calls) * concurrency, cpu: (user + system) / 1000 / calls }
}

/**
 * Lets the contenders take turns, so that other load of the machine affects all equally; the order alternates, so that
 * none always follows the same contender.
 */
export async function race<Name extends string>(
  contenders: Record<Name, () => Promise<unknown>>,
  concurrency: number,
  { seconds, rounds }: { seconds: number; rounds: number },
): Promise<Record<Name, Round[]>> {
  const names = Object.keys(contenders) as Name[]
  const results = Object.fromEntries(names.map(name => [name, [] as Round[]])) as Record<Name, Round[]>
  for (const name of names) await load(contenders[name], concurrency, seconds * 2) // warm-up
  for (let round = 0; round < rounds; round++)
    for (const name of round % 2 ? names.toReversed() : names)
      results[name].push(await load(contenders[name], concurrency, seconds))
  return results
}
