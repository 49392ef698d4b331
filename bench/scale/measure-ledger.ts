import type { Ledger } from '../../src/gateway/index.ts'
import { median } from '../median.ts'
import { concurrently } from './concurrently.ts'
import { CONCURRENCY, createOperations, OPERATIONS, type Operation } from './operations.ts'
import type { LedgerTimes, OperationTime } from './service-times.ts'

const COUNT = 2_000
const ROUNDS = 3
const SERIAL = 100

export interface LedgerProbes {
  /** Returns the bytes that the ledger occupies. */
  readonly size: () => Promise<number>
  /** Returns the processor time of the database server, milliseconds. */
  readonly serverTime: () => Promise<number>
}

/** Measures the three calls to a ledger that a notification with one delivery takes. */
export async function measureLedger(
  ledger: Pick<Ledger, 'recordEvent' | 'claimDelivery' | 'recordAttempt'>,
  { size, serverTime }: LedgerProbes,
): Promise<LedgerTimes> {
  const { record, claim, attempt } = createOperations(ledger)
  let made = 0
  const recordNext = () => record(++made)

  async function timeOf(ids: readonly number[], act: (id: number) => Promise<unknown>) {
    const server = await serverTime()
    const [all, thread] = [process.cpuUsage(), process.threadCpuUsage()]
    await concurrently(ids, CONCURRENCY, act)
    return {
      thread: milliseconds(process.threadCpuUsage(thread)) / ids.length,
      process: milliseconds(process.cpuUsage(all)) / ids.length,
      server: ((await serverTime()) - server) / ids.length,
    }
  }

  const rounds = { record: [] as Used[], claim: [] as Used[], attempt: [] as Used[] }
  const before = await size()
  let recorded = 0
  for (let round = 0; round <= ROUNDS; round++) {
    const ids: number[] = []
    const used = {
      record: await timeOf(range(COUNT), async () => void ids.push(...(await recordNext()))),
      claim: await timeOf(ids, claim),
      attempt: await timeOf(ids, attempt),
    }
    recorded += COUNT
    if (round === 0) continue
    for (const name of OPERATIONS) rounds[name].push(used[name])
  }
  const bytesPerEvent = ((await size()) - before) / recorded
  const latencies = await serially(recordNext, claim, attempt)
  const timesOf = (name: keyof typeof rounds): OperationTime => ({ ...medians(rounds[name]), latency: latencies[name] })
  return { record: timesOf('record'), claim: timesOf('claim'), attempt: timesOf('attempt'), bytesPerEvent }
}

const milliseconds = ({ user, system }: NodeJS.CpuUsage): number => (user + system) / 1_000

type Used = Omit<OperationTime, 'latency'>

const range = (length: number): number[] => Array.from({ length }, (_, at) => at)

const medians = (rounds: readonly Used[]): Used => ({
  thread: median(rounds.map(({ thread }) => thread)),
  process: median(rounds.map(round => round.process)),
  server: median(rounds.map(({ server }) => server)),
})

/** Returns the median time of each call, one at a time. */
async function serially(
  record: () => Promise<readonly number[]>,
  claim: (id: number) => Promise<unknown>,
  attempt: (id: number) => Promise<unknown>,
): Promise<Record<Operation, number>> {
  const taken = { record: [] as number[], claim: [] as number[], attempt: [] as number[] }
  const timed = async <T>(name: keyof typeof taken, call: () => Promise<T>): Promise<T> => {
    const start = performance.now()
    const result = await call()
    taken[name].push(performance.now() - start)
    return result
  }
  for (let turn = 0; turn < SERIAL; turn++) {
    const [id] = await timed('record', record)
    await timed('claim', () => claim(id!))
    await timed('attempt', () => attempt(id!))
  }
  return { record: median(taken.record), claim: median(taken.claim), attempt: median(taken.attempt) }
}
