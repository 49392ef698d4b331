import process from 'node:process'
import { clientFrom } from '../adapters/client.ts'
import type { Signer, Wechatpay, WechatpayOptions } from '../core/index.ts'
import { type Check, health } from '../gateway/health/health.ts'
import { createLog, type GatewayConfig, type Log, readConfig } from '../gateway/index.ts'
import { type LocalGatewayOptions, openGateway, type Server } from './local-gateway.ts'
import { createOutput } from './output.ts'

export interface ServerOptions extends Pick<LocalGatewayOptions, 'onDiskFailure' | 'tracing'> {
  /** The variables that `readConfig` of `wechatpay-edge/gateway` reads, and `GATEWAY_DATA`. Default: the environment. */
  readonly environment?: Readonly<Record<string, string | undefined>>
  /**
   * The signers of merchants whose private key is elsewhere (KMS, HSM), by merchant id (商户号). They replace
   * `WECHATPAY_PRIVATE_KEY`.
   */
  readonly signers?: Readonly<Record<string, Signer>>
  /**
   * Path of the ledger file, which is created if it does not exist, or the URL of a PostgreSQL. Default: `GATEWAY_DATA`, or
   * `wechatpay-edge.db`.
   */
  readonly data?: string
  /** Writes a log line. Default: to the standard output, as long as it has a reader. */
  readonly write?: (line: string) => void
  /** Called with the client of each merchant before its first call: `traceCalls` of `wechatpay-edge/opentelemetry`. */
  readonly onClient?: (client: Wechatpay) => unknown
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
  signers = {},
  data,
  write = createOutput().print,
  onDiskFailure,
  tracing,
  onClient,
}: ServerOptions = {}): Promise<{
  server: Server
  log: Log
  warnings: GatewayConfig['warnings']
  findings: readonly Check[]
}> {
  const { GATEWAY_DATA: file = 'wechatpay-edge.db', ...rest } = environment
  const { merchants, log: level, ...config } = readConfig({ ...rest, ...signerVariables(signers, rest) })
  const optionsFrom = await importOptionsReader()
  const clientOptions = merchants.map(
    ({ mchid, environment: { WECHATPAY_SIGNER: signer, ...texts } }) =>
      [
        mchid,
        { ...optionsFrom(texts as Parameters<ReadOptions>[0]), ...(signer ? { signer: signer as Signer } : {}) },
      ] as const,
  )
  const log = createLog({ level, write })
  const clients = Object.fromEntries(clientOptions.map(([mchid, options]) => [mchid, clientFrom(options)]))
  for (const client of Object.values(clients)) onClient?.(client)
  const certificates = Object.fromEntries(
    clientOptions.flatMap(([mchid, { certificate }]) => (certificate ? [[mchid, certificate]] : [])),
  )
  const server = await openGateway({
    ...config,
    merchants: clients,
    certificates,
    data: data ?? file,
    onDiskFailure,
    tracing,
    log,
  })
  const checks = await health({ merchants: clients, certificates })
  return { server, log, warnings: config.warnings, findings: checks.filter(({ status }) => status !== 'ok') }
}

/** Names signers as the variables of their merchants are named. */
const signerVariables = (
  signers: NonNullable<ServerOptions['signers']>,
  { WECHATPAY_MCHID: single }: Readonly<Record<string, string | undefined>>,
): Record<string, Signer> =>
  Object.fromEntries(
    Object.entries(signers).map(([mchid, signer]) => [
      mchid === single?.trim() ? 'WECHATPAY_SIGNER' : `WECHATPAY_${mchid}_SIGNER`,
      signer,
    ]),
  )

/** Reads a client's options from an environment, with the files, client certificates and cache of the runtime. */
type ReadOptions = (environment: Readonly<Record<string, string | undefined>>) => WechatpayOptions

/** Imports the adapter of the runtime that this program runs on. */
async function importOptionsReader(): Promise<ReadOptions> {
  if ('Deno' in globalThis) return (await import('../adapters/deno.ts')).optionsFrom
  if ('Bun' in globalThis) return (await import('../adapters/bun.ts')).optionsFrom
  return (await import('../adapters/node.ts')).optionsFrom
}
