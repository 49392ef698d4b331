import ipaddr from 'ipaddr.js'
import { isIpv4Literal, isLocalName } from '../../core/base/local-host.ts'

/**
 * Returns whether the host of a URL is private: an address or a name that only the gateway's own network can reach. A name that
 * looks public may resolve to a private address, so each resolved address must be checked with {@link isPrivateAddress} too.
 *
 * @param hostname as `URL` writes it: lower case, IPv4 in four decimals, IPv6 in brackets
 * @example
 * ```ts
 * isPrivateHost(new URL('http://0x7f.1/').hostname) // true
 * ```
 */
export function isPrivateHost(hostname: string): boolean {
  const name = hostname.toLowerCase().replace(/\.+$/, '')
  if (name.startsWith('[')) return isPrivateAddress(name.slice(1, -1))
  if (isIpv4Literal(name)) return isPrivateAddress(name)
  return isLocalName(name)
}

/**
 * Returns whether an address is private: loopback, link-local, reserved or otherwise special, or an IPv6 address that wraps such
 * an IPv4 address. Returns true for text that is not an address.
 *
 * @param ip IPv4 in four decimals, IPv6 without brackets
 * @see https://www.iana.org/assignments/iana-ipv4-special-registry
 * @see https://www.iana.org/assignments/iana-ipv6-special-registry
 */
export function isPrivateAddress(ip: string): boolean {
  const address = parseAddress(ip)
  if (!address) return true
  return address instanceof ipaddr.IPv4 ? isPrivateIpv4(address) : isPrivateIpv6(address)
}

/**
 * Parses an address that has only one reading. ipaddr.js accepts IPv4 in octal, in hex and with fewer parts, as `inet_aton` does,
 * but other readers do not agree with it on `010.8.8.8` or `::ffff:010.8.8.8`.
 */
function parseAddress(ip: string): ipaddr.IPv4 | ipaddr.IPv6 | undefined {
  const lastPart = ip.slice(ip.lastIndexOf(':') + 1)
  const hasIpv4 = lastPart === ip || lastPart.includes('.')
  if (hasIpv4 && !ipaddr.IPv4.isValidFourPartDecimal(lastPart)) return undefined
  return ipaddr.isValid(ip) ? ipaddr.parse(ip) : undefined
}

/** Azure's platform: a public address by its number, but every virtual machine reaches its host there. */
const AZURE_PLATFORM = ipaddr.parseCIDR('168.63.129.16/32')

const isPrivateIpv4 = (address: ipaddr.IPv4): boolean => address.range() !== 'unicast' || address.match(AZURE_PLATFORM)

/** The only space that public addresses are allocated from: loopback, unique local, link-local and multicast are outside. */
const GLOBAL_UNICAST = ipaddr.parseCIDR('2000::/3')

function isPrivateIpv6(address: ipaddr.IPv6): boolean {
  const wrapping = WRAPPING_RANGES.find(({ range }) => address.match(range))
  if (wrapping) return wrapping.unwrap(address.toByteArray()).some(octets => isPrivateIpv4(new ipaddr.IPv4(octets)))
  return !address.match(GLOBAL_UNICAST) || address.range() !== 'unicast'
}

const lastFour = (bytes: number[]): number[][] => [bytes.slice(12)]

/** IPv6 ranges whose packets end up at an IPv4 address that is part of the IPv6 address. */
const WRAPPING_RANGES: readonly { range: [ipaddr.IPv4 | ipaddr.IPv6, number]; unwrap: typeof lastFour }[] = [
  // IPv4-compatible, which includes `::` and `::1`
  { range: ipaddr.parseCIDR('::/96'), unwrap: lastFour },
  // IPv4-mapped
  { range: ipaddr.parseCIDR('::ffff:0:0/96'), unwrap: lastFour },
  // IPv4-translated
  { range: ipaddr.parseCIDR('::ffff:0:0:0/96'), unwrap: lastFour },
  // NAT64 by the well-known prefix; 64:ff9b:1::/48 is for local use and stays outside of global unicast
  { range: ipaddr.parseCIDR('64:ff9b::/96'), unwrap: lastFour },
  // 6to4
  { range: ipaddr.parseCIDR('2002::/16'), unwrap: bytes => [bytes.slice(2, 6)] },
  // Teredo: the server, and the client with all bits inverted
  {
    range: ipaddr.parseCIDR('2001::/32'),
    unwrap: bytes => [bytes.slice(4, 8), bytes.slice(12).map(byte => byte ^ 0xff)],
  },
]
