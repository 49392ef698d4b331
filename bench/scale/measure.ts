// node bench/scale/measure.ts: measures on this machine how long the parts of a notification take, and writes
// bench/scale/service-times.json, the input of the simulation. Run it when the machine is idle.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { Pool } from 'undici'
import { openDatabase } from '../../src/storage/sqlite.ts'
import { localLedger } from '../../src/storage/sqlite-ledger.ts'
import { post, SECRET } from '../gateway/intake.ts'
import { newNotifications, platform } from '../gateway/notifications.ts'
import { type CALLS, relayed } from '../gateway/relay.ts'
import { median } from '../median.ts'
import { concurrently } from './concurrently.ts'
import { measureLedger } from './measure-ledger.ts'
import { measurePostgres } from './measure-postgres.ts'
import { measureWorker } from './measure-worker.ts'
import type { MeasuredSetting, Usage } from './measured-server.ts'
import type { FurtherTime, LedgerTimes, OperationTime, ServiceTimes } from './service-times.ts'

const COUNT = 2_000
const ROUNDS = 5
const CONCURRENCY = 64

const load = loadavg()[0]!
if (load > 1)
  console.warn(`The load of this machine is ${load.toFixed(1)}: the times will be longer than on an idle one.`)

const { intake, delivery } = await measureProcess()
const setting = {
  date: new Date().toISOString().slice(0, 10),
  machine: `${cpus().length} × ${cpus()[0]!.model.trim()}, Node ${process.version}, load ${load.toFixed(1)}`,
}
const times: ServiceTimes = {
  ...setting,
  intake,
  delivery,
  // The plan and the simulation keep the longer times of calls that share nothing, as the document says.
  postgres: await measurePostgres('own'),
  further: {
    ...setting,
    sqlite: await measureSqlite(),
    postgres: await measurePostgres('shared'),
    relay: { query: await measureRelay('query'), order: await measureRelay('order') },
    worker: await measureWorker(),
  },
}
await writeFile(new URL('service-times.json', import.meta.url), `${JSON.stringify(times, rounded, 2)}\n`)
console.log(JSON.stringify(times, rounded, 2))

function rounded(_key: string, value: unknown): unknown {
  return typeof value === 'number' ? Number(value.toPrecision(3)) : value
}

/** Measures what a process does without its ledger. */
async function measureProcess(): Promise<Record<'intake' | 'delivery', OperationTime>> {
  const shop = createServer((request, response) => request.resume().on('end', () => response.writeHead(204).end()))
  await once(shop.listen(0, '127.0.0.1'), 'listening')
  const url = `http://127.0.0.1:${(shop.address() as AddressInfo).port}/`
  const setting: MeasuredSetting = { merchant: platform.merchant, shop: { url, secret: SECRET } }
  const child = fork(new URL('measured-server.ts', import.meta.url), {
    env: { ...process.env, SETTING: JSON.stringify(setting) },
    execArgv: [],
  })
  const [address] = (await once(child, 'message')) as [string]
  const pool = new Pool(address, { connections: CONCURRENCY })
  const send = post(pool)
  const deliver = async (count: number): Promise<Usage> => {
    child.send(count)
    return (await once(child, 'message'))[0] as Usage
  }
  try {
    const [single] = await newNotifications(1)
    const rounds = { intake: [] as Usage[], delivery: [] as Usage[] }
    for (let round = 0; round <= ROUNDS; round++) {
      const messages = await newNotifications(COUNT)
      const start = await deliver(0)
      await concurrently(messages, CONCURRENCY, send)
      const notified = await deliver(0)
      const delivered = await deliver(COUNT)
      if (round === 0) continue
      rounds.intake.push(difference(notified, start))
      rounds.delivery.push(difference(delivered, notified))
    }
    return {
      intake: { ...perItem(rounds.intake), server: 0, latency: await latencyOf(() => send(single!)) },
      delivery: { ...perItem(rounds.delivery), server: 0, latency: await latencyOf(() => deliver(1)) },
    }
  } finally {
    await pool.close()
    child.disconnect()
    shop.close()
  }
}

function difference(after: Usage, before: Usage): Usage {
  return { thread: after.thread - before.thread, process: after.process - before.process }
}

function perItem(rounds: readonly Usage[]): Usage {
  return {
    thread: median(rounds.map(({ thread }) => thread)) / COUNT,
    process: median(rounds.map(round => round.process)) / COUNT,
  }
}

/** Returns the median time of a call, one at a time. */
async function latencyOf(call: () => Promise<unknown>): Promise<number> {
  const taken: number[] = []
  for (let turn = 0; turn < 100; turn++) {
    const start = performance.now()
    await call()
    taken.push(performance.now() - start)
  }
  return median(taken)
}

/** Measures a call through the gateway to a simulator that responds at once. */
async function measureRelay(call: keyof typeof CALLS): Promise<FurtherTime> {
  const { gateway: busy } = await relayed(call, 0, { count: 300, rounds: ROUNDS, warmUp: 300, atOnce: 16 })
  const { gateway: single } = await relayed(call, 0, { count: 100, rounds: ROUNDS, warmUp: 100, atOnce: 1 })
  return { process: median(busy.map(({ cpu }) => cpu)), latency: median(single.map(({ latency }) => latency)) }
}

async function measureSqlite(): Promise<LedgerTimes> {
  const folder = await mkdtemp(join(tmpdir(), 'wechatpay-edge-scale-'))
  const file = join(folder, 'ledger.db')
  const database = await openDatabase(file)
  try {
    return await measureLedger(localLedger(database, Date.now), {
      size: async () => (await stat(file)).size + (await stat(`${file}-wal`)).size,
      serverTime: async () => 0,
    })
  } finally {
    await database.close()
    await rm(folder, { recursive: true })
  }
}
