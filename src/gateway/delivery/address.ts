import { isIpv4Literal, isLocalName } from '../../core/local-host.ts'

/**
 * Whether a URL's host lies, by its name or as a literal, where only the gateway's own network can reach it. A name that
 * looks public may still resolve to such an address: whoever resolves it asks {@link isPrivateAddress}.
 *
 * @param hostname as a `URL` has it: lower case, IPv4 in four decimals, IPv6 in brackets
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
 * Whether an address is one that the public internet does not route: loopback, private, link-local, reserved, and IPv6 that
 * wraps such an IPv4. What is no address at all is refused with them.
 *
 * @param ip IPv4 in four decimals, IPv6 without brackets; a zone (`%eth0`) is passed over
 */
export function isPrivateAddress(ip: string): boolean {
  if (!ip.includes(':')) {
    const address = readIpv4(ip)
    return address === undefined || isPrivateIpv4(address)
  }
  const address = readIpv6(ip.replace(/%.*$/, ''))
  if (address === undefined) return true
  const wrapping = WRAPPING_IPV4.find(({ range }) => isWithin(address, range))
  if (wrapping) return wrapping.unwrap(address).some(isPrivateIpv4)
  return !isWithin(address, GLOBAL_UNICAST) || PRIVATE_IPV6.some(range => isWithin(address, range))
}

/** Addresses that begin with the same bits: what is left of each after the shift is the prefix. */
interface Range {
  readonly prefix: bigint
  readonly shift: bigint
}

const isWithin = (address: bigint, { prefix, shift }: Range): boolean => address >> shift === prefix

function rangeOf(cidr: string): Range {
  const [ip = '', length] = cidr.split('/')
  const [address, width] = ip.includes(':') ? [readIpv6(ip)!, 128] : [readIpv4(ip)!, 32]
  const shift = BigInt(width - Number(length))
  return { prefix: address >> shift, shift }
}

/** https://www.iana.org/assignments/iana-ipv4-special-registry */
const PRIVATE_IPV4 = [
  '0.0.0.0/8', // this network
  '10.0.0.0/8', // private
  '100.64.0.0/10', // carriers' NAT; Alibaba Cloud's metadata
  '127.0.0.0/8', // loopback
  '168.63.129.16/32', // Azure's platform, public by its number alone
  '169.254.0.0/16', // link-local; the metadata of most clouds
  '172.16.0.0/12', // private
  '192.0.0.0/24', // protocol assignments; Oracle Cloud's metadata
  '192.0.2.0/24', // documentation
  '192.88.99.0/24', // 6to4 relays, given up
  '192.168.0.0/16', // private
  '198.18.0.0/15', // benchmarks
  '198.51.100.0/24', // documentation
  '203.0.113.0/24', // documentation
  '224.0.0.0/4', // multicast
  '240.0.0.0/4', // reserved, broadcast
].map(rangeOf)

const isPrivateIpv4 = (address: bigint): boolean => PRIVATE_IPV4.some(range => isWithin(address, range))

/** All that is given out of IPv6 for the public: loopback, unique local, link-local and multicast lie outside. */
const GLOBAL_UNICAST = rangeOf('2000::/3')

/** https://www.iana.org/assignments/iana-ipv6-special-registry: what of global unicast is none. */
const PRIVATE_IPV6 = [
  '2001::/23', // protocol assignments: benchmarks, ORCHID
  '2001:db8::/32', // documentation
  '3fff::/20', // documentation
].map(rangeOf)

const low32 = (address: bigint): bigint => BigInt.asUintN(32, address)

/** Who sends to such an address sends, somewhere on the way, to the IPv4 address in it. */
const WRAPPING_IPV4: readonly { range: Range; unwrap: (address: bigint) => bigint[] }[] = [
  // Compatible (`::` and `::1` are among them), mapped, translated, NAT64.
  ...['::/96', '::ffff:0:0/96', '::ffff:0:0:0/96', '64:ff9b::/96'].map(cidr => ({
    range: rangeOf(cidr),
    unwrap: (address: bigint) => [low32(address)],
  })),
  // 6to4
  { range: rangeOf('2002::/16'), unwrap: address => [low32(address >> 80n)] },
  // Teredo: its server, and the client's address with every bit turned.
  { range: rangeOf('2001::/32'), unwrap: address => [low32(address >> 64n), low32(~address)] },
]

function readIpv4(text: string): bigint | undefined {
  const octets = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text)?.slice(1).map(Number)
  return octets?.every(octet => octet < 256) ? octets.reduce((sum, octet) => sum * 256n + BigInt(octet), 0n) : undefined
}

/** RFC 4291, 2.2: `::` stands once for any number of zeros; the last 32 bits may be IPv4. */
function readIpv6(text: string): bigint | undefined {
  const [, before, ipv4] = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text) ?? []
  const last = ipv4 === undefined ? undefined : readIpv4(ipv4)
  if (ipv4 !== undefined && last === undefined) return undefined
  const hex = last === undefined ? text : `${before}${(last >> 16n).toString(16)}:${(last & 0xffffn).toString(16)}`
  const [head, tail, ...more] = hex.split('::').map(half => (half === '' ? [] : half.split(':')))
  const missing = 8 - head!.length - (tail?.length ?? 0)
  if (more.length > 0 || (tail ? missing < 1 : missing !== 0)) return undefined
  const groups = [...head!, ...Array<string>(missing).fill('0'), ...(tail ?? [])]
  if (!groups.every(group => /^[\da-f]{1,4}$/i.test(group))) return undefined
  return groups.reduce((sum, group) => sum * 65536n + BigInt(`0x${group}`), 0n)
}
