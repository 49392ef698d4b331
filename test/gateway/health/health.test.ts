import { describe, expect, test } from 'vitest'
import { Wechatpay, type WechatpayOptions } from '../../../src/core/index.ts'
import { type Check, type HealthOptions, health } from '../../../src/gateway/health/health.ts'
import { createSimulator, type PlatformMode } from '../../../src/simulator/index.ts'
import { OTHER_CERTIFICATE, OTHER_PRIVATE_KEY } from '../../fixtures/keys.ts'

const DAY = 86_400_000

/** A merchant at the simulator, with the journal of what it was sent. */
async function merchant(changes: Partial<WechatpayOptions> = {}, platform: PlatformMode = 'public-key') {
  const simulator = await createSimulator({ seed: 'gateway', platform })
  const { fetch, mtlsFetch, journal } = simulator
  const { mchid, ...options } = simulator.merchant
  const wxpay = new Wechatpay({ mchid, ...options, fetch, mtlsFetch, ...changes })
  const look = async (more: Partial<HealthOptions> = {}) =>
    health({ merchants: { [mchid]: wxpay }, certificates: { [mchid]: options.certificate }, ...more })
  return { simulator, mchid, options, wxpay, journal, look }
}
const found = (checks: readonly Check[], check: Check['check']) => checks.find(one => one.check === check)!
const statuses = (checks: readonly Check[]) => Object.fromEntries(checks.map(({ check, status }) => [check, status]))
const ALL_WELL = { configuration: 'ok', key_pair: 'ok', certificate: 'ok', apiv3_key: 'ok', platform_keys: 'ok' }

describe('of a merchant whose keys are right', () => {
  test.each<PlatformMode>(['public-key', 'certificate'])('all is well, and nothing is sent: %s', async platform => {
    const { look, journal, mchid } = await merchant({}, platform)
    const checks = await look()
    expect(statuses(checks)).toEqual(ALL_WELL)
    expect(new Set(checks.map(check => check.merchant))).toEqual(new Set([mchid]))
    expect(journal).toEqual([])
  })

  test('a deep look makes one call, in public-key mode never for certificates', async () => {
    const { look, journal } = await merchant()
    const checks = await look({ deep: true })
    expect(statuses(checks)).toEqual({ ...ALL_WELL, signed_call: 'ok' })
    expect(journal.map(({ url }) => url)).toEqual([expect.stringContaining('/out-trade-no/wechatpay-edge-health')])
    expect(found(checks, 'signed_call').detail).toMatch(/accepts the signature/)
  })

  test('in certificate mode a deep look tells until when the platform certificates are valid', async () => {
    const { look, journal, simulator } = await merchant({}, 'certificate')
    const { status, detail } = found(await look({ deep: true }), 'signed_call')
    const [serial] = Object.keys(simulator.certificates)
    expect([status, detail]).toEqual(['ok', expect.stringMatching(new RegExp(`${serial} until \\d{4}-\\d\\d-\\d\\d`))])
    expect(new Set(journal.map(({ url }) => url))).toEqual(new Set(['/v3/certificates']))
  })
})

describe('of a merchant behind a proxy that answers itself, unsigned', () => {
  test.each([
    ['NOT_FOUND', 'fail'],
    ['ORDER_NOT_EXIST', 'warn'],
    ['NO_AUTH', 'warn'],
  ])('a deep look does not find that WeChat Pay takes the signature: %s', async (code, expected) => {
    const fetch = async () => Response.json({ code, message: 'the proxy says so' }, { status: 404 })
    const { look } = await merchant({ fetch })
    const { status, detail } = found(await look({ deep: true }), 'signed_call')
    expect([status, detail]).toEqual([expected, expect.stringContaining(code)])
  })
})

describe('of a merchant whose keys are wrong', () => {
  test('a certificate that was issued to another merchant', async () => {
    const { look, options, mchid } = await merchant()
    const another = new Wechatpay({ mchid: '1900000999', ...options })
    const checks = await look({ merchants: { 1900000999: another }, certificates: { 1900000999: options.certificate } })
    const { status, detail } = found(checks, 'certificate')
    expect([status, detail]).toEqual([
      'fail',
      expect.stringMatching(new RegExp(`issued to the merchant ${mchid}, not`)),
    ])
  })

  test('a certificate that is not that of the private key', async () => {
    const { look } = await merchant({ certificate: OTHER_CERTIFICATE, serial: undefined as never })
    const { status, detail } = found(await look(), 'key_pair')
    expect([status, detail]).toEqual(['fail', expect.stringContaining('does not match "certificate"')])
  })

  test('a private key that WeChat Pay does not take, told by a deep look alone', async () => {
    const { look } = await merchant({ privateKey: OTHER_PRIVATE_KEY, certificate: undefined as never })
    expect(statuses(await look())).toEqual(ALL_WELL)
    expect(found(await look({ deep: true }), 'signed_call').status).toBe('fail')
  })

  test('no APIv3 key is a warning; with nothing that proves WeChat Pay it is more', async () => {
    const without = { apiv3Key: undefined as never }
    expect(statuses(await (await merchant(without)).look())).toEqual({ ...ALL_WELL, apiv3_key: 'warn' })
    const { look, journal } = await merchant({ ...without, platformKeys: {} })
    expect(statuses(await look())).toEqual({ ...ALL_WELL, apiv3_key: 'warn', platform_keys: 'fail' })
    expect(journal).toEqual([])
  })

  test('no private key fails, unless APIv2 alone is spoken', async () => {
    const without = { privateKey: undefined as never }
    expect(statuses(await (await merchant({ ...without, apiv2Key: undefined as never })).look()).key_pair).toBe('fail')
    const checks = await (await merchant(without)).look({ deep: true })
    expect(statuses(checks)).toEqual(ALL_WELL)
    expect(found(checks, 'key_pair').detail).toContain('APIv2')
  })

  test('a client that cannot be made, and what else there is to know', async () => {
    const made = (async () => new Wechatpay({ mchid: 'x' }))()
    const ledger = async () => ({ pending: 0, dead: 0, oldestPendingAt: null })
    const checks = await health({ merchants: { '1': made }, ledger })
    expect(statuses(checks)).toEqual({ configuration: 'fail', ledger: 'ok' })
    expect(found(checks, 'configuration').detail).toContain('mchid')
  })
})

describe('a certificate', () => {
  test('is warned of within 30 days of its end, and fails behind it and before its beginning', async () => {
    const { look } = await merchant()
    const at = async (now: number) => {
      const { status, detail } = found(await look({ now: () => now }), 'certificate')
      return [status, detail] as const
    }
    const [, detail] = await at(Date.now())
    const [, until] = /valid until (\d{4}-\d\d-\d\d), for \d+ days/.exec(detail)!
    const end = Date.parse(until!)
    expect((await at(end - 32 * DAY))[0]).toBe('ok')
    expect(await at(end - 29 * DAY)).toEqual(['warn', expect.stringContaining('Renew it')])
    expect(await at(end + DAY)).toEqual(['fail', expect.stringContaining(`expired on ${until}`)])
    expect(await at(0)).toEqual(['fail', expect.stringContaining('clock')])
  })

  test('of the platform that is configured counts too, the one that lasts longest', async () => {
    const { simulator, mchid, options } = await merchant({}, 'certificate')
    const [[serial, pem] = []] = Object.entries(simulator.certificates)
    const { fetch } = simulator
    const configured = new Wechatpay({ ...options, mchid, fetch, platformKeys: { [serial!]: pem! } })
    const look = async (now: number, keys = { [serial!]: pem! }) =>
      found(
        await health({ merchants: { [mchid]: configured }, platformKeys: { [mchid]: keys }, now: () => now }),
        'platform_keys',
      )
    expect(await look(Date.now())).toMatchObject({ status: 'ok', detail: expect.stringContaining(serial!) })
    expect(await look(Date.now() + 100 * 365 * DAY)).toMatchObject({ status: 'fail' })
  })
})

test('the ledger: what waits, what is late, what was given up, and that it cannot be read', async () => {
  const { look } = await merchant()
  const now = Date.now()
  const of = async (pending: number, dead: number, oldestPendingAt: number | null) => {
    const checks = await look({ now: () => now, ledger: async () => ({ pending, dead, oldestPendingAt }) })
    const { status, detail } = found(checks, 'ledger')
    return [status, detail]
  }
  expect(await of(0, 0, null)).toEqual(['ok', '0 deliveries are pending; 0 were given up.'])
  expect(await of(3, 0, now - 60_000)).toEqual([
    'ok',
    '3 deliveries are pending, the oldest for 1 min; 0 were given up.',
  ])
  expect((await of(10_000, 9_999, null))[1]).toBe('10000+ deliveries are pending; 9999 were given up.')
  expect((await of(3, 0, now - 3_600_001))[0]).toBe('warn')
  expect((await of(0, 1, null))[0]).toBe('warn')
  const away = await look({ ledger: () => Promise.reject(new RangeError('secret')) })
  expect(found(away, 'ledger')).toMatchObject({ status: 'fail', detail: 'It failed (RangeError).' })
})

test('nothing secret is told', async () => {
  const { look, options } = await merchant({ certificate: OTHER_CERTIFICATE, serial: undefined as never })
  const told = JSON.stringify(await look({ deep: true }))
  for (const secret of [options.apiv3Key, options.apiv2Key, options.privateKey.slice(40, 80)])
    expect(told).not.toContain(secret)
})
