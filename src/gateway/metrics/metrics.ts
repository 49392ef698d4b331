import { MAX_COUNTED } from '../store/counts.ts'

/** The labels of each metric. Their values must come from small sets, or the table of counters would grow without bound. */
export interface MetricLabels {
  /** `api`: `v2`, `v3`. `outcome`: `OK`, or an error's code. */
  wechatpay_edge_calls_total: 'caller' | 'mchid' | 'api' | 'outcome'
  wechatpay_edge_call_duration_seconds: 'api'
  wechatpay_edge_refused_total: 'code'
  /** `outcome`: {@link NotificationOutcome}. */
  wechatpay_edge_notifications_total: 'mchid' | 'outcome'
  /** `outcome`: `delivered`, `failed`, `dead`. */
  wechatpay_edge_deliveries_total: 'endpoint' | 'outcome'
  wechatpay_edge_swept_total: 'mchid' | 'kind' | 'outcome'
  wechatpay_edge_deliveries_pending: 'mchid'
  wechatpay_edge_deliveries_dead: 'mchid'
  wechatpay_edge_oldest_pending_seconds: 'mchid'
  wechatpay_edge_circuit_open: 'mchid' | 'endpoint'
  wechatpay_edge_watched: 'mchid' | 'kind'
  wechatpay_edge_in_doubt: 'mchid' | 'kind'
  wechatpay_edge_certificate_expires_seconds: 'mchid' | 'serial'
  wechatpay_edge_last_sweep_timestamp_seconds: never
  wechatpay_edge_build_info: 'version'
  process_cpu_seconds_total: never
  process_resident_memory_bytes: never
  process_start_time_seconds: never
}

export type MetricName = keyof MetricLabels

export interface Metric<Label extends string = string> {
  readonly type: 'counter' | 'gauge' | 'histogram'
  /**
   * `ledger`: the value stands in the ledger, so every process that shares it reports the same one, and a query takes their maximum.
   * `process`: each process has its own, and a query may add them up.
   */
  readonly scope: 'ledger' | 'process'
  readonly labels: readonly Label[]
  readonly help: string
}

/** Ends the help of a gauge that is counted in the ledger. */
const COUNTED = `counted up to ${MAX_COUNTED}`

/** All metrics, in the order of the page. Gauges are read for each request. */
export const METRICS: { readonly [Name in MetricName]: Metric<MetricLabels[Name]> } = {
  wechatpay_edge_calls_total: {
    type: 'counter',
    scope: 'ledger',
    labels: ['caller', 'mchid', 'api', 'outcome'],
    help: 'Calls to WeChat Pay, by their outcome: OK, or an error code.',
  },
  wechatpay_edge_call_duration_seconds: {
    type: 'histogram',
    scope: 'ledger',
    labels: ['api'],
    help: 'Duration of calls, including WeChat Pay.',
  },
  wechatpay_edge_refused_total: {
    type: 'counter',
    scope: 'ledger',
    labels: ['code'],
    help: 'Requests that the gateway itself refused, by code.',
  },
  wechatpay_edge_notifications_total: {
    type: 'counter',
    scope: 'ledger',
    labels: ['mchid', 'outcome'],
    help: 'Notifications, by their outcome: recorded, duplicate, replayed, answered, probe, stale, forged, unknown_serial, unreadable, undecryptable, incomplete, too_large, other_merchant, unconfirmed, busy, failed.',
  },
  wechatpay_edge_deliveries_total: {
    type: 'counter',
    scope: 'ledger',
    labels: ['endpoint', 'outcome'],
    help: 'Attempts to deliver to an endpoint, by their outcome: delivered, failed, dead.',
  },
  wechatpay_edge_swept_total: {
    type: 'counter',
    scope: 'ledger',
    labels: ['mchid', 'kind', 'outcome'],
    help: 'Queries of calls whose final state is unknown, by their outcome: synthesized, ended, open, unpaid, absent, contradicted, given_up, failed, mismatch, unknown.',
  },
  wechatpay_edge_deliveries_pending: {
    type: 'gauge',
    scope: 'ledger',
    labels: ['mchid'],
    help: `Pending deliveries, ${COUNTED}.`,
  },
  wechatpay_edge_deliveries_dead: {
    type: 'gauge',
    scope: 'ledger',
    labels: ['mchid'],
    help: `Deliveries that were given up, ${COUNTED}.`,
  },
  wechatpay_edge_oldest_pending_seconds: {
    type: 'gauge',
    scope: 'ledger',
    labels: ['mchid'],
    help: `Age of the oldest pending delivery; on SQLite and in Durable Objects of the first ${MAX_COUNTED} of them.`,
  },
  wechatpay_edge_circuit_open: {
    type: 'gauge',
    scope: 'ledger',
    labels: ['mchid', 'endpoint'],
    help: '1 if the circuit of the endpoint is open, because attempts to reach it have failed in a row.',
  },
  wechatpay_edge_watched: {
    type: 'gauge',
    scope: 'ledger',
    labels: ['mchid', 'kind'],
    help: `Calls whose final state is unknown, ${COUNTED}.`,
  },
  wechatpay_edge_in_doubt: {
    type: 'gauge',
    scope: 'ledger',
    labels: ['mchid', 'kind'],
    help: `Calls in doubt, whose outcome could not be determined, ${COUNTED}. See /admin.`,
  },
  wechatpay_edge_last_sweep_timestamp_seconds: {
    type: 'gauge',
    scope: 'ledger',
    labels: [],
    help: 'End of the last sweep, Unix time; 0 before the first. A sweep runs every minute.',
  },
  wechatpay_edge_certificate_expires_seconds: {
    type: 'gauge',
    scope: 'process',
    labels: ['mchid', 'serial'],
    help: "Time until the merchant's certificate expires.",
  },
  wechatpay_edge_build_info: {
    type: 'gauge',
    scope: 'process',
    labels: ['version'],
    help: '1, with the version of the program.',
  },
  process_cpu_seconds_total: { type: 'counter', scope: 'process', labels: [], help: 'Processor time of the process.' },
  process_resident_memory_bytes: {
    type: 'gauge',
    scope: 'process',
    labels: [],
    help: 'Resident memory of the process.',
  },
  process_start_time_seconds: { type: 'gauge', scope: 'process', labels: [], help: 'Start of the process, Unix time.' },
}

/** A metric of a process that its runtime measures. */
export interface ProcessMetric {
  readonly name: Extract<MetricName, `process_${string}`>
  readonly value: number
}

/** The outcome of a notification. */
export type NotificationOutcome =
  | 'recorded'
  | 'duplicate'
  | 'replayed'
  | 'answered'
  | 'probe'
  | 'stale'
  | 'forged'
  | 'unknown_serial'
  | 'unreadable'
  | 'undecryptable'
  | 'incomplete'
  | 'too_large'
  | 'other_merchant'
  | 'unconfirmed'
  | 'busy'
  | 'failed'

/** Upper bounds of a histogram's buckets, seconds, before `+Inf`. A call has up to three attempts of 10 s. */
export const BUCKETS: readonly number[] = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]
