import { describe, expect, test } from 'vitest'
import { isLocalHost, isLoopback } from '../../../src/core/base/local-host.ts'

describe('a host that is on this machine', () => {
  test.each(['127.0.0.1', '127.255.0.9', 'localhost', 'LOCALHOST', '[::1]', '::1'])('%s', host => {
    expect(isLoopback(host)).toBe(true)
  })
  test.each([
    '203.0.113.7',
    '10.0.0.7',
    '[2001:db8::1]',
    'localhost.example.com',
    '127.0.0.1.example.com',
    'db.localhost',
    '1127.0.0.1',
    '',
  ])('is not %s', host => {
    expect(isLoopback(host)).toBe(false)
  })
})

test('no address is a name that a page can rebind, wherever it leads', () => {
  for (const host of ['127.0.0.1', '203.0.113.7', '[2001:db8::1]', 'a.ns.localhost'])
    expect(isLocalHost(host)).toBe(true)
  for (const host of ['rebind.attacker.com', 'printer.local', 'simulator']) expect(isLocalHost(host)).toBe(false)
})
