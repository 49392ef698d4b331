import { logWarnings } from '../gateway/config/warnings.ts'
import type { Server } from './local-gateway.ts'
import { type ServerOptions, startServer } from './start.ts'

/**
 * Creates a gateway from the environment: keys and files are read as by the adapters, callers and endpoints as by
 * `wechatpay-edge/gateway`. It begins at once to deliver the pending events of its ledger.
 *
 * @throws {GatewayConfigurationError} naming everything that is missing or wrong
 * @throws {ConfigurationError} the ledger cannot be opened, another process has it, or the runtime has no SQLite
 * @example
 * ```ts
 * // deno serve --allow-all gateway.ts; bun gateway.ts
 * export default await createServer()
 * ```
 */
export async function createServer(options: ServerOptions = {}): Promise<Server> {
  const { server, log, warnings } = await startServer(options)
  logWarnings(log, warnings)
  return server
}
