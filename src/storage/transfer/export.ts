import { randomUUID } from 'node:crypto'
import { run, type SqlValue } from '../../gateway/store/sql.ts'
import type { LedgerDatabase } from './ledger-database.ts'
import { type Counts, createLineWriter, headerOf } from './lines.ts'
import { incompleteImport, PROGRESS } from './progress.ts'
import { readPage, TABLES } from './tables.ts'

/**
 * Exports a ledger as JSON lines: its events with their `webhook-id`, dedupe key and nonces, its deliveries with their attempts, calls
 * with their `Idempotency-Key`, watches, circuits and counters. All are of one moment.
 *
 * @param write writes text, and resolves when more may be written
 * @returns the number of rows of each table
 * @throws {LedgerError} `LEDGER_INCOMPLETE`: the ledger lacks rows of an import that has not ended
 */
export async function exportLedger(
  database: LedgerDatabase,
  write: (text: string) => Promise<unknown>,
  now: () => Date = () => new Date(),
): Promise<Counts> {
  const { dialect } = database
  const lineOf = createLineWriter()
  const counts: Record<string, number> = {}
  await write(lineOf(headerOf(randomUUID(), now())))
  await database.readSnapshot(async carryOut => {
    const [unfinished] = await carryOut(run(dialect.findTable, PROGRESS))
    if (unfinished) throw incompleteImport()
    for (const table of TABLES) {
      const { name } = table
      counts[name] = 0
      let after: readonly SqlValue[] | undefined
      for (;;) {
        const { rows, last } = await carryOut(readPage(table, after, dialect))
        if (rows.length === 0) break
        counts[name] += rows.length
        await write(rows.map(row => lineOf({ table: name, row })).join(''))
        after = last
      }
    }
  })
  await write(lineOf({ counts }))
  return counts
}
