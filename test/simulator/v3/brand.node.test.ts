import { createPublicKey, publicEncrypt } from 'node:crypto'
import { beforeAll, describe, expect, test } from 'vitest'
import { createSimulator, type Simulator } from '../../../src/simulator/index.ts'
import { isSigned, type V3Options, v3 } from '../node-client.ts'

// The brand API of the simulator beside a client on node:crypto alone.

const CARDS = '/brand/card-member/cards'
let simulator: Simulator
beforeAll(async () => {
  simulator = await createSimulator({ seed: 'brand', brandId: '40001' })
})

const keyIdOf = ({ platformKeys }: { platformKeys: Readonly<Record<string, string>> }) =>
  Object.entries(platformKeys)[0]!

test('a call that the brand has signed is answered, signed with WeChat Pay’s key for the brand', async () => {
  const answer = await v3(simulator, 'GET', CARDS)
  const [id, key] = keyIdOf(simulator.brand!)
  expect([answer.status, answer.headers.get('wechatpay-serial')]).toEqual([200, id])
  expect(answer.headers.get('wechatpay-signature-type')).toBe('WECHATPAY-BRAND-SHA256-RSA2048')
  expect(isSigned(answer, key)).toBe(true)
  expect(isSigned(answer, keyIdOf(simulator.merchant)[1])).toBe(false)
})

test('the keys of the brand are none of the merchant’s', () => {
  const { merchant, brand } = simulator
  expect(brand!.privateKey).not.toBe(merchant.privateKey)
  expect(brand!.serial).not.toBe(merchant.serial)
  expect(brand!.apiKey).not.toBe(merchant.apiv3Key)
  expect(keyIdOf(brand!)).not.toEqual(keyIdOf(merchant))
})

describe('a call of the brand API is refused', () => {
  test.each<[string, () => V3Options, string]>([
    ['with the scheme of APIv3', () => ({ authorization: { scheme: 'WECHATPAY2-SHA256-RSA2048' } }), 'authorization'],
    ['of another brand', () => ({ authorization: { brand_id: '40002' } }), 'brand_id'],
    [
      'with the serial of the merchant',
      () => ({ authorization: { serial_no: simulator.merchant.serial } }),
      'serial_no',
    ],
    ['with the key of the merchant', () => ({ signed: { key: simulator.merchant.privateKey } }), 'signature'],
    ['with another path signed', () => ({ signed: { url: '/brand/card-member/user-cards' } }), 'signature'],
  ])('%s', async (_, options, field) => {
    const { status, json, headers } = await v3(simulator, 'GET', CARDS, options())
    expect([status, json.code, json.detail.field]).toEqual([401, 'SIGN_ERROR', field])
    expect(headers.has('wechatpay-signature')).toBe(false)
  })

  test.each<[string, () => string | undefined]>([
    ['without Wechatpay-Serial', () => undefined],
    ['with that of the merchant', () => keyIdOf(simulator.merchant)[0]],
  ])('%s', async (_, serial) => {
    const { status, json } = await v3(simulator, 'GET', CARDS, { headers: { 'Wechatpay-Serial': serial() } })
    expect([status, json.code, json.detail.field]).toEqual([400, 'PARAM_ERROR', 'Wechatpay-Serial'])
  })

  test('by a simulator without a brand', async () => {
    const bare = await createSimulator({ seed: 'brand' })
    const { status, json } = await v3({ ...bare, brand: simulator.brand }, 'GET', CARDS)
    expect([status, json.code, json.detail.field]).toEqual([401, 'SIGN_ERROR', 'brand_id'])
    await expect(
      bare.notify.send({ url: 'https://a.example', api: 'brand', event: 'PRODUCT_COUPON.SEND' }),
    ).rejects.toThrow(/has no brand; create it with the option brandId/)
  })

  test('if the keys of the brand sign a call of APIv3', async () => {
    const { privateKey, serial } = simulator.brand!
    const signed = { signed: { key: privateKey }, authorization: { serial_no: serial } }
    const { status, json } = await v3(simulator, 'GET', '/v3/certificates', signed)
    expect([status, json.code]).toEqual([401, 'SIGN_ERROR'])
  })
})

test('an encrypted field is decrypted with the key of the brand, not with that of the merchant', async () => {
  const call = (key: string) => {
    const phone_number = publicEncrypt({ key: createPublicKey(key), oaepHash: 'sha1' }, Buffer.from('13800000000'))
    const body = { card_id: 'c', openid: 'o', phone_number: phone_number.toString('base64') }
    return v3(simulator, 'PATCH', '/brand/card-member/user-cards/1?card_id=c&openid=o', { body })
  }
  expect((await call(keyIdOf(simulator.brand!)[1])).json?.code).not.toBe('PARAM_ERROR')
  const { json } = await call(keyIdOf(simulator.merchant)[1])
  expect(json).toMatchObject({ code: 'PARAM_ERROR', detail: { field: '/phone_number', issue: 'cannot be decrypted' } })
})

test('a snapshot keeps the brand and its keys; the same seed makes the same', async () => {
  const [restored, again] = await Promise.all([
    createSimulator({ state: simulator.snapshot() }),
    createSimulator({ seed: 'brand', brandId: '40001' }),
  ])
  expect(restored.brand).toEqual(simulator.brand)
  const { certificate: _, ...fixed } = again.brand!
  expect(simulator.brand).toMatchObject(fixed)
  await simulator.reset()
  expect((await v3(simulator, 'GET', CARDS)).status).toBe(200)
  await expect(createSimulator({ state: simulator.snapshot(), brandId: '40002' })).rejects.toThrow(/brandId/)
})

test('a snapshot with keys that are not those of its brand is refused', async () => {
  const text = simulator.snapshot()
  const wrong = text.replaceAll(simulator.brand!.apiKey, 'short')
  expect(wrong).not.toBe(text)
  await expect(createSimulator({ state: wrong })).rejects.toThrow(/API key of the brand/)
})

test.each(['wrong-signature', 'unknown-serial', 'clock-skew'] as const)('the fault %s applies to it', async kind => {
  const fault = kind === 'clock-skew' ? { kind, ms: 600_000 } : { kind }
  simulator.faults.add({ ...fault, api: 'brand', count: 1 })
  const answer = await v3(simulator, 'GET', CARDS)
  const [id, key] = keyIdOf(simulator.brand!)
  const isRight =
    isSigned(answer, key) &&
    answer.headers.get('wechatpay-serial') === id &&
    Math.abs(Number(answer.headers.get('wechatpay-timestamp')) - Date.now() / 1000) < 300
  expect(isRight).toBe(false)
  expect(isSigned(await v3(simulator, 'GET', CARDS), key)).toBe(true)
})
