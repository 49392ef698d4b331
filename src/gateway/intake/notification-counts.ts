import type { GatewayContext } from '../context.ts'
import { countOf } from '../metrics/counters.ts'
import type { NotificationOutcome } from '../metrics/metrics.ts'
import type { RecordResult } from '../store/events.ts'
import type { Ledger } from '../store/ledger.ts'
import { countingLedger } from '../store/remote-ledger.ts'

/** The outcomes that the ledger determines, and counts as it records an event. */
const RECORDED: readonly RecordResult['outcome'][] = ['recorded', 'duplicate', 'replayed']

/** Returns the ledger of a merchant, for a call that records a notification and counts its outcome. */
export function notificationLedger(
  mchid: string,
  { ledgerOf, counters }: GatewayContext,
  outcomes: readonly RecordResult['outcome'][] = RECORDED,
): Ledger {
  const counts = outcomes.map(outcome => [outcome, [countOf('wechatpay_edge_notifications_total', { mchid, outcome })]])
  return countingLedger(ledgerOf(mchid), Object.fromEntries(counts), counters.add)
}

export const isCountedByLedger = (outcome: NotificationOutcome): boolean =>
  (RECORDED as readonly NotificationOutcome[]).includes(outcome)
