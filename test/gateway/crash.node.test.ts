import { test } from 'vitest'
import { openDatabase } from '../../src/storage/sqlite.ts'
import { localLedger } from '../../src/storage/sqlite-ledger.ts'
import { crashCases } from './crash-cases.ts'

test.each(crashCases.map(one => [one.name, one] as const))(
  '%s loses and doubles nothing in SQLite',
  async (_, { run }) => {
    const clock = { now: Date.now() }
    const database = await openDatabase(':memory:')
    await run({ open: async () => localLedger(database, () => clock.now), clock })
    database.close()
  },
)
