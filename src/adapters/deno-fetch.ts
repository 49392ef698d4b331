import { Agent, type ClientRequestArgs } from 'node:http'
import { Agent as TlsAgent } from 'node:https'
import { isIP } from 'node:net'
import type { Duplex } from 'node:stream'
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls'
import { ConfigurationError } from '../core/index.ts'
import { createHttpFetch, KEEP_ALIVE } from './http-fetch.ts'
import { openTunnel, readProxy } from './proxy.ts'
import { rememberUnestablished, reportUnsent } from './unsent.ts'

/** TLS settings of a connection: trusted authorities, client certificate and key. PEM. */
export type TlsOptions = Pick<ConnectionOptions, 'ca' | 'cert' | 'key'>

/** The part of Deno's API that this file uses. */
declare const Deno: {
  env: { get(name: string): string | undefined }
  permissions?: { querySync(descriptor: { name: 'env'; variable: string }): { state: string } }
}

/**
 * Creates the `fetch` of the Deno adapter, which sends each request once: {@link createHttpFetch} over connections that
 * require only the permission for the host, and trust the authorities of `--cert` and `DENO_CERT`. Uses `HTTPS_PROXY`
 * and `NO_PROXY` if Deno may read them.
 *
 * @returns a `fetch` that rejects with a {@link ConfigurationError} `PERMISSION_DENIED` if Deno may not reach the host,
 * and reports when nothing was sent, as in {@link reportUnsent}
 */
export function createDenoFetch(tls: TlsOptions = {}): typeof fetch {
  const agents = { http: new Agent(KEEP_ALIVE), https: new DenoTlsAgent(tls) }
  const httpFetch = createHttpFetch({ agents, decompress: true })
  return reportUnsent(async (input, init) => {
    try {
      return await httpFetch(input, init)
    } catch (error) {
      const cause = (error as Error).cause ?? error
      const host = forbiddenHost(cause as DenoError, input)
      if (host === undefined) throw error
      throw new ConfigurationError('PERMISSION_DENIED', host, `run Deno with --allow-net=${host}`, cause)
    }
  })
}

type DenoError = Error & { code?: string; hostname?: string }

/** Returns the host that Deno may not reach, which may be that of a proxy. Nothing was sent then. */
function forbiddenHost({ name, code, message, hostname }: DenoError, input: RequestInfo | URL): string | undefined {
  if (code === 'EPERM' && hostname) return hostname
  if (name !== 'NotCapable') return undefined
  return /net access to "([^"]+)"/.exec(message)?.[1] ?? new URL(input instanceof Request ? input.url : input).host
}

/**
 * Connects with `node:tls`. Deno's own TLS agent requires `--allow-sys` and `--allow-env` if `NODE_EXTRA_CA_CERTS` is
 * set, and then does not trust the authorities of `--cert`.
 */
class DenoTlsAgent extends TlsAgent {
  readonly #tls: TlsOptions
  readonly #proxyOf = readProxy(readVariable)

  constructor(tls: TlsOptions) {
    super(KEEP_ALIVE)
    this.#tls = tls
  }

  override createConnection(
    { host, port }: ClientRequestArgs,
    connected: (error: Error | null, stream: Duplex) => void = () => {},
  ): Duplex | undefined {
    const [hostname, number] = [String(host), Number(port)]
    const options: ConnectionOptions = {
      ...this.#tls,
      host: hostname,
      port: number,
      ALPNProtocols: ['http/1.1'],
      ...(!isIP(hostname) && { servername: hostname }),
    }
    const proxy = this.#proxyOf(hostname)
    if (!proxy) return connectTls(options)
    openTunnel(proxy, `${hostname}:${number}`).then(
      socket => connected(null, connectTls({ ...options, socket })),
      error => connected(error, undefined as never),
    )
    return undefined
  }
}

/** Connects, and remembers an error of the handshake: after that, a connection may fail with the same code. */
function connectTls(options: ConnectionOptions): TLSSocket {
  const socket = connect(options)
  socket.once('error', rememberUnestablished)
  socket.once('secureConnect', () => socket.off('error', rememberUnestablished))
  return socket
}

/** Reads a variable if Deno may read it; does not ask for the permission. */
function readVariable(variable: string): string | undefined {
  const isGranted = Deno.permissions?.querySync({ name: 'env', variable }).state === 'granted'
  return isGranted ? Deno.env.get(variable) : undefined
}
