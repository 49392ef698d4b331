import { lookup as lookUp } from 'node:dns/promises'
import { Agent, type IncomingMessage, request as requestHttp } from 'node:http'
import { request as requestHttps, Agent as TlsAgent } from 'node:https'
import type { LookupFunction } from 'node:net'
import { Readable } from 'node:stream'
import { isPrivateAddress, isPrivateHost } from '../gateway/delivery/address.ts'

export interface GuardedFetchOptions {
  /** Private addresses are reached too. Default: refused. */
  readonly allowPrivate?: boolean
  /** Finds the addresses of a name. Default: as the system does, `/etc/hosts` and all. */
  readonly resolve?: Resolve
  /** Whom to trust in place of the runtime's certificate authorities. PEM. */
  readonly ca?: string
}

/** @returns all addresses of a name, IPv4 and IPv6 */
export type Resolve = (hostname: string) => Promise<readonly Address[]>

export interface Address {
  readonly address: string
  readonly family: number
}

/** A host is private, or one of its addresses is: nothing was sent. The `cause` of what the `fetch` rejects with. */
export class PrivateAddressError extends Error {
  override readonly name: string = 'PrivateAddressError'
  readonly code = 'PRIVATE_ADDRESS'

  constructor(hostname: string) {
    super(`${hostname} is, or resolves to, a private address.`)
  }
}

/** Milliseconds that an idle connection is kept: servers give up after 5 s and more, and one of the two has to be first. */
const IDLE = 4_000

/**
 * A `fetch` for URLs that somebody else wrote. It resolves a name, refuses it when any of its addresses is private, and
 * connects to an address that it has looked at: a name that changes between the look and the connection (DNS rebinding) leads
 * nowhere. Connections are used again. A redirect comes back as it is; there is no proxy, no cache, no cookie, and what is
 * compressed stays so.
 *
 * @returns what rejects as `fetch` does: with the signal's reason, or with a `TypeError` whose `cause` has a `code`:
 * `PRIVATE_ADDRESS` ({@link PrivateAddressError}), `ECONNREFUSED`, `ENOTFOUND`, …
 * @example
 * ```ts
 * const fetch = createGuardedFetch()
 * await fetch('https://localhost/').catch(({ cause }) => console.log(cause.code)) // PRIVATE_ADDRESS
 * ```
 */
export function createGuardedFetch(options: GuardedFetchOptions = {}): typeof fetch {
  const { allowPrivate = false, resolve = hostname => lookUp(hostname, { all: true }), ca } = options
  const lookup = lookupOf(resolve, allowPrivate)
  const kept = { keepAlive: true, timeout: IDLE }
  const plain = { request: requestHttp, agent: new Agent(kept) }
  const tls = { request: requestHttps, agent: new TlsAgent({ ...kept, ...(ca !== undefined && { ca }) }) }

  return async (input, init) => {
    const standard = new Request(input, init)
    const { method, signal } = standard
    const url = new URL(standard.url)
    const body = new Uint8Array(await standard.arrayBuffer())
    const headers = new Headers(standard.headers)
    headers.set('accept-encoding', 'identity')
    if (method !== 'GET' && method !== 'HEAD') headers.set('content-length', String(body.length))
    signal.throwIfAborted()
    // A literal is never looked up.
    if (!allowPrivate && isPrivateHost(url.hostname)) throw failed(new PrivateAddressError(url.hostname))

    return new Promise((resolve, reject) => {
      const { request, agent } = url.protocol === 'https:' ? tls : plain
      const sent = request(url, { method, headers: Object.fromEntries(headers), agent, lookup })
      const abort = () => sent.destroy(signal.reason)
      signal.addEventListener('abort', abort)
      sent
        .on('response', incoming => {
          try {
            const response = responseOf(incoming)
            if (response.body) return resolve(response)
            // Not before its connection is free, for the next call to take.
            incoming.resume().on('close', () => resolve(response))
          } catch (error) {
            // A status or a header that no Response can have.
            sent.destroy(error as Error)
          }
        })
        .on('error', error => reject(signal.aborted ? signal.reason : failed(error)))
        .on('close', () => signal.removeEventListener('abort', abort))
        .end(body)
    })
  }
}

const failed = (cause: Error): TypeError => new TypeError('fetch failed', { cause })

/** What a socket asks for addresses: it is told no other than those that were looked at. */
function lookupOf(resolve: Resolve, allowPrivate: boolean): LookupFunction {
  const find = async (hostname: string): Promise<readonly [Address, ...Address[]]> => {
    const [first, ...more] = await resolve(hostname)
    if (!first) throw Object.assign(new Error(`${hostname} has no address.`), { code: 'ENOTFOUND' })
    if (!allowPrivate && [first, ...more].some(({ address }) => isPrivateAddress(address)))
      throw new PrivateAddressError(hostname)
    return [first, ...more]
  }
  return (hostname, { all }, callback) => {
    find(hostname).then(
      found => (all ? callback(null, [...found]) : callback(null, found[0].address, found[0].family)),
      error => callback(error, ''),
    )
  }
}

/** Statuses whose answer has no body (Fetch, "null body status"). */
const BODILESS: ReadonlySet<number> = new Set([204, 205, 304])

function responseOf(incoming: IncomingMessage): Response {
  const { statusCode: status = 0, rawHeaders } = incoming
  const headers = new Headers()
  for (let at = 0; at < rawHeaders.length; at += 2) headers.append(rawHeaders[at]!, rawHeaders[at + 1]!)
  const body = BODILESS.has(status) ? null : (Readable.toWeb(incoming) as ReadableStream<Uint8Array<ArrayBuffer>>)
  return new Response(body, { status, headers })
}
