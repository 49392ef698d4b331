type Range = readonly [network: string, bits: number]

/** Where no merchant's public endpoint lies: IANA's special-purpose registries, RFC 6890. */
const PRIVATE_V4: readonly Range[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
]
const PRIVATE_V6: readonly Range[] = [
  ['::', 128],
  ['::1', 128],
  ['100::', 64],
  ['64:ff9b:1::', 48],
  ['2001::', 23],
  ['2001:db8::', 32],
  ['3fff::', 20],
  ['5f00::', 16],
  ['fc00::', 7],
  ['fe80::', 10],
  ['fec0::', 10],
  ['ff00::', 8],
]
/** Networks whose addresses hold one of IPv4, and the bit at which it begins: mapped, compatible, NAT64, 6to4. */
const EMBEDDING: readonly (readonly [network: string, bits: number, at: number])[] = [
  ['::ffff:0:0', 96, 96],
  ['::', 96, 96],
  ['64:ff9b::', 96, 96],
  ['2002::', 16, 16],
]

/** Names that resolve within a machine or a network alone: RFC 6761, RFC 8375, and what clouds and routers use. */
const PRIVATE_NAMES =
  /(?:^|\.)(?:localhost|local|internal|intranet|lan|home|corp|private|home\.arpa|test|invalid|example)$/

/**
 * Whether a host lies where no public endpoint does: a private or reserved address, or a name that means one.
 *
 * @param hostname of a `URL`, which has brought every spelling of an address into one form
 */
export function isPrivateHost(hostname: string): boolean {
  const name = hostname
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/\.$/, '')
    .toLowerCase()
  if (parse(name) !== undefined) return isPrivateAddress(name)
  // A name without a dot is looked up in whatever network the gateway is in.
  return !name.includes('.') || PRIVATE_NAMES.test(name)
}

/** Whether an IP address is private or reserved. What is no address counts as one. */
export function isPrivateAddress(address: string): boolean {
  const bits = parse(address.replace(/%.*$/, ''))
  if (bits === undefined) return true
  if (bits.length === 32) return PRIVATE_V4.some(range => isWithin(bits, range))
  const embedded = EMBEDDING.find(([network, length]) => isWithin(bits, [network, length]))
  if (embedded && PRIVATE_V4.some(range => isWithin(bits.slice(embedded[2], embedded[2] + 32), range))) return true
  return PRIVATE_V6.some(range => isWithin(bits, range))
}

const isWithin = (bits: string, [network, length]: Range): boolean => bits.startsWith(parse(network)!.slice(0, length))

/** The bits of an address, 32 or 128; undefined of a name. */
const parse = (text: string): string | undefined => (text.includes(':') ? parseV6(text) : parseV4(text))

function parseV4(text: string): string | undefined {
  if (!/^\d{1,3}(?:\.\d{1,3}){3}$/.test(text)) return undefined
  const bytes = text.split('.').map(Number)
  return bytes.every(byte => byte < 256) ? bytes.map(byte => binary(byte, 8)).join('') : undefined
}

function parseV6(text: string): string | undefined {
  const dotted = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text)
  const tail = dotted ? parseV4(dotted[2]!) : undefined
  if (dotted && tail === undefined) return undefined
  const whole = dotted ? `${dotted[1]}${hexWord(tail!, 0)}:${hexWord(tail!, 16)}` : text
  const [before, after, ...more] = whole.split('::')
  if (more.length > 0) return undefined
  const words = (part: string | undefined) => (part ? part.split(':') : [])
  const [left, right] = [words(before), words(after)]
  const missing = 8 - left.length - right.length
  if (after === undefined ? missing !== 0 : missing < 0) return undefined
  const all = [...left, ...Array(after === undefined ? 0 : missing).fill('0'), ...right]
  return all.every(word => /^[0-9a-f]{1,4}$/i.test(word))
    ? all.map(word => binary(Number.parseInt(word, 16), 16)).join('')
    : undefined
}

const hexWord = (bits: string, at: number): string => Number.parseInt(bits.slice(at, at + 16), 2).toString(16)
const binary = (value: number, length: number): string => value.toString(2).padStart(length, '0')
