import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import * as bun from '../../src/adapters/bun.ts'
import * as cloudflare from '../../src/adapters/cloudflare.ts'
import * as node from '../../src/adapters/node.ts'
import { readConfig } from '../../src/gateway/config/config.ts'
import { createSimulator, type Simulator } from '../../src/simulator/index.ts'

let simulator: Simulator
let folder: string
beforeAll(async () => {
  simulator = await createSimulator({ seed: 'brand', brandId: '40001' })
  folder = await mkdtemp(join(tmpdir(), 'brand-'))
})
afterAll(() => rm(folder, { recursive: true }))

function brandVariables() {
  const { brandId, serial, privateKey, apiKey, platformKeys } = simulator.brand!
  const [[id, key] = []] = Object.entries(platformKeys)
  return {
    WECHATPAY_BRAND_ID: brandId,
    WECHATPAY_BRAND_SERIAL: serial,
    WECHATPAY_BRAND_PRIVATE_KEY: privateKey.replaceAll('\n', '\\n'),
    WECHATPAY_BRAND_API_KEY: apiKey,
    WECHATPAY_BRAND_PUBLIC_KEY_ID: id!,
    WECHATPAY_BRAND_PUBLIC_KEY: key!,
  }
}
const merchantVariables = () => ({
  WECHATPAY_MCHID: simulator.merchant.mchid,
  WECHATPAY_SERIAL: simulator.merchant.serial,
  WECHATPAY_PRIVATE_KEY: simulator.merchant.privateKey,
  WECHATPAY_APIV3_KEY: simulator.merchant.apiv3Key,
})

describe.each([
  ['Node', node.wechatpay],
  ['Bun', bun.wechatpay],
  ['Cloudflare', cloudflare.wechatpay],
] as const)('the variables of a brand on %s', (_, wechatpay) => {
  test('make a client of the brand, without a merchant', async () => {
    const wxpay = wechatpay(brandVariables(), { fetch: simulator.fetch })
    expect((await wxpay.brand.cardMember.cards.get()).status).toBe(200)
    await expect(wxpay.v3.certificates.get()).rejects.toMatchObject({ code: 'OPTION_MISSING', option: 'mchid' })
  })

  test('add the brand to the client of a merchant', async () => {
    const environment = { ...merchantVariables(), ...brandVariables() }
    const wxpay = wechatpay(environment, { fetch: simulator.fetch, platformKeys: simulator.merchant.platformKeys })
    expect((await wxpay.brand.cardMember.cards.get()).status).toBe(200)
    expect((await wxpay.v3.certificates.get().catch(error => error)).name).toBe('ServiceError')
  })

  test.each([
    'WECHATPAY_BRAND_ID',
    'WECHATPAY_BRAND_SERIAL',
    'WECHATPAY_BRAND_PRIVATE_KEY',
    'WECHATPAY_BRAND_PUBLIC_KEY',
    'WECHATPAY_BRAND_PUBLIC_KEY_ID',
  ])('are all required: %s', option => {
    expect(() => wechatpay({ ...brandVariables(), [option]: undefined })).toThrow(
      expect.objectContaining({ code: 'OPTION_MISSING', option }),
    )
  })

  test.each<[string, object, string]>([
    ['a brand id that is text', { WECHATPAY_BRAND_ID: 'x' }, 'WECHATPAY_BRAND_ID'],
    ['a short API key', { WECHATPAY_BRAND_API_KEY: 'x' }, 'WECHATPAY_BRAND_API_KEY'],
    ['an id of no public key', { WECHATPAY_BRAND_PUBLIC_KEY_ID: '123' }, 'WECHATPAY_BRAND_PUBLIC_KEY_ID'],
    ['a public key that is none', { WECHATPAY_BRAND_PUBLIC_KEY: 'x-----BEGIN' }, 'WECHATPAY_BRAND_PUBLIC_KEY'],
  ])('are named in errors: %s', (_case, wrong, option) => {
    expect(() => wechatpay({ ...brandVariables(), ...wrong })).toThrow(expect.objectContaining({ option }))
  })

  test('do not hide that a merchant has keys but no id', () => {
    const environment = { ...merchantVariables(), ...brandVariables(), WECHATPAY_MCHID: undefined }
    expect(() => wechatpay(environment)).toThrow(expect.objectContaining({ option: 'WECHATPAY_MCHID' }))
  })
})

test('keys of a brand may be in files', async () => {
  const { privateKey, apiKey } = simulator.brand!
  await writeFile(join(folder, 'apiclient_key.pem'), privateKey)
  await writeFile(join(folder, 'api_key.txt'), `${apiKey}\n`)
  const { WECHATPAY_BRAND_PRIVATE_KEY: _, WECHATPAY_BRAND_API_KEY: __, ...others } = brandVariables()
  const wxpay = node.wechatpay(
    {
      ...others,
      WECHATPAY_BRAND_PRIVATE_KEY_FILE: join(folder, 'apiclient_key.pem'),
      WECHATPAY_BRAND_API_KEY_FILE: join(folder, 'api_key.txt'),
    },
    { fetch: simulator.fetch },
  )
  expect((await wxpay.brand.cardMember.cards.get()).status).toBe(200)
})

describe('the gateway', () => {
  const TOKEN = { GATEWAY_TOKEN: `sha256:${'1'.repeat(64)}` }
  const numbered = (variables: object) =>
    Object.fromEntries(
      Object.entries(variables).map(([name, text]) => [name.replace('_BRAND', '_1900000109_BRAND'), text]),
    )

  test('reads the brand of each merchant', () => {
    const environment = {
      ...TOKEN,
      WECHATPAY_MERCHANTS: '1900000109',
      WECHATPAY_1900000109_PRIVATE_KEY: simulator.merchant.privateKey,
      WECHATPAY_1900000109_SERIAL: simulator.merchant.serial,
      WECHATPAY_1900000109_APIV3_KEY: simulator.merchant.apiv3Key,
      ...numbered(brandVariables()),
    }
    const [merchant] = readConfig(environment).merchants
    expect(merchant!.environment).toMatchObject(brandVariables())
    expect(node.optionsFrom(merchant!.environment as object).brand).toMatchObject({ brandId: '40001' })
  })

  test('names everything that a brand lacks, or has wrong', () => {
    const environment = { ...TOKEN, ...merchantVariables(), WECHATPAY_BRAND_ID: 'x', WECHATPAY_BRAND_API_KEY: 'y' }
    expect(() => readConfig(environment)).toThrow(
      expect.objectContaining({
        problems: [
          expect.objectContaining({ option: 'WECHATPAY_BRAND_ID', code: 'OPTION_INVALID' }),
          expect.objectContaining({ option: 'WECHATPAY_BRAND_API_KEY', code: 'OPTION_INVALID' }),
          ...['PRIVATE_KEY', 'PUBLIC_KEY', 'PUBLIC_KEY_ID', 'SERIAL'].map(name =>
            expect.objectContaining({ option: `WECHATPAY_BRAND_${name}`, code: 'OPTION_MISSING' }),
          ),
        ],
      }),
    )
  })
})
