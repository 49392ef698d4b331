import type { Server as HttpServer, RequestListener, ServerOptions } from 'node:http'
import type { Server } from 'node:net'
import type { TlsOptions } from 'node:tls'

/** The server that accepts connections, and the one that reads requests from them. In Node they are one. */
export interface Servers {
  readonly listener: Server
  readonly http: HttpServer
}

/**
 * Creates the servers for HTTP, or for HTTPS.
 *
 * An `import` of `node:http` would read all its exports, and one of them loads the `fetch` of Node, which takes a fifth of the start.
 *
 * In Bun, and in the executable that is built with it, the sockets of an HTTPS server do not have the client's certificate, while those
 * of a TLS server do. So a TLS server accepts the connections there, and hands them to an HTTP server.
 *
 * @param tls undefined: HTTP
 * @see https://nodejs.org/api/http.html#event-connection A connection of any server may be given to an HTTP server
 */
export function createServers(serve: RequestListener, options: ServerOptions, tls: TlsOptions | undefined): Servers {
  if (tls && process.versions.bun === undefined) {
    const server = process.getBuiltinModule('node:https').createServer({ ...options, ...tls }, serve)
    return { listener: server, http: server }
  }
  const http = process.getBuiltinModule('node:http').createServer(options, serve)
  if (!tls) return { listener: http, http }
  const { createServer } = process.getBuiltinModule('node:tls')
  return { listener: createServer(tls, socket => http.emit('connection', socket)), http }
}
