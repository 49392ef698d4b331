import { clientFrom } from '../src/adapters/client.ts'
import { type CloudflareEnvironment, optionsFrom } from '../src/adapters/cloudflare.ts'
import { logWarnings } from '../src/gateway/config/warnings.ts'
import { createGateway, createLog, type Gateway, readConfig, readConsoleFile } from '../src/gateway/index.ts'
import { checkBindings, warnOfBindings } from './binding-checks.ts'
import type { Env } from './bindings.ts'
import { LOCATION_VARIABLE, locationOf } from './location.ts'
import { queueOutbox } from './outbox.ts'
import { readShardCounts, shardCountOf, warnOfShardCounts } from './shard-counts.ts'
import { shardedLedgers } from './sharded-ledgers.ts'

/** Milliseconds. Cloudflare charges for each call to a ledger, but not for time in the background. */
const GATHER_COUNTS = 1_000
/** Milliseconds. Public health checks wake the ledgers no more often than the cron does. */
const HEALTH_AGE = 60_000
/**
 * Each look of an event stream into a ledger is a Durable Object request, and an invocation on the Free plan makes 50 of them at most:
 * a stream ends itself in time, and its client resumes it.
 */
const EVENT_STREAMS = { pollEvery: 2_000, maxAge: 60_000, maxReads: 40 }

interface CachedGateway {
  readonly entries: readonly unknown[]
  readonly gateway: Gateway
}
let cached: CachedGateway | undefined

/**
 * Returns the gateway of this isolate, created from secrets, variables and bindings. It is created once, so that keys are imported
 * once.
 *
 * @throws {GatewayConfigurationError} naming everything that is missing or wrong
 */
export function gatewayOf(env: Env): Gateway {
  const entries = Object.entries(env).flat()
  if (cached && cached.entries.length === entries.length && cached.entries.every((value, at) => value === entries[at]))
    return cached.gateway
  const {
    merchants,
    log: level,
    warnings,
    ...config
  } = readConfig(env, {
    known: [LOCATION_VARIABLE],
    check(report) {
      locationOf(env, report)
      readShardCounts(env, report)
      checkBindings(env, report)
    },
  })
  const clientOptions = merchants.map(
    ({ mchid, environment }) => [mchid, optionsFrom(environment as CloudflareEnvironment)] as const,
  )
  // biome-ignore lint/suspicious/noConsole: Cloudflare collects a Worker's logs from its console
  const log = createLog({ level, write: line => console.log(line) })
  const shardCounts = readShardCounts(env)
  const mchids = new Set(merchants.map(({ mchid }) => mchid))
  const allWarnings = [
    ...warnings,
    ...warnOfBindings(env, merchants),
    ...warnOfShardCounts(shardCounts, { mchids, callers: config.callers }),
  ]
  const gateway = createGateway({
    ...config,
    merchants: Object.fromEntries(clientOptions.map(([mchid, options]) => [mchid, clientFrom(options)])),
    certificates: Object.fromEntries(
      clientOptions.flatMap(([mchid, { certificate }]) => (certificate ? [[mchid, certificate]] : [])),
    ),
    ledgerOf: shardedLedgers(env.LEDGER, {
      location: locationOf(env),
      sizeOfLedger: name => shardCountOf(shardCounts, mchids, name),
      log,
    }),
    ledgersPurge: true,
    gatherCounts: GATHER_COUNTS,
    healthAge: HEALTH_AGE,
    eventStreams: EVENT_STREAMS,
    // Files of the Worker and not `[assets]`: the same code checks and protects them in every runtime, and a deploy cannot miss them.
    console: readConsoleFile,
    outbox: queueOutbox(env.DELIVERIES),
    warnings: allWarnings,
    log,
  })
  logWarnings(log, allWarnings)
  cached = { entries, gateway }
  return gateway
}
