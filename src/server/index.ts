/** The gateway on Node, Deno and Bun, its ledger in a file of SQLite: `createServer()`. */
import process from 'node:process'
import { clientFrom } from '../adapters/client.ts'
import { createLog, readConfig } from '../gateway/index.ts'
import { type LocalGatewayOptions, openGateway, type Server } from './local-gateway.ts'
import { type ReadOptions, runtimeOptions } from './runtime.ts'

export { DiskError, type LocalGatewayOptions, openGateway, type Server } from './local-gateway.ts'

export interface ServerOptions extends Pick<LocalGatewayOptions, 'onDiskFailure'> {
  /** What `readConfig` of `wechatpay-edge/gateway` reads, and `GATEWAY_DATA`. Default: the environment. */
  readonly environment?: Readonly<Record<string, string | undefined>>
  /** The file of the ledger, which is made where there is none. Default: `GATEWAY_DATA`, `wechatpay-edge.db`. */
  readonly data?: string
  /** Where log lines go. Default: the standard output; where nobody reads that any more, they are dropped. */
  readonly write?: (line: string) => void
}

/**
 * A gateway made from the environment: keys and files as the adapters have them, callers and endpoints as
 * `wechatpay-edge/gateway` has them. It begins at once to deliver what its ledger has left.
 *
 * @throws {GatewayConfigurationError} naming everything that is missing or wrong
 * @throws {ConfigurationError} the ledger cannot be opened, another process has it, or the runtime has no SQLite
 * @example
 * ```ts
 * // deno serve --allow-all gateway.ts; bun gateway.ts
 * export default await createServer()
 * ```
 */
export async function createServer({
  environment = process.env,
  data,
  write = createPrint(),
  onDiskFailure,
}: ServerOptions = {}): Promise<Server> {
  const { GATEWAY_DATA: file = 'wechatpay-edge.db', ...rest } = environment
  const { merchants, log: level, ...config } = readConfig(rest)
  const optionsFrom = await runtimeOptions()
  const options = merchants.map(
    ({ mchid, environment }) => [mchid, optionsFrom(environment as Parameters<ReadOptions>[0])] as const,
  )
  return openGateway({
    ...config,
    merchants: Object.fromEntries(options.map(([mchid, one]) => [mchid, clientFrom(one)])),
    certificates: Object.fromEntries(
      options.flatMap(([mchid, { certificate }]) => (certificate ? [[mchid, certificate]] : [])),
    ),
    data: data ?? file,
    onDiskFailure,
    log: createLog({ level, write }),
  })
}

/** Writes to the standard output, and drops what nobody reads any more: a gateway does not end with its log. */
const createPrint = (): ((line: string) => void) => {
  let isUnread = false
  process.stdout.on('error', () => {
    isUnread = true
  })
  return line => void (isUnread || process.stdout.write(`${line}\n`))
}
