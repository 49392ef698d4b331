import process from 'node:process'
import { clientFrom } from '../adapters/client.ts'
import { type Check, health } from '../gateway/health/health.ts'
import { createLog, type GatewayConfig, type Log, readConfig } from '../gateway/index.ts'
import { type LocalGatewayOptions, openGateway, type Server } from './local-gateway.ts'
import { createOutput } from './output.ts'
import { type ReadOptions, runtimeOptions } from './runtime.ts'

export interface ServerOptions extends Pick<LocalGatewayOptions, 'onDiskFailure'> {
  /** The variables that `readConfig` of `wechatpay-edge/gateway` reads, and `GATEWAY_DATA`. Default: the environment. */
  readonly environment?: Readonly<Record<string, string | undefined>>
  /** The file of the ledger, which is made where there is none. Default: `GATEWAY_DATA`, `wechatpay-edge.db`. */
  readonly data?: string
  /** Where log lines go. Default: the standard output; where nobody reads that any more, they are dropped. */
  readonly write?: (line: string) => void
}

/**
 * Starts a gateway that is made from the environment.
 *
 * @returns the gateway and its log, for whoever serves it, what is unusual about its configuration, and what `health` finds wrong
 * with the keys
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
  const optionsFrom = await runtimeOptions()
  const options = merchants.map(
    ({ mchid, environment }) => [mchid, optionsFrom(environment as Parameters<ReadOptions>[0])] as const,
  )
  const log = createLog({ level, write })
  const clients = Object.fromEntries(options.map(([mchid, one]) => [mchid, clientFrom(one)]))
  const certificates = Object.fromEntries(
    options.flatMap(([mchid, { certificate }]) => (certificate ? [[mchid, certificate]] : [])),
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
