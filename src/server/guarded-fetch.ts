import { lookup as lookUp } from 'node:dns/promises'
import { Agent } from 'node:http'
import { Agent as TlsAgent } from 'node:https'
import type { LookupFunction } from 'node:net'
import { createHttpFetch, failed, KEEP_ALIVE } from '../adapters/http-fetch.ts'
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
class PrivateAddressError extends Error {
  override readonly name: string = 'PrivateAddressError'
  readonly code = 'PRIVATE_ADDRESS'

  constructor(hostname: string) {
    super(`${hostname} is, or resolves to, a private address.`)
  }
}

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
  const lookup = lookupOf(once(resolve), allowPrivate)
  const agents = {
    http: new Agent(KEEP_ALIVE),
    https: new TlsAgent({ ...KEEP_ALIVE, ...(ca !== undefined && { ca }) }),
  }
  const send = createHttpFetch({ agents, lookup })

  return async (input, init) => {
    const { hostname } = new URL(input instanceof Request ? input.url : input)
    // A literal is never looked up.
    if (!allowPrivate && isPrivateHost(hostname)) throw failed(new PrivateAddressError(hostname))
    return send(input, init)
  }
}

/**
 * Looks a name up once for all who ask meanwhile. The system's lookup takes one of the few threads that wait for the disk
 * too: a name server that does not answer for one endpoint must not take them all.
 */
function once(resolve: Resolve): Resolve {
  const underWay = new Map<string, ReturnType<Resolve>>()
  return hostname => {
    const known = underWay.get(hostname)
    if (known) return known
    const looking = resolve(hostname).finally(() => underWay.delete(hostname))
    underWay.set(hostname, looking)
    return looking
  }
}

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
