import { request } from 'node:http'
import type { Socket } from 'node:net'
import { ConfigurationError } from '../core/index.ts'

/** Milliseconds within which a proxy must open a tunnel. */
const TUNNEL_TIMEOUT = 10_000

/**
 * Reads the proxy for TLS connections and its exceptions: `HTTPS_PROXY` and `NO_PROXY`, in upper or lower case.
 *
 * @param variable reads one variable
 * @returns a function that finds the proxy of a host; undefined if the host is reached directly
 * @throws {ConfigurationError} `HTTPS_PROXY` is not the URL of an HTTP proxy
 * @see https://docs.deno.com/runtime/reference/env_variables/
 * @example
 * ```ts
 * const proxyOf = readProxy(name => process.env[name])
 * proxyOf('api.mch.weixin.qq.com') // URL { href: 'http://proxy.example.com:3128/' }
 * ```
 */
export function readProxy(variable: (name: string) => string | undefined): (host: string) => URL | undefined {
  const either = (name: string) => variable(name) || variable(name.toLowerCase())
  const proxy = either('HTTPS_PROXY')
  if (!proxy) return () => undefined
  const url = URL.canParse(proxy) ? new URL(proxy) : undefined
  if (url?.protocol !== 'http:')
    throw new ConfigurationError('OPTION_INVALID', 'HTTPS_PROXY', 'give the URL of an HTTP proxy, http://host:port')
  const exempt = either('NO_PROXY') ?? ''
  return host => (isExempt(host, exempt) ? undefined : url)
}

/** Returns whether `NO_PROXY` lists a host or a parent domain, with or without a leading `.` or `*.`; `*` is all hosts. */
const isExempt = (host: string, list: string): boolean =>
  list
    .split(',')
    .map(entry => entry.trim().replace(/^\*?\./, ''))
    .some(entry => entry === '*' || (entry !== '' && `.${host}`.endsWith(`.${entry}`)))

/**
 * Opens a tunnel through an HTTP proxy (RFC 9110, CONNECT).
 *
 * @param proxy its URL, with user and password if it requires them
 * @param authority the target of the tunnel: `host:port`
 * @throws {Error} the proxy cannot be reached, or refuses
 */
export function openTunnel(proxy: URL, authority: string): Promise<Socket> {
  const { hostname, port, username, password } = proxy
  const user = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  return new Promise((resolve, reject) => {
    const connecting = request({
      host: hostname.replace(/^\[|\]$/g, ''),
      port: port || 80,
      method: 'CONNECT',
      path: authority,
      agent: false,
      timeout: TUNNEL_TIMEOUT,
      headers: {
        host: authority,
        ...(username && { 'proxy-authorization': `Basic ${Buffer.from(user).toString('base64')}` }),
      },
    })
    connecting
      .on('connect', ({ statusCode }, socket) => {
        if (statusCode === 200) return resolve(socket)
        socket.destroy()
        reject(new Error(`The proxy ${proxy.host} refuses to connect to ${authority} (HTTP ${statusCode}).`))
      })
      .on('timeout', () => connecting.destroy(new Error(`The proxy ${proxy.host} does not respond.`)))
      .on('error', reject)
      .end()
  })
}
