import { BlockList } from 'node:net'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isPrivateAddress } from '../../../src/gateway/delivery/address.ts'

const listOf = (cidrs: readonly string[], family: 'ipv4' | 'ipv6'): BlockList => {
  const list = new BlockList()
  for (const [network, prefix] of cidrs.map(cidr => cidr.split('/'))) list.addSubnet(network!, Number(prefix), family)
  return list
}
const blocked = listOf(
  [
    ...['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '168.63.129.16/32', '169.254.0.0/16'],
    ...['172.16.0.0/12', '192.0.0.0/24', '192.0.2.0/24', '192.88.99.0/24', '192.168.0.0/16', '198.18.0.0/15'],
    ...['198.51.100.0/24', '203.0.113.0/24', '224.0.0.0/3'],
  ],
  'ipv4',
)
// A list of its own: together with IPv4, ::/3 would take all of that in, as mapped addresses.
const blocked6 = listOf(['::/3', '4000::/2', '8000::/1', '2001::/23', '2001:db8::/32', '3fff::/20'], 'ipv6')

test('node:net judges random IPv4 addresses alike', () => {
  const octet = fc.oneof(fc.nat(255), fc.constantFrom(0, 10, 100, 127, 169, 172, 192, 198, 203))
  fc.assert(
    fc.property(fc.tuple(octet, octet, octet, octet), octets => {
      const ip = octets.join('.')
      expect(isPrivateAddress(ip), ip).toBe(blocked.check(ip))
    }),
    { numRuns: 20_000 },
  )
})

test('node:net judges the edges of every IPv4 /16 alike', () => {
  for (let high = 0; high < 65_536; high++)
    for (const low of ['0.0', '255.255']) {
      const ip = `${high >> 8}.${high & 255}.${low}`
      if (isPrivateAddress(ip) !== blocked.check(ip)) expect.fail(ip)
    }
})

test('node:net judges random IPv6 addresses alike, where they wrap no IPv4', () => {
  const group = fc.oneof(
    fc.constantFrom('0', '1', '2001', 'db8', '3fff', 'fe80', 'fc00', 'ff02'),
    fc.nat(65_535).map(n => n.toString(16)),
  )
  const wraps = /^(2001:0+:|2002:|64:ff9b:0|0:0:0:0:)/
  fc.assert(
    fc.property(
      fc
        .array(group, { minLength: 8, maxLength: 8 })
        .map(groups => groups.join(':'))
        .filter(ip => !wraps.test(ip)),
      ip => {
        expect(isPrivateAddress(ip), ip).toBe(blocked6.check(ip, 'ipv6'))
      },
    ),
    { numRuns: 20_000 },
  )
})

test('node:net judges mapped addresses alike', () => {
  fc.assert(
    fc.property(fc.ipV4(), ip => {
      expect(isPrivateAddress(`::ffff:${ip}`)).toBe(blocked.check(ip))
    }),
    { numRuns: 5_000 },
  )
})
