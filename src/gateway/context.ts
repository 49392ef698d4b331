import type { ReadConsoleFile } from '../console-files/serve-console.ts'
import { DAY } from '../core/base/time.ts'
import { brandCredentialsOf } from '../core/client/client.ts'
import type { Wechatpay } from '../core/index.ts'
import { type Confirm, createConfirmer } from '../flows/notification/confirmer.ts'
import { createEventStreams, type EventStreams } from './admin/event-stream.ts'
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
import type { ProcessMetric } from './metrics/metrics.ts'
import type { GatewayOptions, Job, Log, Outbox } from './ports.ts'
import { type CallBodies, createCallBodies } from './relay/call-bodies.ts'
import { createSessionKeys } from './session/session-keys.ts'
import { createSessions, type Sessions } from './session/sessions.ts'
import { RETENTION_DAYS } from './store/retention.ts'
import type { Tracing } from './trace/tracing.ts'

/** The dependencies of all parts of the gateway, created once from its options. */
export interface GatewayContext extends Requests, Ledgers {
  readonly merchants: Readonly<Record<string, Wechatpay>>
  readonly certificates: Readonly<Record<string, string>>
  readonly callers: readonly Caller[]
  readonly authenticate: (request: Request) => Promise<Caller>
  /** The sessions of operators who use the console. */
  readonly sessions: Sessions
  readonly allows: (caller: Caller, method: string, path: string) => boolean
  readonly ledgersPurge: boolean
  readonly outbox: Outbox
  readonly routes: Routes
  /** Lists the endpoints that subscribe to events of a merchant. */
  readonly endpointNames: (mchid: string) => readonly string[]
  /** The gateway with the fixed address, if one is configured. */
  readonly fixedIp: FixedIpGateway | undefined
  readonly endpointOf: (name: string) => Endpoint | undefined
  readonly fetchOf: (endpoint: Endpoint) => typeof fetch
  readonly counters: Counters
  /** Records failures of the merchants' keys. */
  readonly keyFaults: KeyFaults
  readonly eventStreams: EventStreams
  readonly log: Log
  readonly tracing: Tracing | undefined
  readonly now: () => number
  readonly retryDelayOf: (attempt: number) => number
  readonly publicUrl: string | undefined
  readonly retention: number
  /** Milliseconds for which the public health report is cached. */
  readonly healthAge: number
  readonly warnings: readonly ConfigurationWarning[]
  readonly processMetrics: () => readonly ProcessMetric[]
  /** Reads the body of a notification, within the budget that all merchants share. */
  readonly readNotificationBody: ReadNotificationBody
  /** Selects the refused notifications that are logged. */
  readonly sampleRefused: (kind: string) => number | undefined
  /** Creates the reader for the bodies of a call, within the budget that all callers share. */
  readonly callBodies: (caller: string) => CallBodies
  /** Reads the files of the console; undefined if it is not served. */
  readonly consoleFiles: ReadConsoleFile | undefined
  /** Confirms an APIv2 payment or refund by a query; undefined if the configuration turns that off. */
  readonly confirm: Confirm | undefined
}

/** Each API of a merchant has a share of the budget of its own, so that a flood of one does not block the others. */
const shareCountOf = (merchants: GatewayOptions['merchants']): number =>
  Object.values(merchants).reduce((sum, client) => sum + (brandCredentialsOf(client) ? 3 : 2), 0)

export function createGatewayContext(options: GatewayOptions): GatewayContext {
  const { endpoints = [], now = Date.now, fetchOf = () => fetch, retryDelayOf = backoff } = options
  const { retentionDays = RETENTION_DAYS, ledgersPurge = false, gatherCounts = GATHER_COUNTS } = options
  const { noteCallers, ...ledgers } = createLedgers(options)
  const { ledgerOf, outboxLedgerOf, gatewayLedger } = ledgers
  const keyFaults = createKeyFaults(ledgerOf, now)
  const { log: givenLog = SILENT, publicUrl, merchants, certificates = {}, outbox, callers } = options
  const log = redactingLog(givenLog)
  return {
    merchants,
    certificates,
    callers,
    sessions: createSessions(callers, createSessionKeys(merchants, log), { now, publicUrl }),
    consoleFiles: options.console,
    ...ledgers,
    fetchOf,
    now,
    retryDelayOf,
    publicUrl,
    outbox: releasingOutbox(outbox, outboxLedgerOf),
    ...createRequests(options.fixedIp, keyFaults),
    tracing: options.tracing,
    keyFaults,
    log,
    eventStreams: createEventStreams({ ...options.eventStreams, log }),
    ledgersPurge,
    retention: retentionDays * DAY,
    healthAge: options.healthAge ?? HEALTH_AGE,
    warnings: options.warnings ?? [],
    processMetrics: options.processMetrics ?? (() => []),
    readNotificationBody: createBodyBudget({ accounts: shareCountOf(merchants) }),
    sampleRefused: createSampler(now),
    callBodies: createCallBodies(callers.length),
    confirm: options.trustUnconfirmedV2 ? undefined : createConfirmer(now),
    authenticate: noteCallers(
      options.authenticate ??
        authenticateBinding(callers, createAuthenticate(callers, { now, sha256: options.sha256 })),
    ),
    allows: createAllows(),
    routes: createRoutes(endpoints),
    endpointNames: mchid =>
      endpoints.filter(({ merchants: served }) => served?.includes(mchid) ?? true).map(({ name }) => name),
    fixedIp: options.fixedIp,
    endpointOf: name => endpoints.find(endpoint => endpoint.name === name),
    counters: createCounters(
      increments => gatewayLedger().addCounts(increments),
      () => pause(gatherCounts),
    ),
  }
}

/** Milliseconds. With the ledger in a file, a check costs almost nothing. */
const HEALTH_AGE = 5_000
/** Milliseconds. Limits writes of counts to a few per second, so that calls do not wait for the disk because of them. */
const GATHER_COUNTS = 100
const pause = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms))

/** Wraps an outbox so that the ledger records deliveries which it does not accept, and the next sweep enqueues them. */
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
        // If the ledger fails too, the sweep enqueues them some minutes later.
        await release(jobs).catch(() => {})
        throw error
      }
    },
  }
}

const SILENT: Log = { level: 'error', debug() {}, info() {}, warn() {}, error() {} }

/** Compiles the `allow` of each caller once. */
function createAllows(): GatewayContext['allows'] {
  const compiled = new WeakMap<Caller, ReturnType<typeof compileAllow>>()
  return (caller, method, path) => {
    const allows = compiled.get(caller) ?? compileAllow(caller.allow)
    compiled.set(caller, allows)
    return allows(method, path)
  }
}
