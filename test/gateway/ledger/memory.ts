import { type Book, openBook } from '../../../src/gateway/ledger/ledger.ts'
import { openDatabase } from '../../../src/server/sqlite.ts'

/** A ledger in memory, and a clock to move. */
export async function memoryBook(): Promise<{ book: Book; clock: { now: number } }> {
  const clock = { now: Date.parse('2026-01-01T00:00:00Z') }
  const database = await openDatabase(':memory:')
  return { book: openBook(database, () => clock.now), clock }
}
