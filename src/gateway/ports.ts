import type { Wechatpay } from '../core/index.ts'
import type { Caller } from './caller/caller.ts'
import type { ConfigurationWarning } from './config/warnings.ts'
import type { Endpoint } from './delivery/endpoint.ts'
import type { FixedIpGateway } from './fixed-ip/fixed-ip.ts'
import type { Log } from './log/log.ts'
import type { Ledger } from './store/ledger.ts'

export type { Log } from './log/log.ts'

/** What the gateway stands on; each runtime fills it. */
export interface GatewayOptions {
  /** The clients that sign, by merchant id (商户号). */
  readonly merchants: Readonly<Record<string, Wechatpay>>
  /** The merchants' certificates (商户 API 证书), PEM by merchant id, where `/healthz` is to tell how long they last. */
  readonly certificates?: Readonly<Record<string, string>>
  readonly callers: readonly Caller[]
  /** Tells who calls. Default: by the credentials of the callers. */
  readonly authenticate?: (request: Request) => Promise<Caller>
  /** Where notifications go. Without any they are recorded, and wait in the ledger. */
  readonly endpoints?: readonly Endpoint[]
  /**
   * The ledger of that name: a merchant id, `caller/` and a caller's name, or `gateway`. One may stand for all of them, if
   * it is the same object each time; a runtime that scales has one each.
   */
  readonly ledgerOf: (name: string) => Ledger
  /** Milliseconds for which counts are gathered that no other call takes along to a ledger. Default: 100. */
  readonly gatherCounts?: number | undefined
  /**
   * Milliseconds for which `/healthz` tells strangers again what it has found: they may ask as often as they like, and a look has each
   * merchant's ledger write. Default: 5,000.
   */
  readonly healthAge?: number | undefined
  /** Brings deliveries to {@link Gateway.deliver}. */
  readonly outbox: Outbox
  /** Reaches an endpoint. Default: the runtime's `fetch`. */
  readonly fetchOf?: (endpoint: Endpoint) => typeof fetch
  /** Where the gateway is reached from outside: what `/checkout` has WeChat Pay notify. `https://pay.example.com` */
  readonly publicUrl?: string | undefined
  /** Another gateway, at a fixed IP address, for the calls that WeChat Pay admits from listed addresses only. Default: none. */
  readonly fixedIp?: FixedIpGateway | undefined
  /** Days that what is over stays in the ledger. Default: 90. */
  readonly retentionDays?: number | undefined
  /**
   * Each ledger deletes by itself what is over, as a Durable Object does by its alarm. Default: the sweep does it for the
   * merchants' ledgers and those of `callers`.
   */
  readonly ledgersPurge?: boolean | undefined
  /**
   * Records the APIv2 events `transaction-success`, `combined-transactions-success` and `refund-processed` without asking
   * WeChat Pay whether they happened. By default each is confirmed by a query (查询订单, 合单查单, 查询退款) first: the APIv2 key signs
   * other texts too, and a refund notification has no signature. Default: false.
   */
  readonly trustUnconfirmedV2?: boolean | undefined
  readonly log?: Log
  /** What is unusual about the configuration, as `readConfig` gives it: `/healthz` tells of those that affect health. Default: nothing. */
  readonly warnings?: readonly ConfigurationWarning[] | undefined
  /** The clock, milliseconds since 1970. Default: `Date.now`. */
  readonly now?: () => number
  /** What delivery waits before its next attempt, ms. Default: exponential, over days. */
  readonly retryDelayOf?: (attempt: number) => number
}

/** Names a delivery to whoever carries it out. */
export interface Job {
  readonly mchid: string
  readonly delivery: number
}

/** A queue. It may lose a job, and bring one twice: the ledger knows what is due. */
export interface Outbox {
  enqueue(jobs: readonly Job[]): Promise<void>
}
