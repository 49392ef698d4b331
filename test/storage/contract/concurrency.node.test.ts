import { test } from 'vitest'
import { openDatabase } from '../../../src/storage/sqlite.ts'
import { localLedger } from '../../../src/storage/sqlite-ledger.ts'
import { concurrencyCases } from './concurrency-cases.ts'

test.each(concurrencyCases.map(one => [one.name, one] as const))('in SQLite: %s', async (_, { run }) => {
  const clock = { now: Date.parse('2026-01-01T00:00:00Z') }
  const database = await openDatabase(':memory:')
  await run({ ledgers: [localLedger(database, () => clock.now)], clock })
  database.close()
})
