import type { MeasuredLedger } from './operations.ts'

/**
 * Divides calls among ledgers of one database, so that each ledger has one call at a time: no two calls share a statement or a commit.
 *
 * @param ledgers as many as there are calls at a time
 */
export function dividedLedger(ledgers: readonly MeasuredLedger[]): MeasuredLedger {
  const idle = [...ledgers]
  async function withIdle<T>(call: (ledger: MeasuredLedger) => Promise<T>): Promise<T> {
    const ledger = idle.shift()
    if (!ledger) throw new Error(`More than ${ledgers.length} calls at a time; divide them among more ledgers.`)
    try {
      return await call(ledger)
    } finally {
      idle.push(ledger)
    }
  }
  return {
    recordEvent: event => withIdle(ledger => ledger.recordEvent(event)),
    claimDelivery: (...claim) => withIdle(ledger => ledger.claimDelivery(...claim)),
    recordAttempt: (...attempt) => withIdle(ledger => ledger.recordAttempt(...attempt)),
  }
}
