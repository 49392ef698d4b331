import { afterAll, beforeAll, test } from 'vitest'
import { openPostgresLedger, type PostgresLedger } from '../../../src/storage/postgres/ledger.ts'
import { freshUrl } from '../../postgres/schema.ts'
import { concurrencyCases } from './concurrency-cases.ts'

const clock = { now: Date.parse('2026-01-01T00:00:00Z') }
let processes: readonly [PostgresLedger, PostgresLedger]
beforeAll(async () => {
  const url = freshUrl({ pool: '8' })
  const open = () => openPostgresLedger(url, { now: () => clock.now })
  processes = [await open(), await open()]
})
afterAll(async () => {
  for (const { close } of processes) await close()
})

test.each(concurrencyCases.map(one => [one.name, one] as const))('in two processes on PostgreSQL: %s', (_, { run }) =>
  run({ ledgers: [processes[0].ledger, processes[1].ledger], clock }),
)
