import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { createSimulator, type PlatformMode, StateError } from '../../../src/simulator/index.ts'
import { DEVELOPMENT_KEYS } from '../../../src/simulator/keys/development-keys.ts'
import { certificates, isSigned, v3 } from '../node-client.ts'

const MODES: PlatformMode[] = ['public-key', 'certificate', 'both']
const NOW = Date.UTC(2025, 5, 1)
const now = () => NOW
const QUERY = '/v3/pay/transactions/out-trade-no/none-such?mchid=1900000109'

const publicOf = (privateKey: string) => createPublicKey(privateKey).export({ type: 'spki', format: 'pem' })

describe('with a seed', () => {
  it.each(MODES)('%s: everything repeats byte for byte at the same time', async platform => {
    const make = () => createSimulator({ seed: 'a', platform, now })
    const [one, other] = await Promise.all([make(), make()])
    expect(other.merchant).toEqual(one.merchant)
    expect(other.snapshot()).toBe(one.snapshot())
  })

  it('names its keys the same on another day', async () => {
    const make = (at: number) => createSimulator({ seed: 'a', platform: 'both', now: () => at })
    const [one, later] = await Promise.all([make(now()), make(now() + 86_400_000)])
    expect(Object.keys(later.merchant.platformKeys)).toEqual(Object.keys(one.merchant.platformKeys))
    expect(later.merchant.serial).toBe(one.merchant.serial)
  })

  it('derives secrets and serials from the seed, and uses the built-in RSA keys, which no other simulator gets', async () => {
    const make = (seed?: string) => createSimulator({ seed, now })
    const [one, other, unseeded] = await Promise.all([make('a'), make('b'), make()])
    for (const name of ['apiv3Key', 'apiv2Key', 'serial'] as const)
      expect(other.merchant[name]).not.toBe(one.merchant[name])
    expect(Object.keys(other.merchant.platformKeys)).not.toEqual(Object.keys(one.merchant.platformKeys))
    expect(other.merchant.privateKey).toBe(one.merchant.privateKey)
    const builtIn = Object.values(DEVELOPMENT_KEYS).map(der =>
      publicOf(
        createPrivateKey({ key: Buffer.from(der, 'base64'), format: 'der', type: 'pkcs8' }).export({
          type: 'pkcs8',
          format: 'pem',
        }) as string,
      ),
    )
    expect(new Set(builtIn).size).toBe(builtIn.length)
    expect(builtIn).toContain(publicOf(one.merchant.privateKey))
    expect(builtIn).not.toContain(publicOf(unseeded.merchant.privateKey))
    expect(builtIn).not.toContain(Object.values(unseeded.merchant.platformKeys)[0])
  })

  it('issues a certificate for the requested merchant and its key', async () => {
    const { merchant } = await createSimulator({ seed: 'a', mchid: '1230000109', now })
    const x509 = new X509Certificate(merchant.certificate)
    expect(x509.subject).toContain('CN=1230000109')
    expect(x509.serialNumber).toBe(merchant.serial)
    expect(x509.publicKey.export({ type: 'spki', format: 'pem' })).toBe(publicOf(merchant.privateKey))
  })

  it('repeats rotations, also beyond the built-in keys', async () => {
    const of = await createSimulator({ seed: 'a', platform: 'certificate' })
    const serials = [await of.rotate(), await of.rotate(), await of.rotate(), await of.rotate()]
    const again = await createSimulator({ seed: 'a', platform: 'certificate' })
    for (const serial of serials) expect(await again.rotate()).toBe(serial)
    const { answer, list } = await certificates(of)
    expect(list.slice(1).map(({ serial_no }) => serial_no)).toEqual(serials)
    expect(new Set(list.map(({ pem }) => pem)).size).toBe(5)
    expect(isSigned(answer, list.at(-1)!.pem)).toBe(true)
  })

  it('makes different certificates in concurrent rotations', async () => {
    const of = await createSimulator({ seed: 'a', platform: 'certificate' })
    const serials = await Promise.all([of.rotate(), of.rotate()])
    expect(new Set(serials).size).toBe(2)
    expect((await certificates(of)).list).toHaveLength(3)
  })
})

describe('a certificate', () => {
  it('follows the real clock: the merchant has no other', async () => {
    const of = await createSimulator({ platform: 'certificate', now })
    await of.advance(365 * 24 * 60 * 60 * 1000)
    await of.rotate()
    const { list } = await certificates(of, now())
    for (const { x509 } of list) expect(new Date(x509.validFrom).getTime()).toBeLessThan(NOW)
  })
})

describe('a simulator restored from a state', () => {
  it.each(MODES)('%s: keeps its keys', async platform => {
    const first = await createSimulator({ platform })
    if (platform !== 'public-key') await first.rotate()
    const second = await createSimulator({ state: first.snapshot() })
    expect(second.merchant).toEqual(first.merchant)
    expect(second.snapshot()).toBe(first.snapshot())
    const answer = await v3(second, 'GET', QUERY)
    expect(answer.status).toBe(404)
    if (platform === 'public-key') expect(isSigned(answer, Object.values(first.merchant.platformKeys)[0]!)).toBe(true)
    else {
      const [before, after] = [await certificates(first), await certificates(second)]
      expect(after.list.map(({ serial_no }) => serial_no)).toEqual(before.list.map(({ serial_no }) => serial_no))
      expect(isSigned(after.answer, before.list[1]!.pem)).toBe(true)
    }
  })

  it('can rotate, under the same authority', async () => {
    const first = await createSimulator({ platform: 'certificate' })
    const second = await createSimulator({ state: first.snapshot() })
    const serial = await second.rotate()
    const { list } = await certificates(second)
    expect(list.map(({ serial_no }) => serial_no)).toContain(serial)
    expect(list[1]!.x509.issuer).toBe(list[0]!.x509.issuer)
  })

  it('accepts the options that it had, and refuses others', async () => {
    const state = (await createSimulator({ seed: 'a', mchid: '1230000109', platform: 'both' })).snapshot()
    await expect(createSimulator({ state, seed: 'a', mchid: '1230000109', platform: 'both' })).resolves.toBeDefined()
    for (const [other, named] of [
      [{ seed: 'b' }, /seed is "a", not "b"/],
      [{ mchid: '1900000109' }, /mchid is "1230000109", not "1900000109"/],
      [{ platform: 'certificate' }, /platform is "both"/],
      [{ appid: 'wx1' }, /appid is/],
    ] as const)
      await expect(createSimulator({ state, ...other })).rejects.toThrow(
        expect.objectContaining({
          name: 'StateError',
          reason: 'OTHER_SIMULATOR',
          message: expect.stringMatching(named),
        }),
      )
  })

  it('refuses a seed if it was created without one, and does not show the drawn one', async () => {
    const state = (await createSimulator()).snapshot()
    await expect(createSimulator({ state, seed: 'b' })).rejects.toThrow(/seed is not set, not "b"/)
  })

  it('refuses a state in which something is damaged', async () => {
    const state = (await createSimulator()).snapshot()
    for (const damaged of [
      state.replace(/BEGIN CERTIFICATE/g, 'BEGIN CERTIFICAT'),
      state.replace(/"privateKey":"[^"]*"/g, '"privateKey":"x"'),
      state.replace(/"apiv3Key":"[^"]*"/, '"apiv3Key":"x"'),
    ]) {
      expect(damaged).not.toBe(state)
      await expect(createSimulator({ state: damaged })).rejects.toThrow(StateError)
    }
  })
})

it('the built-in keys are declared public, and have no PEM label that a scanner takes for a leak', () => {
  const text = readFileSync(new URL('../../../src/simulator/keys/development-keys.ts', import.meta.url), 'utf8')
  expect(text).toMatch(/NOT SECRET/)
  expect(text).not.toMatch(/-----BEGIN/)
})
