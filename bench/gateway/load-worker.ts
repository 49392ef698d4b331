import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type LedgerContents, readLedger } from '../../test/load/ledger.ts'
import { type LoadOptions, SECRET } from '../../test/load/run.ts'
import { bundle, SETTING, start } from './workerd.ts'

/** Milliseconds until a Durable Object has written its counters. */
const WRITTEN = 6_000

/**
 * The deployed Worker, in workerd. Its endpoint fails each event at most once, because the first retry takes five
 * seconds.
 */
export const WORKER: LoadOptions = {
  temper: { failing: 0.05, mostFailures: 1, slow: 0.002 },
  async start(merchant, url, folder) {
    const webhook = { WEBHOOK_URL: url, WEBHOOK_SECRET: SECRET, WEBHOOK_ALLOW_PRIVATE: 'true' }
    const script = await bundle('../../worker/index.ts')
    const worker = await start(script, folder, { ...SETTING, GATEWAY_LOG: 'warn', ...webhook }, merchant)
    return {
      url: worker.url,
      cpuUsage: worker.usage,
      async close() {
        await new Promise(resolve => setTimeout(resolve, WRITTEN))
        await worker.stop()
        return readLedgers(folder)
      },
    }
  },
}

/** Adds up the ledgers of all Durable Objects, each in its own SQLite file. */
function readLedgers(folder: string): LedgerContents {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.sqlite'))
    .map(name => join(folder, name))
    .filter(isLedger)
  const ledgers = files.map(readLedger)
  return {
    events: ledgers.flatMap(({ events }) => events).sort(),
    repeats: ledgers.reduce((total, { repeats }) => total + repeats, 0),
    odd: ledgers.reduce((total, { odd }) => total + odd, 0),
    deliveries: sumOf(ledgers.map(({ deliveries }) => deliveries)),
    notifications: sumOf(ledgers.map(({ notifications }) => notifications)),
    attempts: sumOf(ledgers.map(({ attempts }) => attempts)),
  }
}

/** Excludes Miniflare's own files. */
function isLedger(path: string): boolean {
  const database = new DatabaseSync(path)
  try {
    return database.prepare("select 1 from sqlite_master where name = 'delivery'").all().length > 0
  } finally {
    database.close()
  }
}

function sumOf(counts: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const sum: Record<string, number> = {}
  for (const [name, count] of counts.flatMap(Object.entries<number>)) sum[name] = (sum[name] ?? 0) + count
  return sum
}
