import { BlockList, isIP } from 'node:net'
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
    '0.0.0.0/8',
    '10.0.0.0/8',
    '100.64.0.0/10',
    '127.0.0.0/8',
    '168.63.129.16/32',
    '169.254.0.0/16',
    '172.16.0.0/12',
    '192.0.0.0/24',
    '192.0.2.0/24',
    '192.31.196.0/24',
    '192.52.193.0/24',
    '192.88.99.0/24',
    '192.168.0.0/16',
    '192.175.48.0/24',
    '198.18.0.0/15',
    '198.51.100.0/24',
    '203.0.113.0/24',
    '224.0.0.0/3',
  ],
  'ipv4',
)
// A list of its own: together with IPv4, ::/3 would take all of that in, as mapped addresses.
const blocked6 = listOf(
  ['::/3', '4000::/2', '8000::/1', '2001::/23', '2001:db8::/32', '2620:4f:8000::/48', '3fff::/20'],
  'ipv6',
)

test('node:net judges random IPv4 addresses alike', () => {
  const octet = fc.oneof(
    fc.nat(255),
    fc.constantFrom(0, 10, 31, 48, 52, 100, 127, 169, 172, 175, 192, 193, 196, 198, 203),
  )
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

test('node:net judges the edges of every IPv6 /16 alike, where they wrap no IPv4', () => {
  for (let high = 1; high < 65_536; high++)
    for (const low of ['', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff']) {
      const ip = `${high.toString(16)}:${low || ':'}`
      if (high !== 0x2002 && ip !== '2001::' && isPrivateAddress(ip) !== blocked6.check(ip, 'ipv6')) expect.fail(ip)
    }
})

test('node:net judges random IPv6 addresses alike, where they wrap no IPv4', () => {
  const group = fc.oneof(
    fc.constantFrom(
      '0',
      '1',
      '2001',
      'db8',
      '3fff',
      'fe80',
      'fc00',
      'ff02',
      '64',
      'ff9b',
      '2620',
      '4f',
      '8000',
      '5f00',
    ),
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

test('node:net judges alike the IPv4 address in every IPv6 address that wraps one', () => {
  fc.assert(
    fc.property(fc.ipV4(), ip => {
      const [high, low] = [ip.split('.').slice(0, 2), ip.split('.').slice(2)].map(pair =>
        pair.map(octet => Number(octet).toString(16).padStart(2, '0')).join(''),
      )
      for (const wrapped of [`::ffff:${ip}`, `::${ip}`, `::ffff:0:${ip}`, `64:ff9b::${ip}`, `2002:${high}:${low}::1`])
        expect(isPrivateAddress(wrapped), wrapped).toBe(blocked.check(ip))
      expect(isPrivateAddress(`64:ff9b:1::${ip}`), ip).toBe(true)
    }),
    { numRuns: 5_000 },
  )
})

test('an address is judged alike however node:net lets it be written', () => {
  fc.assert(
    fc.property(fc.ipV6(), ip => {
      const canonical = new URL(`http://[${ip}]/`).hostname.slice(1, -1)
      expect(isIP(ip)).toBe(6)
      for (const spelling of [ip, ip.toUpperCase()])
        expect(isPrivateAddress(spelling), ip).toBe(isPrivateAddress(canonical))
    }),
    { numRuns: 5_000 },
  )
})

test('whatever node:net takes for no address is refused', () => {
  const octet = fc.oneof(fc.nat(300).map(String), fc.constantFrom('010', '0x8', '08', '', '8 '))
  const group = fc.oneof(fc.constantFrom('2606', '4700', '0', '', 'ffff', '12345', 'g', '8.8.8.8', '8.8.8'))
  const almost = fc.oneof(
    fc.array(octet, { minLength: 1, maxLength: 5 }).map(octets => octets.join('.')),
    fc.array(group, { minLength: 1, maxLength: 10 }).map(groups => groups.join(':')),
    fc.stringMatching(/^[0-9a-fx:.%]{1,24}$/),
  )
  fc.assert(
    fc.property(almost, text => isIP(text) !== 0 || isPrivateAddress(text)),
    { numRuns: 20_000 },
  )
})
