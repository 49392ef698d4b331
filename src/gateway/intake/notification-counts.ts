import type { GatewayContext } from '../context.ts'
import type { Recorded } from '../ledger/events.ts'
import { countingLedger, type Ledger } from '../ledger/ledger.ts'
import { countOf } from '../operations/counters.ts'
import type { NotificationOutcome } from '../operations/metrics.ts'

/** Outcomes that the ledger finds out, and counts as it records. */
const RECORDED: readonly Recorded['outcome'][] = ['recorded', 'duplicate', 'replayed']

/** Returns the ledger of a merchant, whose next call records a notification and counts these outcomes. */
export function notificationLedger(
  mchid: string,
  { ledgerOf, counters }: GatewayContext,
  outcomes: readonly Recorded['outcome'][] = RECORDED,
): Ledger {
  const counts = outcomes.map(outcome => [outcome, [countOf('wechatpay_edge_notifications_total', { mchid, outcome })]])
  return countingLedger(ledgerOf(mchid), Object.fromEntries(counts), counters.add)
}

export const isCountedByLedger = (outcome: NotificationOutcome): boolean =>
  (RECORDED as readonly NotificationOutcome[]).includes(outcome)
