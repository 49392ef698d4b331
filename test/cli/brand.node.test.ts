import { createVerify, X509Certificate } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { wechatpay } from '../../src/adapters/node.ts'
import { COMMANDS } from '../../src/cli/commands.ts'
import { run } from '../../src/cli/run.ts'
import { OTHER_PRIVATE_KEY } from '../fixtures/keys.ts'
import { asHttp, createTestTerminal, type TestTerminal } from './test-terminal.ts'

const CARDS = 'brand/card-member/cards'
let terminal: TestTerminal
beforeAll(async () => {
  terminal = await createTestTerminal('public-key', { brandId: '40001' })
})
afterAll(() => terminal[Symbol.asyncDispose]())

/** Without the variables of the merchant. */
const BRAND_ONLY = Object.fromEntries(
  ['MCHID', 'SERIAL', 'PRIVATE_KEY', 'CERTIFICATE', 'APIV3_KEY', 'APIV2_KEY', 'PUBLIC_KEY_ID', 'PUBLIC_KEY'].map(
    name => [`WECHATPAY_${name}`, undefined],
  ),
)

describe('the command line with the keys of a brand', () => {
  test.each<[string, object]>([
    ['and of a merchant', {}],
    ['alone', BRAND_ONLY],
  ])('%s calls the brand API', async (_, changes) => {
    terminal.asked()
    const { code, out } = await terminal.with({ ...changes })('request', CARDS)
    expect([code, terminal.asked()]).toEqual([0, [`GET /${CARDS}`]])
    expect(JSON.parse(out)).toHaveProperty('data.0.brand_id', '40001')
  })

  test('names the variables of the brand if it has none', async () => {
    const { mchid, privateKey, serial, apiv3Key } = terminal.simulator.merchant
    const wxpay = wechatpay({
      WECHATPAY_MCHID: mchid,
      WECHATPAY_PRIVATE_KEY: privateKey,
      WECHATPAY_SERIAL: serial,
      WECHATPAY_APIV3_KEY: apiv3Key,
    })
    await expect(wxpay.request('GET', CARDS)).rejects.toMatchObject({
      code: 'OPTION_MISSING',
      option: 'brand',
      message: expect.stringContaining('WECHATPAY_BRAND_…'),
    })
  })

  test.each<[string, object, RegExp]>([
    ['and of a merchant', {}, /^✓ merchant id/m],
    ['alone', BRAND_ONLY, /^✓ brand id +40001\.$/m],
  ])('%s passes doctor', async (_, changes, line) => {
    const { code, out } = await terminal.with({ ...changes })('doctor')
    expect([code, out]).toEqual([0, expect.stringMatching(line)])
    for (const name of ['private key', 'certificate', 'key pair', 'serial', 'API key', 'public key'])
      expect(out).toMatch(new RegExp(`^✓ brand ${name} `, 'm'))
    expect(out.includes('merchant id')).toBe(changes !== BRAND_ONLY)
  })

  test.each<[string, object, RegExp]>([
    ['no id', { WECHATPAY_BRAND_ID: undefined }, /^✗ brand id +not set\. Set WECHATPAY_BRAND_ID/m],
    ['an id of letters', { WECHATPAY_BRAND_ID: 'wx1' }, /^✗ brand id +WECHATPAY_BRAND_ID is not digits/m],
    [
      'the key of another certificate',
      { WECHATPAY_BRAND_PRIVATE_KEY: OTHER_PRIVATE_KEY },
      /^✗ brand key pair .*not the private key of WECHATPAY_BRAND_CERTIFICATE/m,
    ],
    ['another serial', { WECHATPAY_BRAND_SERIAL: 'ABC1' }, /^✗ brand serial +WECHATPAY_BRAND_SERIAL is ABC1/m],
    ['a short key', { WECHATPAY_BRAND_API_KEY: 'short' }, /^✗ brand API key +5 bytes instead of 32/m],
    [
      'no public key',
      { WECHATPAY_BRAND_PUBLIC_KEY: undefined, WECHATPAY_BRAND_PUBLIC_KEY_ID: undefined },
      /^✗ brand public key +WECHATPAY_BRAND_PUBLIC_KEY and WECHATPAY_BRAND_PUBLIC_KEY_ID are missing/m,
    ],
  ])('%s fails doctor', async (_, changes, line) => {
    const { code, out } = await terminal.with({ ...BRAND_ONLY, ...changes })('doctor', '--offline')
    expect([code, out]).toEqual([1, expect.stringMatching(line)])
  })

  test('shows what it would sign, and sends nothing', async () => {
    terminal.asked()
    const { code, out } = await terminal.run('request', CARDS, '--dry-run', '--json')
    const { headers, signed } = JSON.parse(out)
    expect([code, terminal.asked(), signed.slice(0, 2)]).toEqual([0, [], ['GET', `/${CARDS}`]])
    expect(headers.authorization).toMatch(/^WECHATPAY-BRAND-SHA256-RSA2048 brand_id="40001",/)
    const [, signature] = /signature="([^"]+)"/.exec(headers.authorization)!
    const { publicKey } = new X509Certificate(terminal.simulator.brand!.certificate)
    const text = signed.map((line: string) => `${line}\n`).join('')
    expect(createVerify('RSA-SHA256').update(text).verify(publicKey, signature!, 'base64')).toBe(true)
  })

  test('verifies a response and a notification', async () => {
    const messages = [
      await terminal.response(CARDS),
      await terminal.notification('BRAND_MEMBER_CARD.USER_CARD.DELETE', 'brand'),
    ]
    for (const message of messages) {
      const file = await terminal.write('message.http', asHttp(message))
      const { code, out } = await terminal.run('verify', file, '--json')
      expect([code, JSON.parse(out).genuine]).toEqual([0, true])
      const forged = await terminal.write('forged.http', asHttp({ ...message, body: message.body.replace('{', '{ ') }))
      const refused = await terminal.run('verify', forged, '--json')
      expect([refused.code, JSON.parse(refused.out).genuine]).toEqual([1, false])
    }
  })

  test.each([true, false])('decrypts a notification, its fields too (with headers: %s)', async withHeaders => {
    const message = await terminal.notification('BRAND_MEMBER_CARD.USER_CARD.CREATE', 'brand')
    const file = await terminal.write('message.http', withHeaders ? asHttp(message) : message.body)
    const { code, out } = await terminal.run('decrypt', file, '--json')
    expect([code, JSON.parse(out)]).toMatchObject([
      0,
      { key: 'WECHATPAY_BRAND_API_KEY', decrypted: { brand_id: '40001', phone_number: expect.stringMatching(/^138/) } },
    ])
  })

  test('decrypts no field of a notification because APIv3 encrypts it in an event of that name', async () => {
    const resource = { brand_id: '40001', phone_number: '13800000000' }
    const message = await terminal.notification('MEMBERCARD.ACCEPT_CARD', 'brand', resource)
    const { code, out } = await terminal.run('decrypt', await terminal.write('message.http', asHttp(message)), '--json')
    expect([code, JSON.parse(out)]).toEqual([0, { key: 'WECHATPAY_BRAND_API_KEY', decrypted: resource }])
  })

  test('signs a text with the key of the brand', async () => {
    const { publicKey } = new X509Certificate(terminal.simulator.brand!.certificate)
    const { out } = await terminal.run('sign', '--message', 'text', '--brand')
    expect(createVerify('RSA-SHA256').update('text').verify(publicKey, out, 'base64')).toBe(true)
    const other = await terminal.run('sign', '--message', 'text')
    expect(createVerify('RSA-SHA256').update('text').verify(publicKey, other.out, 'base64')).toBe(false)
  })

  test.each<[object, string]>([
    [{ WECHATPAY_BRAND_ID: undefined }, 'WECHATPAY_BRAND_ID'],
    [{ WECHATPAY_BRAND_PRIVATE_KEY: undefined }, 'WECHATPAY_BRAND_PRIVATE_KEY'],
    [{ WECHATPAY_BRAND_PUBLIC_KEY: undefined }, 'WECHATPAY_BRAND_PUBLIC_KEY'],
    [{ WECHATPAY_BRAND_API_KEY: 'short' }, 'WECHATPAY_BRAND_API_KEY'],
  ])('names the variable that is missing or wrong: %j', async (changes, variable) => {
    const { code, errors } = await terminal.with({ ...changes })('request', CARDS)
    expect([code, errors]).toEqual([1, expect.stringContaining(variable)])
  })
})

test('names the brand’s variables if it has only a merchant', async () => {
  await using other = await createTestTerminal('public-key')
  const { code, errors } = await other.run('request', CARDS)
  expect([code, errors]).toEqual([1, expect.stringMatching(/WECHATPAY_BRAND_ID/)])
})

describe('the simulator with --brand-id', () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'wechatpay-edge-brand-'))
  })
  afterAll(() => rm(folder, { recursive: true }))

  async function start(...options: string[]) {
    const stop = new AbortController()
    const errors: string[] = []
    const started: Record<string, unknown>[] = []
    const terminal = {
      print(line: string) {
        const parsed = JSON.parse(line)
        if (parsed.kind === 'started') started.push(parsed)
        if (parsed.kind === 'started') stop.abort()
      },
      warn: (line: string) => errors.push(JSON.parse(line).error.message),
      stopped: stop.signal,
    }
    const path = join(folder, 'wechatpay')
    const code = await run(COMMANDS, ['simulator', '--port', '0', '--json', '--folder', path, ...options], terminal)
    return {
      code,
      errors: errors.join(),
      started: started[0],
      env: parseEnv(await readFile(join(path, '.env'), 'utf8')),
    }
  }

  test('writes the keys of the brand, keeps them, and keeps those of the merchant', async () => {
    const before = await start()
    expect(before.env).not.toHaveProperty('WECHATPAY_BRAND_ID')
    const first = await start('--brand-id', '40001')
    expect([first.code, first.errors, first.started]).toMatchObject([0, '', { brandId: '40001' }])
    expect(first.env.WECHATPAY_PRIVATE_KEY).toBe(before.env.WECHATPAY_PRIVATE_KEY)
    expect(first.env.WECHATPAY_BRAND_PRIVATE_KEY).toContain('BEGIN PRIVATE KEY')
    const key = await readFile(join(folder, 'wechatpay/brand_apiclient_key.pem'), 'utf8')
    expect(first.env.WECHATPAY_BRAND_PRIVATE_KEY!.replaceAll('\\n', '\n').trim()).toBe(key.trim())
    const { WECHATPAY_BASE_URL: _, ...second } = (await start()).env
    expect(first.env).toMatchObject(second)
    expect(second).toHaveProperty('WECHATPAY_BRAND_ID', '40001')
    const other = await start('--brand-id', '40002')
    expect([other.code, other.errors]).toEqual([1, expect.stringMatching(/keys of brand 40001, not of 40002/)])
    expect(other.env).toMatchObject(second)
    const forced = await start('--brand-id', '40002', '--force')
    expect([forced.code, forced.env.WECHATPAY_BRAND_ID]).toEqual([0, '40002'])
  })

  test.each(['x', '1\nX=1', '123456789012345678901'])('refuses a brand id that is none: %j', async id => {
    const { code, errors } = await start('--brand-id', id)
    expect([code, errors]).toEqual([2, expect.stringMatching(/--brand-id must be up to 20 digits/)])
  })
})
