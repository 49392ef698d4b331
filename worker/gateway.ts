import { clientFrom } from '../src/adapters/client.ts'
import { type CloudflareEnvironment, optionsFrom } from '../src/adapters/cloudflare.ts'
import { logWarnings } from '../src/gateway/config/warnings.ts'
import { createGateway, createLog, type Gateway, readConfig } from '../src/gateway/index.ts'
import { checkBindings, warnOfBindings } from './binding-checks.ts'
import type { Env } from './bindings.ts'
import { ledgerOf } from './ledger-calls.ts'
import { LOCATION_VARIABLE, locationOf } from './location.ts'
import { queueOutbox } from './outbox.ts'

/** Milliseconds. Each call to a ledger is paid for; time in the background is not. */
const GATHER_COUNTS = 1_000

interface Held {
  readonly from: readonly unknown[]
  readonly gateway: Gateway
}
let held: Held | undefined

/**
 * The gateway of this isolate, made of secrets, variables and bindings. Made once, so that keys are imported once.
 *
 * @throws {GatewayConfigurationError} naming everything that is missing or wrong
 */
export function gatewayOf(env: Env): Gateway {
  const from = Object.entries(env).flat()
  if (held && held.from.length === from.length && held.from.every((value, at) => value === from[at]))
    return held.gateway
  const {
    merchants,
    log: level,
    warnings,
    ...config
  } = readConfig(env, {
    known: [LOCATION_VARIABLE],
    check(report) {
      locationOf(env, report)
      checkBindings(env, report)
    },
  })
  const options = merchants.map(
    ({ mchid, environment }) => [mchid, optionsFrom(environment as CloudflareEnvironment)] as const,
  )
  // biome-ignore lint/suspicious/noConsole: Cloudflare collects a Worker's logs from its console
  const log = createLog({ level, write: line => console.log(line) })
  const allWarnings = [...warnings, ...warnOfBindings(env, merchants)]
  const gateway = createGateway({
    ...config,
    merchants: Object.fromEntries(options.map(([mchid, one]) => [mchid, clientFrom(one)])),
    certificates: Object.fromEntries(
      options.flatMap(([mchid, { certificate }]) => (certificate ? [[mchid, certificate]] : [])),
    ),
    ledgerOf: ledgerOf(env.LEDGER, locationOf(env)),
    ledgersPurge: true,
    gatherCounts: GATHER_COUNTS,
    outbox: queueOutbox(env.DELIVERIES),
    warnings: allWarnings,
    log,
  })
  logWarnings(log, allWarnings)
  held = { from, gateway }
  return gateway
}
