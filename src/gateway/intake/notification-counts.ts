import type { GatewayContext } from '../context.ts'
import { countOf } from '../metrics/counters.ts'
import type { NotificationOutcome } from '../metrics/metrics.ts'
import type { CallCounts } from '../store/counts.ts'
import type { RecordResult } from '../store/event/events.ts'
import type { Ledger } from '../store/ledger.ts'
import { countingLedger } from '../store/remote-ledger.ts'

/** The outcomes that the ledger determines, and counts as it records an event. */
const RECORDED: readonly RecordResult['outcome'][] = ['recorded', 'duplicate', 'replayed']

/** By merchant and outcomes, so that calls that are sent together have the same counts, which are then sent once. */
const allCounts = new Map<string, CallCounts>()

function countsOf(mchid: string, outcomes: readonly RecordResult['outcome'][]): CallCounts {
  const key = `${mchid} ${outcomes}`
  const known = allCounts.get(key)
  if (known) return known
  const increments = outcomes.map(outcome => [
    outcome,
    [countOf('wechatpay_edge_notifications_total', { mchid, outcome })],
  ])
  const counts: CallCounts = Object.fromEntries(increments)
  allCounts.set(key, counts)
  return counts
}

/** Returns the ledger of a merchant, for a call that records a notification and counts its outcome. */
export function notificationLedger(
  mchid: string,
  { ledgerOf, counters }: GatewayContext,
  outcomes: readonly RecordResult['outcome'][] = RECORDED,
): Ledger {
  return countingLedger(ledgerOf(mchid), countsOf(mchid, outcomes), counters.add)
}

export const isCountedByLedger = (outcome: NotificationOutcome): boolean =>
  (RECORDED as readonly NotificationOutcome[]).includes(outcome)
