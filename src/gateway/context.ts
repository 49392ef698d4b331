import type { Wechatpay } from '../core/index.ts'
import { type Confirm, createConfirmer } from '../flows/notification/confirmer.ts'
import { createBodyBudget, type ReadNotificationBody } from './body/body-budget.ts'
import { createAuthenticate } from './caller/authenticate.ts'
import { authenticateBinding } from './caller/binding.ts'
import type { Caller } from './caller/caller.ts'
import { compileAllow } from './caps/allow.ts'
import type { ConfigurationWarning } from './config/warnings.ts'
import { retryDelayOf as backoff } from './delivery/backoff.ts'
import type { Endpoint } from './delivery/endpoint.ts'
import type { FixedIpGateway } from './fixed-ip/fixed-ip.ts'
import { createRequests, type Requests } from './fixed-ip/request.ts'
import { createKeyFaults, type KeyFaults } from './health/key-faults.ts'
import { createRoutes, type Routes } from './intake/routes.ts'
import { createLedgers, type Ledgers } from './ledgers.ts'
import { redactingLog } from './log/log.ts'
import { createSampler } from './log/sampling.ts'
import { type Counters, createCounters } from './metrics/counters.ts'
import type { GatewayOptions, Job, Log, Outbox } from './ports.ts'
import { type CallBodies, createCallBodies } from './relay/call-bodies.ts'
import { DAY, RETENTION_DAYS } from './store/retention.ts'

/** What all parts of the gateway stand on: the options, made ready once. */
export interface GatewayContext extends Requests, Ledgers {
  readonly merchants: Readonly<Record<string, Wechatpay>>
  readonly certificates: Readonly<Record<string, string>>
  readonly authenticate: (request: Request) => Promise<Caller>
  readonly allows: (caller: Caller, method: string, path: string) => boolean
  readonly ledgersPurge: boolean
  readonly outbox: Outbox
  readonly routes: Routes
  /** The names of the endpoints that get events of a merchant. */
  readonly endpointNames: (mchid: string) => readonly string[]
  /** The gateway with the fixed address, where there is one. */
  readonly fixedIp: FixedIpGateway | undefined
  readonly endpointOf: (name: string) => Endpoint | undefined
  readonly fetchOf: (endpoint: Endpoint) => typeof fetch
  readonly counters: Counters
  /** Learns from traffic whether the merchants' keys work. */
  readonly keyFaults: KeyFaults
  readonly log: Log
  readonly now: () => number
  readonly retryDelayOf: (attempt: number) => number
  readonly publicUrl: string | undefined
  readonly retention: number
  /** Milliseconds for which a stranger is told again what a health check has found. */
  readonly healthAge: number
  readonly warnings: readonly ConfigurationWarning[]
  /** Reads the body of a notification, within the budget that all merchants share. */
  readonly readNotificationBody: ReadNotificationBody
  /** Tells which refused notifications are logged. */
  readonly sampleRefused: (kind: string) => number | undefined
  /** Makes what holds the bodies of one call, within the budget that all callers share. */
  readonly callBodies: (caller: string) => CallBodies
  /** Confirms an APIv2 payment or refund by a query; undefined if the configuration gives that up. */
  readonly confirm: Confirm | undefined
}

/** APIv2 and APIv3: a flood of the one must not keep the other out. */
const APIS = 2

export function createGatewayContext(options: GatewayOptions): GatewayContext {
  const { endpoints = [], now = Date.now, fetchOf = () => fetch, retryDelayOf = backoff } = options
  const { retentionDays = RETENTION_DAYS, ledgersPurge = false, gatherCounts = GATHER_COUNTS } = options
  const { noteCallers, ...ledgers } = createLedgers(options)
  const { ledgerOf, outboxLedgerOf, gatewayLedger } = ledgers
  const keyFaults = createKeyFaults(ledgerOf, now)
  const { log = SILENT, publicUrl, merchants, certificates = {}, outbox, callers } = options
  return {
    merchants,
    certificates,
    ...ledgers,
    fetchOf,
    now,
    retryDelayOf,
    publicUrl,
    outbox: releasingOutbox(outbox, outboxLedgerOf),
    ...createRequests(options.fixedIp, keyFaults),
    keyFaults,
    log: redactingLog(log),
    ledgersPurge,
    retention: retentionDays * DAY,
    healthAge: options.healthAge ?? HEALTH_AGE,
    warnings: options.warnings ?? [],
    readNotificationBody: createBodyBudget({ accounts: Object.keys(merchants).length * APIS }),
    sampleRefused: createSampler(now),
    callBodies: createCallBodies(callers.length),
    confirm: options.trustUnconfirmedV2 ? undefined : createConfirmer(now),
    authenticate: noteCallers(
      options.authenticate ?? authenticateBinding(callers, createAuthenticate(callers, { now })),
    ),
    allows: createAllows(),
    routes: createRoutes(endpoints),
    endpointNames: mchid =>
      endpoints.filter(({ merchants }) => merchants?.includes(mchid) ?? true).map(({ name }) => name),
    fixedIp: options.fixedIp,
    endpointOf: name => endpoints.find(endpoint => endpoint.name === name),
    counters: createCounters(
      increments => gatewayLedger().addCounts(increments),
      () => pause(gatherCounts),
    ),
  }
}

/** Milliseconds. Where the ledger is a file, a look at it costs next to nothing. */
const HEALTH_AGE = 5_000
/** Milliseconds. Counts are written down a few times a second at most: a call must not wait for the disk behind another's count. */
const GATHER_COUNTS = 100
const pause = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms))

/** Makes an outbox that tells the ledger of the deliveries that it has not accepted: the next sweep enqueues them. */
function releasingOutbox(outbox: Outbox, outboxLedgerOf: Ledgers['outboxLedgerOf']): Outbox {
  async function release(jobs: readonly Job[]): Promise<void> {
    const merchants = new Set(jobs.map(({ mchid }) => mchid))
    for (const merchant of merchants) {
      const ids = jobs.filter(({ mchid }) => mchid === merchant).map(({ delivery }) => delivery)
      await outboxLedgerOf(merchant).releaseQueued(ids)
    }
  }
  return {
    async enqueue(jobs) {
      try {
        await outbox.enqueue(jobs)
      } catch (error) {
        // A ledger that fails as well lets them wait a few minutes longer.
        await release(jobs).catch(() => {})
        throw error
      }
    },
  }
}

const SILENT: Log = { level: 'error', debug() {}, info() {}, warn() {}, error() {} }

/** What a caller may call, compiled once. */
function createAllows(): GatewayContext['allows'] {
  const compiled = new WeakMap<Caller, ReturnType<typeof compileAllow>>()
  return (caller, method, path) => {
    const allows = compiled.get(caller) ?? compileAllow(caller.allow)
    compiled.set(caller, allows)
    return allows(method, path)
  }
}
