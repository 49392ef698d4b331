import { VERSION } from '../../core/base/version.ts'
import { importCertificate } from '../../core/crypto/keys.ts'
import type { GatewayContext } from '../context.ts'
import type { CounterRow } from '../store/counts.ts'
import { KINDS } from '../sweep/kinds.ts'
import type { MetricName } from './metrics.ts'
import { PROMETHEUS_TYPE, writePrometheus } from './prometheus.ts'
import { readCounters } from './read-counters.ts'

/** Writes the page `GET /metrics`, for a caller that was admitted. */
export async function metrics(context: GatewayContext): Promise<Response> {
  const { gatewayLedger, merchants, processMetrics } = context
  const counts = await readCounters(context)
  const gauges = await Promise.all(Object.keys(merchants).map(mchid => gaugesOf(mchid, context)))
  const swept = (await gatewayLedger().lastSweep()) ?? 0
  const lastSweep = { name: 'wechatpay_edge_last_sweep_timestamp_seconds', labels: {}, value: swept / 1000 }
  const build = { name: 'wechatpay_edge_build_info', labels: { version: VERSION }, value: 1 }
  const ofProcess = processMetrics().map(metric => ({ ...metric, labels: {} }))
  const rows = [...counts, ...gauges.flat(), lastSweep, build, ...ofProcess]
  return new Response(writePrometheus(rows), { headers: { 'Content-Type': PROMETHEUS_TYPE } })
}

async function gaugesOf(mchid: string, context: GatewayContext): Promise<CounterRow[]> {
  const { ledgerOf, now, endpointNames } = context
  const [{ pending, dead, oldestPendingAt, watched, inDoubt }, circuits] = await Promise.all([
    ledgerOf(mchid).depths(mchid),
    ledgerOf(mchid).circuits(mchid),
  ])
  const gauge = gaugeOf(mchid)
  return [
    ...(await expiryOf(mchid, context)),
    gauge('wechatpay_edge_deliveries_pending', pending),
    gauge('wechatpay_edge_deliveries_dead', dead),
    gauge('wechatpay_edge_oldest_pending_seconds', oldestPendingAt === null ? 0 : (now() - oldestPendingAt) / 1000),
    // Includes zeros, because an alert cannot compare with a missing series.
    ...endpointNames(mchid).map(endpoint => gauge('wechatpay_edge_circuit_open', 0, { endpoint })),
    ...circuits.map(({ endpoint }) => gauge('wechatpay_edge_circuit_open', 1, { endpoint })),
    ...Object.keys(KINDS).map(kind => gauge('wechatpay_edge_in_doubt', 0, { kind })),
    ...Object.entries(inDoubt ?? {}).map(([kind, count]) => gauge('wechatpay_edge_in_doubt', count, { kind })),
    ...Object.entries(watched).map(([kind, count]) => gauge('wechatpay_edge_watched', count, { kind })),
  ]
}

const gaugeOf =
  (mchid: string) =>
  (name: MetricName, value: number, labels = {}): CounterRow => ({ name, value, labels: { mchid, ...labels } })

async function expiryOf(mchid: string, { certificates, now }: GatewayContext): Promise<CounterRow[]> {
  const pem = certificates[mchid]
  if (pem === undefined) return []
  const { serial, notAfter } = await importCertificate(pem, 'certificate', crypto)
  const seconds = Math.round((+notAfter - now()) / 1000)
  return [gaugeOf(mchid)('wechatpay_edge_certificate_expires_seconds', seconds, { serial })]
}
