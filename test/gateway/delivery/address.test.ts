import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isPrivateAddress, isPrivateHost } from '../../../src/gateway/delivery/address.ts'

const isPrivate = (host: string): boolean => isPrivateHost(new URL(`http://${host}/`).hostname)

describe('private is', () => {
  test.each([
    '127.0.0.1',
    '127.1',
    '2130706433',
    '0x7f000001',
    '0177.0.0.1',
    '127.0.0.1.',
    '0',
    '0.0.0.0',
    '１２７.0.0.1',
    '10.0.0.1',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '100.64.0.1',
    '100.100.100.200',
    '169.254.169.254',
    '192.0.0.192',
    '168.63.129.16',
    '198.18.0.1',
    '198.19.255.255',
    '192.0.2.1',
    '198.51.100.1',
    '203.0.113.1',
    '224.0.0.1',
    '239.255.255.255',
    '240.0.0.1',
    '255.255.255.255',
    // AS112 and AMT: globally reachable, but no merchant has an endpoint there.
    '192.31.196.1',
    '192.52.193.1',
    '192.175.48.1',
    '[2620:4f:8000::1]',
    // One to four parts, each in octal, decimal or hex.
    '0x7f.0.0.1',
    '0x7f.1',
    '0177.1',
    '127.0.1',
    '0X7F.0X0.0x0.01',
    '00000177.0.0.1',
    '0300.0250.1.1',
    '3232235777',
    '0xA9FEA9FE',
    '0251.0376.0251.0376',
    '169.254.43518',
    '169.16689662',
    '0x64.0x64.0x64.0xc8',
    '0x.0x.0x.0x',
    // Digits, dots and letters that a URL normalises, and what it decodes.
    '127。0。0。1',
    '１６９｡254｡169．254',
    '①②⑦.⓪.⓪.①',

    '%31%32%37.0.0.1',
    '127%2e0%2e0%2e1',
    'ｌｏｃａｌｈｏｓｔ',
    'localhost。',
    '[::]',
    '[::1]',
    '[fc00::1]',
    '[fd00:ec2::254]',
    '[fe80::1]',
    '[febf::1]',
    '[fec0::1]',
    '[ff02::1]',
    '[2001:db8::1]',
    '[3fff::1]',
    '[100::1]',
    '[64:ff9b:1::1]',
    '[2001:2::1]',
    '[4000::1]',
    '[::ffff:127.0.0.1]',
    '[::127.0.0.1]',
    '[::ffff:0:10.0.0.1]',
    '[64:ff9b::169.254.169.254]',
    '[::ffff:7f00:1]',
    '[0:0:0:0:0:FFFF:A9FE:A9FE]',
    '[::ffff:0:a00:1]',
    '[64:ff9b::a9fe:a9fe]',
    '[64:ff9b::10.0.0.1]',
    // NAT64 for local use: an operator lays out the rest as it likes, so a public IPv4 address in it proves nothing.
    '[64:ff9b:1::]',
    '[64:ff9b:1::8.8.8.8]',
    '[64:ff9b:1:808:8:800::]',
    '[64:ff9b:1:ffff:ffff:ffff:ffff:ffff]',
    '[64:ff9b::1:8.8.8.8]',
    '[fc00::]',
    '[fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]',
    '[fe80::]',
    '[ff0e::1]',
    '[2001:2:0:ffff::]',
    '[2001:3::1]',
    '[2001:4:112::1]',
    '[2001:10::1]',
    '[2001:20::1]',
    '[2001:30::1]',
    '[2001:1ff::]',
    '[2001:db8:ffff::]',
    '[3fff:fff::1]',
    '[5f00::1]',
    '[1fff::1]',
    '[2002:c0a8:101::1]',
    '[2002:6440::1]',
    '[2001:0:6440:1::]',
    '[2002:7f00:1::]',
    '[2002:a9fe:a9fe::1]',
    '[2001:0:7f00:1::]',
    '[2001:0:808:808::80ff:fffe]',
    'localhost',
    'LOCALHOST',
    'localhost.',
    'localhost..',
    'a.localhost',
    'printer.local',
    'x.svc.cluster.local',
    'metadata.google.internal',
    'metadata.google.internal.',
    'router.home.arpa',
    'nas.lan',
    'shop.test',
    'a.invalid',
    'a.b.example',
    'redis',
    'db.',
  ])('%s', host => {
    expect(isPrivate(host)).toBe(true)
  })
})

describe('public is', () => {
  test.each([
    'example.com',
    'EXAMPLE.com.',
    'a.b.example.org',
    'localhost.example.com',
    'internal.example.com',
    'mylocal.com',
    'xn--fiqs8s.cn',
    '中国.cn',
    '1.example.com',
    '10.0.0.1.example.com',
    '1.1.1.1',
    '8.8.8.8',
    '9.255.255.255',
    '11.0.0.0',
    '100.63.255.255',
    '100.128.0.0',
    '126.255.255.255',
    '128.0.0.0',
    '169.253.255.255',
    '172.15.255.255',
    '172.32.0.0',
    '192.0.1.0',
    '198.17.255.255',
    '198.20.0.0',
    '223.255.255.255',
    '168.63.129.17',
    '192.167.255.255',
    '192.169.0.0',
    '192.0.3.0',
    '192.175.47.255',
    '010.8.8.8',
    '0x8.8.8.8',
    '134744072',
    '８.8.8.8',
    '[2003::1]',
    '[3ffe::1]',
    '[2001:200::1]',
    '[2620:4f:7fff::1]',
    '[2606:4700::1111]',
    '[2400:3200::1]',
    '[2001:4860:4860::8888]',
    '[::ffff:8.8.8.8]',
    '[64:ff9b::8.8.8.8]',
    '[2002:808:808::1]',
    '[2001:0:808:808::f7f7:f7f7]',
  ])('%s', host => {
    expect(isPrivate(host)).toBe(false)
  })
})

const octet = fc.nat(255)
const privateIpv4 = fc.oneof(
  fc.tuple(fc.constantFrom(0, 10, 127, 224, 239, 255), octet, octet, octet),
  fc.tuple(fc.constant(192), fc.constant(168), octet, octet),
  fc.tuple(fc.constant(169), fc.constant(254), octet, octet),
  fc.tuple(fc.constant(172), fc.integer({ min: 16, max: 31 }), octet, octet),
  fc.tuple(fc.constant(100), fc.integer({ min: 64, max: 127 }), octet, octet),
)
/** The ways in which a URL lets an IPv4 address be written: one to four parts, each decimal, octal or hex. */
const spelling = (octets: readonly number[]) =>
  fc
    .tuple(fc.integer({ min: 1, max: 4 }), fc.array(fc.constantFrom(8, 10, 16), { minLength: 4 }))
    .map(([parts, bases]) => {
      const last = octets.slice(parts - 1).reduce((sum, one) => sum * 256 + one, 0)
      const before = { 8: '0', 10: '', 16: '0x' } as Record<number, string>
      return [...octets.slice(0, parts - 1), last]
        .map((part, at) => before[bases[at]!] + part.toString(bases[at]))
        .join('.')
    })

test('a private IPv4 address stays private however it is spelt', () => {
  fc.assert(fc.property(privateIpv4.chain(spelling), fc.constantFrom('', '.'), (host, dot) => isPrivate(host + dot)))
})

test('a private IPv4 address stays private in every IPv6 address that wraps it', () => {
  const two = (high: number, low: number) => ((high << 8) | low).toString(16)
  fc.assert(
    fc.property(privateIpv4, fc.boolean(), ([a, b, c, d], isUpper) => {
      const [high, low] = [two(a, b), two(c, d)]
      for (const ip of [
        `::ffff:${a}.${b}.${c}.${d}`,
        `0:0:0:0:0:ffff:${high}:${low}`,
        `::${high}:${low}`,
        `::ffff:0:${high}:${low}`,
        `64:ff9b::${high}:${low}`,
        `0064:ff9b:0:0:0:0:${a}.${b}.${c}.${d}`,
        `2002:${high}:${low}:1::2`,
        `2001:0:${high}:${low}::`,
        `2001::808:808:0:0:${two(a ^ 255, b ^ 255)}:${two(c ^ 255, d ^ 255)}`,
      ]) {
        const written = isUpper ? ip.toUpperCase() : ip
        expect([isPrivate(`[${written}]`), isPrivateAddress(written)], written).toEqual([true, true])
      }
    }),
  )
})

test('a zone does not make an address public', () => {
  for (const ip of [
    'fe80::1%eth0',
    'fe80::1%25eth0',
    'fe80::1%eth0.1',
    'fe80::1%',
    '::1%lo',
    '::ffff:127.0.0.1%1',
    'fc00::1%2',
  ])
    expect(isPrivateAddress(ip), ip).toBe(true)
})

test('what is no address is refused', () => {
  for (const text of [
    '',
    ':',
    '1.2.3',
    '1.2.3.256',
    '8.8.8.8 ',
    '1::2::3',
    '1:2:3:4:5:6:7',
    '2606:4700::11111',
    '::1.2.3.256',
    // Some readers take these for 8.8.8.8, others for 10.8.8.8 or for nothing.
    '8.8.8',
    '134744072',
    '010.8.8.8',
    '0x8.8.8.8',
    '8.8.8.8.',
    '08.8.8.8',
    '٨.8.8.8',
    '8.8.8.8/32',
    '8.8.8.8\n',
    '::ffff:010.8.8.8',
    '::ffff:0x8.8.8.8',
    '64:ff9b::8.8.2056',
    '::ffff:8.8.8.8%eth0',
    '2606:4700::8.8.8.8.8',
    '[2606:4700::1111]',
    '2606:4700::1111]',
    ' 2606:4700::1111',
    '2606:4700::1111\n',
    '2606:4700::1111%',
    '2606:4700:::1111',
    '2606:4700:0:0:0:0:0:1111:0',
    '2606:4700:0:0:0:0:0:0::',
    ':2606:4700::1111',
    '2606:4700::1111:',
    '2606:4700::g',
  ])
    expect(isPrivateAddress(text), text).toBe(true)
  fc.assert(fc.property(fc.string(), text => typeof isPrivateAddress(text) === 'boolean'))
})
