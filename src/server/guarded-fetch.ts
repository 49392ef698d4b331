import { lookup as lookUp } from 'node:dns/promises'
import { Agent } from 'node:http'
import { Agent as TlsAgent } from 'node:https'
import type { LookupFunction } from 'node:net'
import { createHttpFetch, fetchError, KEEP_ALIVE } from '../adapters/http-fetch.ts'
import { isPrivateAddress, isPrivateHost } from '../gateway/delivery/address.ts'

export interface GuardedFetchOptions {
  /** Allows private addresses. Default: false. */
  readonly allowPrivate?: boolean
  /** Resolves a name. Default: the system's resolver, which reads `/etc/hosts` too. */
  readonly resolve?: Resolve
  /** Certificate authorities that replace those of the runtime, PEM. */
  readonly ca?: string
}

/** @returns all addresses of a name, IPv4 and IPv6 */
export type Resolve = (hostname: string) => Promise<readonly Address[]>

export interface Address {
  readonly address: string
  readonly family: number
}

/** A host or one of its addresses is private; nothing was sent. It is the `cause` of the error that the guarded `fetch` rejects with. */
class PrivateAddressError extends Error {
  override readonly name: string = 'PrivateAddressError'
  readonly code = 'PRIVATE_ADDRESS'

  constructor(hostname: string) {
    super(`${hostname} is, or resolves to, a private address.`)
  }
}

/**
 * Creates a `fetch` for untrusted URLs. It resolves a name, refuses it if any of its addresses is private, and connects to one of
 * the addresses that it has checked, so that a name which changes between check and connection (DNS rebinding) has no effect.
 * Connections are reused. Redirects are returned and not followed; there is no proxy, no cache and no cookie, and compressed
 * bodies are not decompressed.
 *
 * @returns a function that rejects as `fetch` does: with the signal's reason, or with a `TypeError` whose `cause` has a `code`:
 * `PRIVATE_ADDRESS` ({@link PrivateAddressError}), `ECONNREFUSED`, `ENOTFOUND`, …
 * @example
 * ```ts
 * const fetch = createGuardedFetch()
 * await fetch('https://localhost/').catch(({ cause }) => console.log(cause.code)) // PRIVATE_ADDRESS
 * ```
 */
export function createGuardedFetch(options: GuardedFetchOptions = {}): typeof fetch {
  const { allowPrivate = false, resolve = hostname => lookUp(hostname, { all: true }), ca } = options
  const lookup = createLookup(shareLookups(resolve), allowPrivate)
  const agents = {
    http: new Agent(KEEP_ALIVE),
    https: new TlsAgent({ ...KEEP_ALIVE, ...(ca !== undefined && { ca }) }),
  }
  const send = createHttpFetch({ agents, lookup })

  return async (input, init) => {
    const { hostname } = new URL(input instanceof Request ? input.url : input)
    // Sockets do not look up IP literals, so `lookup` would never see them.
    if (!allowPrivate && isPrivateHost(hostname)) throw fetchError(new PrivateAddressError(hostname))
    return send(input, init)
  }
}

/**
 * Shares one lookup of a name among concurrent callers. The system's lookup occupies one of the few threads that also wait for the
 * disk: if the name server of a single endpoint does not respond, it must not occupy them all.
 */
function shareLookups(resolve: Resolve): Resolve {
  const pending = new Map<string, ReturnType<Resolve>>()
  return hostname => {
    const shared = pending.get(hostname)
    if (shared) return shared
    const lookup = resolve(hostname).finally(() => pending.delete(hostname))
    pending.set(hostname, lookup)
    return lookup
  }
}

/** Creates the lookup function of a socket: it yields only addresses that were checked. */
function createLookup(resolve: Resolve, allowPrivate: boolean): LookupFunction {
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
