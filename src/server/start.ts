import process from 'node:process'
import { clientFrom } from '../adapters/client.ts'
import type { WechatpayOptions } from '../core/index.ts'
import { type Check, health } from '../gateway/health/health.ts'
import { createLog, type GatewayConfig, type Log, readConfig } from '../gateway/index.ts'
import { type LocalGatewayOptions, openGateway, type Server } from './local-gateway.ts'
import { createOutput } from './output.ts'
export interface ServerOptions extends Pick<LocalGatewayOptions, 'onDiskFailure'> {
  /** The variables that `readConfig` of `wechatpay-edge/gateway` reads, and `GATEWAY_DATA`. Default: the environment. */
  readonly environment?: Readonly<Record<string, string | undefined>>
  /** Path of the ledger file, which is created if it does not exist. Default: `GATEWAY_DATA`, or `wechatpay-edge.db`. */
  readonly data?: string
  /** Writes a log line. Default: to the standard output, as long as it has a reader. */
  readonly write?: (line: string) => void
}

/**
 * Starts a gateway configured by the environment.
 *
 * @returns the gateway, its log, the warnings about its configuration, and the problems that `health` finds with the keys
 * @throws {GatewayConfigurationError}
 * @throws {ConfigurationError}
 */
export async function startServer({
  environment = process.env,
  data,
  write = createOutput().print,
  onDiskFailure,
}: ServerOptions = {}): Promise<{
  server: Server
  log: Log
  warnings: GatewayConfig['warnings']
  findings: readonly Check[]
}> {
  const { GATEWAY_DATA: file = 'wechatpay-edge.db', ...rest } = environment
  const { merchants, log: level, ...config } = readConfig(rest)
  const optionsFrom = await importOptionsReader()
  const clientOptions = merchants.map(
    ({ mchid, environment }) => [mchid, optionsFrom(environment as Parameters<ReadOptions>[0])] as const,
  )
  const log = createLog({ level, write })
  const clients = Object.fromEntries(clientOptions.map(([mchid, options]) => [mchid, clientFrom(options)]))
  const certificates = Object.fromEntries(
    clientOptions.flatMap(([mchid, { certificate }]) => (certificate ? [[mchid, certificate]] : [])),
  )
  const server = await openGateway({
    ...config,
    merchants: clients,
    certificates,
    data: data ?? file,
    onDiskFailure,
    log,
  })
  const checks = await health({ merchants: clients, certificates })
  return { server, log, warnings: config.warnings, findings: checks.filter(({ status }) => status !== 'ok') }
}

/** Reads a client's options from an environment, with the files, client certificates and cache of the runtime. */
type ReadOptions = (environment: Readonly<Record<string, string | undefined>>) => WechatpayOptions

/** Imports the adapter of the runtime that this program runs on. */
async function importOptionsReader(): Promise<ReadOptions> {
  if ('Deno' in globalThis) return (await import('../adapters/deno.ts')).optionsFrom
  if ('Bun' in globalThis) return (await import('../adapters/bun.ts')).optionsFrom
  return (await import('../adapters/node.ts')).optionsFrom
}
