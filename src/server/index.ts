/** The gateway on Node, Deno and Bun, with its ledger in a SQLite file: `createServer()`. */
export { DiskError } from './disk-error.ts'
export { type LocalGatewayOptions, openGateway, type Server } from './local-gateway.ts'
export { createServer } from './server.ts'
export type { ServerOptions } from './start.ts'
