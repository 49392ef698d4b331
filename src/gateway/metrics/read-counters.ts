import type { GatewayContext } from '../context.ts'
import type { CounterRow } from '../store/counts.ts'

/** Reads the counters of all ledgers. Merchants and callers have their counts in their own ledgers, which may all be the same object. */
export async function readCounters({
  gatewayLedger,
  retainedLedgers,
  counters,
}: Pick<GatewayContext, 'gatewayLedger' | 'retainedLedgers' | 'counters'>): Promise<CounterRow[]> {
  await counters.flush()
  const ledgers = new Set([...retainedLedgers(), gatewayLedger()])
  return (await Promise.all(Array.from(ledgers, ledger => ledger.counters()))).flat()
}
