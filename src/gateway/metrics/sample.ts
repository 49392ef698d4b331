import type { GatewayContext } from '../context.ts'
import { withTimeout } from '../health/ledger-timeout.ts'
import { type CounterRow, MAX_COUNTED } from '../store/counts.ts'
import type { SampleTotals } from '../store/samples.ts'
import type { MetricName } from './metrics.ts'
import { readCounters } from './read-counters.ts'

/** Names of totals by the outcome that a counter has as its label; `other` for all outcomes that are not listed. */
interface Source {
  readonly metric: MetricName
  readonly names: Readonly<Record<string, string>>
  readonly other: string
}

/** The counters that are sampled. */
const SOURCES: readonly Source[] = [
  { metric: 'wechatpay_edge_calls_total', names: { OK: 'calls.ok' }, other: 'calls.failed' },
  {
    metric: 'wechatpay_edge_notifications_total',
    names: {
      recorded: 'notifications.recorded',
      answered: 'notifications.recorded',
      duplicate: 'notifications.repeated',
      replayed: 'notifications.repeated',
    },
    other: 'notifications.refused',
  },
  {
    metric: 'wechatpay_edge_deliveries_total',
    names: { delivered: 'deliveries.delivered', dead: 'deliveries.dead' },
    other: 'deliveries.failed',
  },
]

/** Begins the name of the number of merchants that are counted up to {@link MAX_COUNTED} in a depth, whose sum may be higher then. */
export const CAPPED_PREFIX = 'capped.'
/** Begins the names of the totals of calls by their duration, before the upper bound in seconds. */
export const DURATION_PREFIX = 'seconds.'
const DURATION_METRIC: MetricName = 'wechatpay_edge_call_duration_seconds'

/**
 * Records the counters of this minute, for the charts of the console. Ledgers that purge themselves are not read: on Cloudflare that would
 * wake the ledger of each caller every minute, and each request to one is charged for.
 */
export async function recordSample(context: GatewayContext): Promise<void> {
  if (context.ledgersPurge) return
  try {
    await withTimeout(async () => context.gatewayLedger().recordSample(await takeSample(context)))
  } catch (error) {
    context.log.warn('sample not recorded', { reason: error })
  }
}

/** Reads the sums of counters and the depths of the queues, of all merchants and callers together. */
export async function takeSample(context: GatewayContext): Promise<SampleTotals> {
  const { merchants, ledgerOf, now } = context
  const [counters, depths] = await Promise.all([
    readCounters(context),
    Promise.all(Object.keys(merchants).map(mchid => ledgerOf(mchid).depths(mchid))),
  ])
  const oldest = depths.flatMap(({ oldestPendingAt: at }) => (at === null ? [] : [at]))
  return {
    ...totalsOf(counters),
    ...depthOf(
      'pending',
      depths.map(({ pending }) => pending),
    ),
    ...depthOf(
      'dead',
      depths.map(({ dead }) => dead),
    ),
    oldestPendingSeconds: oldest.length === 0 ? 0 : Math.max(0, (now() - Math.min(...oldest)) / 1000),
  }
}

/** Sums what each merchant has, of which no more than {@link MAX_COUNTED} is counted. */
const depthOf = (name: string, counts: readonly number[]): Record<string, number> => ({
  [name]: counts.reduce((sum, count) => sum + count, 0),
  [CAPPED_PREFIX + name]: counts.filter(count => count >= MAX_COUNTED).length,
})

function totalsOf(counters: readonly CounterRow[]): Record<string, number> {
  const totals = new Map<string, number>()
  const add = (name: string, value: number): void => void totals.set(name, (totals.get(name) ?? 0) + value)
  for (const { name, labels, value } of counters) {
    const source = SOURCES.find(({ metric }) => metric === name)
    if (source) add(source.names[labels.outcome ?? ''] ?? source.other, value)
    else if (name === `${DURATION_METRIC}_bucket`) add(`${DURATION_PREFIX}${labels.le}`, value)
  }
  return Object.fromEntries(totals)
}
