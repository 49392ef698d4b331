import { type LedgerStore, openLedgerStore } from '../../../src/gateway/store/ledger.ts'
import { openDatabase } from '../../../src/storage/sqlite.ts'

/** A ledger in memory, and a clock to move. */
export async function memoryStore(): Promise<{ store: LedgerStore; clock: { now: number } }> {
  const clock = { now: Date.parse('2026-01-01T00:00:00Z') }
  const database = await openDatabase(':memory:')
  return { store: openLedgerStore(database, () => clock.now), clock }
}
