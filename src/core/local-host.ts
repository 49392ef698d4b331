/** RFC 6761, RFC 6762 with its appendix G, RFC 8375, and what ICANN set apart: no registry delegates these. */
const LOCAL_NAMES =
  'localhost local internal home.arpa test invalid example localdomain intranet private corp home lan'.split(' ')

/**
 * Tells whether a host is an IPv4 address to a `URL`, which is any name whose last label is a number.
 *
 * @param name lower case, without a dot at its end
 * @see https://url.spec.whatwg.org/#ends-in-a-number-checker
 */
export const isIpv4Literal = (name: string): boolean => /(^|\.)(\d+|0x[\da-f]*)$/.test(name)

/**
 * Tells names that public DNS does not resolve: `localhost`, a single label, a special-use domain.
 *
 * @param name lower case, without a dot at its end
 */
export const isLocalName = (name: string): boolean =>
  !name.includes('.') || LOCAL_NAMES.some(suffix => name.endsWith(`.${suffix}`))

/**
 * Tells hosts under which no stranger's web page can reach a local server as its own origin: addresses, `localhost` and what lies
 * below it, which browsers resolve by themselves (RFC 6761). That attack (DNS rebinding) needs a name that the attacker can have
 * resolved, first to the page's server and then to 127.0.0.1. For other local names anybody in the network can do that: mDNS answers
 * for `*.local`, LLMNR and a search domain for a single label.
 *
 * @param hostname as a `URL` has it: lower case, IPv6 in brackets
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
