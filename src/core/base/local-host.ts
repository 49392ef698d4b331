/** Names that no registry delegates: RFC 6761, RFC 6762 appendix G, RFC 8375, and those reserved by ICANN. */
const LOCAL_NAMES =
  'localhost local internal home.arpa test invalid example localdomain intranet private corp home lan'.split(' ')

/**
 * Returns whether `URL` interprets a host as an IPv4 address, as it does any name whose last label is a number.
 *
 * @param name lower case, without a trailing dot
 * @see https://url.spec.whatwg.org/#ends-in-a-number-checker
 */
export const isIpv4Literal = (name: string): boolean => /(^|\.)(\d+|0x[\da-f]*)$/.test(name)

/**
 * Returns whether public DNS does not resolve a name: `localhost`, a single label, a special-use domain.
 *
 * @param name lower case, without a trailing dot
 */
export const isLocalName = (name: string): boolean =>
  !name.includes('.') || LOCAL_NAMES.some(suffix => name.endsWith(`.${suffix}`))

/**
 * Returns whether no foreign web page can reach a local server under this host as its own origin (DNS rebinding): true
 * for addresses, `localhost` and its subdomains, which browsers resolve themselves (RFC 6761). The attack needs a name
 * that resolves first to the page's server and then to 127.0.0.1. For other local names anybody in the network can
 * arrange that: mDNS answers for `*.local`, LLMNR and a search domain for a single label.
 *
 * @param hostname as written by `URL`: lower case, IPv6 in brackets
 * @example
 * ```ts
 * isLocalHost('127.0.0.1') // true
 * isLocalHost('rebind.attacker.com') // false
 * isLocalHost('printer.local') // false
 * ```
 */
export function isLocalHost(hostname: string): boolean {
  const name = hostname.toLowerCase().replace(/\.+$/, '')
  return name.startsWith('[') || isIpv4Literal(name) || name === 'localhost' || name.endsWith('.localhost')
}

const LOOPBACK = /^(?:127(?:\.\d+){3}|\[?::1\]?|localhost)$/i

/**
 * Returns whether what is sent to a host stays on this machine, so that it may go over plain http. A subdomain of `localhost` is
 * none: browsers resolve it themselves, other programs ask the network.
 *
 * @param hostname as written by `URL`, or an IPv6 address without brackets
 * @example
 * ```ts
 * isLoopback('[::1]') // true
 * isLoopback('10.0.0.7') // false
 * ```
 */
export const isLoopback = (hostname: string): boolean => LOOPBACK.test(hostname)
