import type { ReadConsoleFile } from '../console-files/serve-console.ts'
import type { Wechatpay } from '../core/index.ts'
import type { EventStreamOptions } from './admin/event-stream.ts'
import type { Caller } from './caller/caller.ts'
import type { Sha256 } from './caller/token.ts'
import type { ConfigurationWarning } from './config/warnings.ts'
import type { Endpoint } from './delivery/endpoint.ts'
import type { FixedIpGateway } from './fixed-ip/fixed-ip.ts'
import type { Log } from './log/log.ts'
import type { ProcessMetric } from './metrics/metrics.ts'
import type { Ledger } from './store/ledger.ts'
import type { Tracing } from './trace/tracing.ts'

export type { Log } from './log/log.ts'

/** The options of a gateway, among them the ports that each runtime implements. */
export interface GatewayOptions {
  /** The clients that sign, by merchant id (商户号). */
  readonly merchants: Readonly<Record<string, Wechatpay>>
  /** The merchants' certificates (商户 API 证书), PEM by merchant id. With them, `/healthz` reports when they expire. */
  readonly certificates?: Readonly<Record<string, string>>
  readonly callers: readonly Caller[]
  /**
   * Identifies the caller of a request. Default: by the credentials of the callers. It may read the body of `request.clone()`, within
   * bounds of its own, because nobody is identified yet; the body of the request itself must stay unread.
   */
  readonly authenticate?: (request: Request) => Promise<Caller>
  /** The endpoints to which events are delivered. Without any, events are only recorded. */
  readonly endpoints?: readonly Endpoint[]
  /**
   * Returns the ledger with a name: a merchant id, `caller/` and a caller's name, or `gateway`. It may always return the same object;
   * a runtime that scales has a ledger for each name.
   */
  readonly ledgerOf: (name: string) => Ledger
  /** Milliseconds for which counts are gathered that are not sent to a ledger with another call. Default: 100. */
  readonly gatherCounts?: number | undefined
  /**
   * Milliseconds for which the public report of `/healthz` is cached: anybody may request it, and a check writes to each merchant's
   * ledger. Default: 5,000.
   */
  readonly healthAge?: number | undefined
  /** Passes deliveries to {@link Gateway.deliver}. */
  readonly outbox: Outbox
  /** Returns the `fetch` for an endpoint. Default: the runtime's. */
  readonly fetchOf?: (endpoint: Endpoint) => typeof fetch
  /** The public address of the gateway, for the `notify_url` of `/checkout`: `https://pay.example.com` */
  readonly publicUrl?: string | undefined
  /** Another gateway, at a fixed IP address, for the calls that WeChat Pay admits from listed addresses only. Default: none. */
  readonly fixedIp?: FixedIpGateway | undefined
  /** Days for which the ledgers keep completed events and calls. Default: 90. */
  readonly retentionDays?: number | undefined
  /** The bounds of the event streams under `/admin`. */
  readonly eventStreams?: EventStreamOptions | undefined
  /**
   * Each ledger purges itself, as a Durable Object does in its alarm. Default: the sweep purges the ledgers of merchants and of
   * `callers`.
   */
  readonly ledgersPurge?: boolean | undefined
  /**
   * Records the APIv2 events `transaction-success`, `combined-transactions-success` and `refund-processed` without a query. By default
   * each is confirmed by a query (查询订单, 合单查单, 查询退款) first, because the APIv2 key signs other texts too, and a refund
   * notification has no signature. Default: false.
   */
  readonly trustUnconfirmedV2?: boolean | undefined
  /**
   * Reads the files of the console, `readConsoleFile` of `wechatpay-edge/gateway`: a page at `/console/` on which operators see and do
   * what `/admin` offers. Default: no console.
   */
  readonly console?: ReadConsoleFile | undefined
  readonly log?: Log
  /** Follows requests and deliveries in traces: `createGatewayTracing` of `wechatpay-edge/opentelemetry`. Default: none. */
  readonly tracing?: Tracing | undefined
  /** The warnings of `readConfig`: `/healthz` reports those that affect health. Default: none. */
  readonly warnings?: readonly ConfigurationWarning[] | undefined
  /** Reads the metrics of this process for `/metrics`. Default: none. */
  readonly processMetrics?: (() => readonly ProcessMetric[]) | undefined
  /**
   * Computes the SHA-256 of a token, lower-case hex. Default: WebCrypto's, which Node, Bun and Deno carry out on another thread, at more
   * cost than the hash itself.
   */
  readonly sha256?: Sha256 | undefined
  /** The clock, milliseconds since 1970. Default: `Date.now`. */
  readonly now?: () => number
  /** Returns the milliseconds before the next attempt of a delivery. Default: exponential, over days. */
  readonly retryDelayOf?: (attempt: number) => number
}

/** A delivery in the outbox. */
export interface Job {
  readonly mchid: string
  readonly delivery: number
}

/** A queue. It may lose jobs and deliver them twice, because the ledger records which deliveries are due. */
export interface Outbox {
  enqueue(jobs: readonly Job[]): Promise<void>
}
