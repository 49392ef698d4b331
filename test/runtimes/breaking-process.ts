import { startProgram } from '../conformance/tls-process.ts'

/** The fate of a request that has arrived whole; only `answered` keeps its connection. */
export type Breaking =
  | 'answered'
  | 'reset'
  | 'closed'
  | 'status cut'
  | 'headers cut'
  | 'body missing'
  | 'body cut'
  | 'chunk cut'
  | 'body reset'
  | 'silent'
  | 'late'

/** A request that arrived whole. */
export interface Arrival {
  readonly method: string
  /** An earlier request came over the same connection. */
  readonly isReused: boolean
  readonly connection: number
  readonly contentLength: string | null
  readonly transferEncoding: string | null
  /** That of an APIv3 signature. */
  readonly nonce: string | null
  readonly idempotencyKey: string | null
}

/** The server of breaking-server.ts, in a process of its own. */
export interface BreakingServer {
  readonly url: string
  readonly tlsUrl: string
  /** Where `/arrivals/{id}` tells what arrived. */
  readonly controlUrl: string
  /** PEM of the authority that vouches for it. */
  readonly ca: string
}

/** Starts breaking-server.ts, from the project's root. It ends with this process. */
export const startBreakingServer = (): Promise<BreakingServer> => startProgram('test/runtimes/breaking-server.ts')
