import { test } from 'vitest'
import { openPostgresLedger, type PostgresLedger } from '../../src/storage/postgres/ledger.ts'
import { freshUrl } from '../postgres/schema.ts'
import { crashCases } from './crash-cases.ts'

test.each(crashCases.map(one => [one.name, one] as const))(
  '%s loses and doubles nothing in PostgreSQL',
  async (_, { run }) => {
    const clock = { now: Date.now() }
    const url = freshUrl()
    const opened: PostgresLedger[] = []
    // The connections of the process that has died stay open, as those of a machine that is gone do.
    const open = async () => {
      const one = await openPostgresLedger(url, { now: () => clock.now })
      opened.push(one)
      return one.ledger
    }
    try {
      await run({ open, clock })
    } finally {
      for (const { close } of opened) await close()
    }
  },
)
