import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bundle, inWorkerd, SETTING, start } from '../gateway/workerd.ts'
import { median } from '../median.ts'
import type { LedgerCalls } from './ledger-worker.ts'
import { OPERATIONS, type Operation } from './operations.ts'
import type { FurtherTime, FurtherTimes } from './service-times.ts'

const COUNT = 300
const ROUNDS = 3

/** Measures the Worker and its Durable Object in workerd, by the processor time of its process. */
export async function measureWorker(): Promise<FurtherTimes['worker']> {
  const { gateway, delivering } = await inWorkerd({ count: COUNT, rounds: ROUNDS })
  const perNotification = (rounds: typeof gateway): FurtherTime => ({
    process: median(rounds.map(({ cpu }) => cpu)) / COUNT,
    latency: median(rounds.map(({ wall }) => wall)) / COUNT,
  })
  return { intake: perNotification(gateway), delivering: perNotification(delivering), ...(await measureObject()) }
}

/** Measures the calls of a Worker to its Durable Object: the processor time is that of both. */
async function measureObject(): Promise<Record<Operation, FurtherTime>> {
  const folder = await mkdtemp(join(tmpdir(), 'wechatpay-edge-scale-'))
  const script = await bundle('../scale/ledger-worker.ts')
  const { url, usage, stop } = await start(script, folder, SETTING)
  async function act(calls: LedgerCalls): Promise<readonly (readonly number[])[]> {
    const response = await fetch(url, { method: 'POST', body: JSON.stringify(calls) })
    if (!response.ok) throw new Error(`${calls.operation}: ${response.status} ${await response.text()}`)
    return response.json() as Promise<readonly (readonly number[])[]>
  }
  async function timed(calls: LedgerCalls) {
    const [before, begin] = [await usage(), performance.now()]
    const results = await act(calls)
    const wall = performance.now() - begin
    const { user, system } = await usage()
    const cpu = (user + system - before.user - before.system) / 1_000
    return { results, process: cpu / calls.ids.length, latency: wall / calls.ids.length }
  }
  const rounds: Record<Operation, FurtherTime[]> = { record: [], claim: [], attempt: [] }
  try {
    for (let round = 0; round <= ROUNDS; round++) {
      let ids = Array.from({ length: COUNT }, (_, at) => round * COUNT + at)
      for (const operation of OPERATIONS) {
        const { results, ...time } = await timed({ operation, ids })
        if (operation === 'record') ids = results.flat()
        if (ids.length !== COUNT) throw new Error(`${operation} left ${ids.length} deliveries instead of ${COUNT}.`)
        if (round > 0) rounds[operation].push(time)
      }
    }
  } finally {
    await stop()
    await rm(folder, { recursive: true, force: true })
  }
  const medianOf = (of: readonly FurtherTime[]): FurtherTime => ({
    process: median(of.map(time => time.process)),
    latency: median(of.map(({ latency }) => latency)),
  })
  return { record: medianOf(rounds.record), claim: medianOf(rounds.claim), attempt: medianOf(rounds.attempt) }
}
