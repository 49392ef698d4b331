import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { dirname, resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import { parseEnv } from 'node:util'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { NodeEnvironment } from '../../../src/adapters/node.ts'
import { checkAll } from '../../../src/cli/doctor/doctor.ts'
import { readEnvironment } from '../../../src/cli/merchant.ts'
import * as keys from '../../fixtures/keys.ts'
import { PEM_FORMS } from '../../fixtures/pem-forms.ts'
import { createTestTerminal, type TestTerminal } from '../test-terminal.ts'

vi.setConfig({ testTimeout: 60_000 })

let terminal: TestTerminal
let certified: TestTerminal
beforeAll(async () => {
  ;[terminal, certified] = await Promise.all([createTestTerminal('public-key'), createTestTerminal('certificate')])
  return async () => {
    await terminal[Symbol.asyncDispose]()
    await certified[Symbol.asyncDispose]()
  }
})

const marks = (out: string) =>
  Object.fromEntries(out.split('\n').map(line => [line.slice(2).split(/ {2,}/)[0]!, line[0]!]))

describe('doctor', () => {
  it("in the simulator's folder works at once, and finds all good", async () => {
    const folder = dirname(terminal.file('.env'))
    const child = spawn(process.execPath, [resolve('src/cli/main.ts'), 'doctor'], { cwd: folder })
    const [out, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')])
    expect(code).toBe(0)
    expect(out).not.toContain('✗')
    expect(out).toContain('✓ signed call')
  })

  it('in public-key mode proves the public key, and never asks for certificates', async () => {
    terminal.asked()
    const { code, out, errors } = await terminal.run('doctor')
    expect([code, errors]).toEqual([0, ''])
    expect(marks(out)).toMatchObject({
      'merchant id': '✓',
      'private key': '✓',
      'key pair': '✓',
      'signed call': '✓',
      response: '✓',
      clock: '✓',
      'APIv3 key decrypts': '–',
    })
    expect(out).toMatch(/response +verified by PUB_KEY_ID_\d+\.$/m)
    expect(terminal.asked().join()).not.toContain('certificates')
  })

  it.each([
    ['NOT_FOUND', '✗'],
    ['ORDER_NOT_EXIST', '–'],
    ['NO_AUTH', '–'],
  ])('does not take the unsigned answer of a proxy for WeChat Pay’s: %s', async (code, mark) => {
    const proxy = createServer((_, response) => {
      response.writeHead(404, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ code, message: 'the proxy says so' }))
    }).listen(0, '127.0.0.1')
    await once(proxy, 'listening')
    const { port } = proxy.address() as AddressInfo
    const { out } = await terminal.with({ WECHATPAY_BASE_URL: `http://127.0.0.1:${port}` })('doctor')
    proxy.close()
    expect([marks(out)['signed call'], out]).toEqual([mark, expect.stringContaining(code)])
  })

  it('tells that a host speaks http and no https', async () => {
    const plain = createServer().listen(0, '127.0.0.1')
    await once(plain, 'listening')
    const { port } = plain.address() as AddressInfo
    const { out } = await terminal.with({ WECHATPAY_BASE_URL: `https://127.0.0.1:${port}` })('doctor')
    plain.close()
    expect(out).toMatch(
      /^✗ host .* speaks no https \(ERR_SSL_WRONG_VERSION_NUMBER\)\. Begin WECHATPAY_BASE_URL with http:/m,
    )
  })

  it('does not say of a key that is set and cannot be read that it is not set', async () => {
    const { out } = await terminal.with({
      WECHATPAY_PRIVATE_KEY: undefined,
      WECHATPAY_PRIVATE_KEY_FILE: terminal.file('none.pem'),
    })('doctor', '--offline')
    expect(out).toMatch(/^– client certificate +cannot be presented before the key pair is right/m)
  })

  it('names the variable that is meant by a misspelt one, and none for a variable of the program', async () => {
    const misspelt = {
      WECHATPAY_PRIVATEKEY_FILE: terminal.file('apiclient_key.pem'),
      WECHATPAY_PRIVATE_KEY: undefined,
      WECHATPAY_PRIVATE_KEY_FILE: undefined,
      WECHATPAY_APIV3KEY: terminal.simulator.merchant.apiv3Key,
      WECHATPAY_APIV3_KEY: undefined,
      WECHATPAY_APPID: 'wxd678efh567hg6787',
      WECHATPAY_NOTIFY_URL: 'https://example.com/notify',
    }
    const { code, out } = await terminal.with(misspelt)('doctor', '--offline')
    expect([code, out.match(/^. variable .*/gm)]).toEqual([
      1,
      [
        expect.stringMatching(/^✗ .*doctor does not read WECHATPAY_APIV3KEY, and WECHATPAY_APIV3_KEY is not set/),
        expect.stringMatching(
          /^✗ .*doctor does not read WECHATPAY_PRIVATEKEY_FILE, and WECHATPAY_PRIVATE_KEY_FILE is not set/,
        ),
      ],
    ])
    expect(out).toMatch(/^– client certificate +not set: .*Set WECHATPAY_PRIVATE_KEY, or WECHATPAY_P12_FILE\.$/m)
    const request = await terminal.with({ WECHATPAY_MCH_ID: '1900000109', WECHATPAY_MCHID: undefined })(
      'request',
      'v3/x',
    )
    expect(request.errors).toContain('WECHATPAY_MCH_ID is not read; is WECHATPAY_MCHID meant?')
  })

  it.each(['WECHATPAY_API_V3_KEY', 'WECHATPAY_APIV3KEY', 'WECHATPAY_API_KEY', 'WECHATPAY_MCH_ID', 'WECHATPAY_BASEURI'])(
    'does not fail a complete configuration beside which there is %s',
    async name => {
      const { code, out } = await terminal.with({ [name]: 'x', WECHATPAY_APIV2_KEY: undefined })('doctor', '--offline')
      expect([code, out.match(/^. variable .*/gm)]).toEqual([0, null])
    },
  )

  it('fails for a near miss of an optional variable, which wechatpay() refuses', async () => {
    const { code, out } = await terminal.with({ WECHATPAY_APIV2KEY: 'x', WECHATPAY_APIV2_KEY: undefined })(
      'doctor',
      '--offline',
    )
    expect([code, out]).toEqual([1, expect.stringMatching(/^✗ variable .*does not read WECHATPAY_APIV2KEY,/m)])
  })

  it('does not fail for the resembling name of an optional variable, which a program may have for itself', async () => {
    const { code, out } = await terminal.with({ WECHATPAY_API2KEY: 'x', WECHATPAY_APIV2_KEY: undefined })(
      'doctor',
      '--offline',
    )
    expect([code, out.match(/^. variable .*/gm)]).toEqual([
      0,
      [
        '– variable            doctor does not read WECHATPAY_API2KEY, and WECHATPAY_APIV2_KEY is not set. If WECHATPAY_APIV2_KEY is meant, rename it.',
      ],
    ])
  })

  it('refuses a key as the file of variables, and a file without any', async () => {
    const key = terminal.file('apiclient_key.pem')
    const other = terminal.file('notes.txt')
    writeFileSync(other, 'the keys are elsewhere\n')
    for (const [file, reason] of [
      [key, `${key} is a PEM file, not a file of variables`],
      [other, `${other} has no line NAME=value`],
    ] as const) {
      await expect(readEnvironment({ env: file })).rejects.toMatchObject({
        name: 'CommandError',
        message: expect.stringContaining(reason),
      })
    }
  })

  it('with the id of another public key names the right one', async () => {
    const other = 'PUB_KEY_ID_0119000000000000000000000000000000'
    const { code, out } = await terminal.with({ WECHATPAY_PUBLIC_KEY_ID: other })('doctor')
    expect(code).toBe(1)
    expect(out).toMatch(
      new RegExp(
        `^✗ response +WeChat Pay signs with (PUB_KEY_ID_\\d+), and WECHATPAY_PUBLIC_KEY_ID is ${other}\\. Set WECHATPAY_PUBLIC_KEY_ID to \\1, and WECHATPAY_PUBLIC_KEY`,
        'm',
      ),
    )
  })

  it('with certificates proves the APIv3 key too', async () => {
    const { code, out } = await certified.run('doctor')
    expect(code).toBe(0)
    expect(marks(out)).toMatchObject({
      'public key': '–',
      'signed call': '✓',
      response: '✓',
      'APIv3 key decrypts': '✓',
    })
  })

  it('offline sends nothing', async () => {
    terminal.asked()
    expect((await terminal.run('doctor', '--offline')).code).toBe(0)
    expect(terminal.asked()).toEqual([])
  })

  it('speaks JSON', async () => {
    const { out } = await terminal.run('doctor', '--json')
    const { ok, checks } = JSON.parse(out)
    expect(ok).toBe(true)
    expect(checks).toContainEqual({ name: 'APIv3 key', ok: true, detail: '32 bytes' })
    const bad = await terminal.with({ WECHATPAY_APIV3_KEY: 'short' })('doctor', '--json', '--offline')
    expect(bad.code).toBe(1)
    expect(JSON.parse(bad.out)).toMatchObject({ ok: false })
    expect(JSON.parse(bad.errors)).toEqual({ error: { message: 'Failed: APIv3 key.' } })
  })

  it.each<[what: string, changes: Record<string, string | undefined>, line: RegExp]>([
    ['no merchant id', { WECHATPAY_MCHID: undefined }, /^✗ merchant id +not set\. Set WECHATPAY_MCHID/m],
    [
      "another merchant's id",
      { WECHATPAY_MCHID: '1900000110' },
      /^✗ merchant id +WECHATPAY_MCHID is 1900000110, and the certificate belongs to the merchant 1900000109\. Set WECHATPAY_MCHID to 1900000109/m,
    ],
    ['an appid for it', { WECHATPAY_MCHID: 'wx1' }, /^✗ merchant id +WECHATPAY_MCHID is not digits/m],
    ['no private key', { WECHATPAY_PRIVATE_KEY: undefined }, /^✗ private key +not set.* WECHATPAY_PRIVATE_KEY_FILE/m],
    [
      'a file that is missing',
      { WECHATPAY_PRIVATE_KEY: undefined, WECHATPAY_PRIVATE_KEY_FILE: './no.pem' },
      /^✗ private key +WECHATPAY_PRIVATE_KEY_FILE: \.\/no\.pem does not exist\./m,
    ],
    [
      'a path for a key',
      { WECHATPAY_PRIVATE_KEY: './key.pem' },
      /^✗ private key .*a path goes into WECHATPAY_PRIVATE_KEY_FILE/m,
    ],
    [
      'a key under a passphrase',
      { WECHATPAY_PRIVATE_KEY: keys.ENCRYPTED_PRIVATE_KEY },
      /^✗ private key +WECHATPAY_PRIVATE_KEY: is encrypted\. Give its passphrase as WECHATPAY_PRIVATE_KEY_PASSPHRASE/m,
    ],
    [
      'a wrong passphrase',
      { WECHATPAY_PRIVATE_KEY: keys.ENCRYPTED_PRIVATE_KEY, WECHATPAY_PRIVATE_KEY_PASSPHRASE: 'wrong-one' },
      /^✗ private key +WECHATPAY_PRIVATE_KEY_PASSPHRASE: does not decrypt WECHATPAY_PRIVATE_KEY/m,
    ],
    [
      'a certificate for a key',
      { WECHATPAY_PRIVATE_KEY: keys.CERTIFICATE },
      /^✗ private key +WECHATPAY_PRIVATE_KEY: this is a "CERTIFICATE"\. Give the text of a "PRIVATE KEY"\.$/m,
    ],
    [
      'a key cut short',
      { WECHATPAY_PRIVATE_KEY: keys.PRIVATE_KEY.replace(/.{64}\n.{64}\n/, '') },
      /^✗ private key .*no RSA key of at most 4096 bits/m,
    ],
    [
      'the key of another certificate',
      { WECHATPAY_PRIVATE_KEY: keys.OTHER_PRIVATE_KEY },
      /^✗ key pair .*not the private key of WECHATPAY_CERTIFICATE\. Take both from the same download/m,
    ],
    [
      'the key of another certificate, which cannot be presented',
      { WECHATPAY_PRIVATE_KEY: keys.OTHER_PRIVATE_KEY },
      /^– client certificate +cannot be presented before the key pair is right\.$/m,
    ],
    [
      'another serial',
      { WECHATPAY_SERIAL: 'ABC1' },
      /^✗ serial +WECHATPAY_SERIAL is ABC1, and that of the certificate is [0-9A-F]+\. Remove WECHATPAY_SERIAL/m,
    ],
    ['no serial at all', { WECHATPAY_SERIAL: undefined, WECHATPAY_CERTIFICATE: undefined }, /^✗ serial +not set/m],
    ['a short APIv3 key', { WECHATPAY_APIV3_KEY: 'short' }, /^✗ APIv3 key +5 bytes instead of 32/m],
    ['a short APIv2 key', { WECHATPAY_APIV2_KEY: 'short' }, /^✗ APIv2 key +5 bytes/m],
    ['half a public key', { WECHATPAY_PUBLIC_KEY_ID: undefined }, /^✗ public key +WECHATPAY_PUBLIC_KEY_ID is missing/m],
    ['a serial for its id', { WECHATPAY_PUBLIC_KEY_ID: 'ABC' }, /^✗ public key .*not PUB_KEY_ID_ followed by digits/m],
    [
      'a certificate in its place',
      { WECHATPAY_PUBLIC_KEY: keys.CERTIFICATE },
      /^✗ public key .*this is a "CERTIFICATE"\. Give the text of a "PUBLIC KEY"/m,
    ],
    [
      'no PKCS#12',
      { WECHATPAY_P12_FILE: 'package.json' },
      /^✗ client certificate +WECHATPAY_P12_FILE: is not a PKCS#12 file/m,
    ],
    [
      'a password in the URL of a host',
      { WECHATPAY_BASE_URL: 'http://user:wrong-one@127.0.0.1:9' },
      /^✗ host +WECHATPAY_BASE_URL has a user or a password\. Remove them/m,
    ],
    ['a host that is no URL', { WECHATPAY_BASE_URL: 'localhost' }, /^✗ host +WECHATPAY_BASE_URL is not a URL/m],
    [
      'a host where nothing listens',
      { WECHATPAY_BASE_URL: 'http://127.0.0.1:9' },
      /^✗ host 127\.0\.0\.1:9 +does not respond/m,
    ],
    [
      'a host that is not there',
      { WECHATPAY_BASE_URL: 'http://no-such-host.invalid' },
      /^✗ host .* does not respond \((ENOTFOUND|EAI_AGAIN)\)\. This machine cannot resolve the name/m,
    ],
    [
      "another merchant's public key",
      { WECHATPAY_PUBLIC_KEY: keys.OTHER_PUBLIC_KEY },
      /^✗ response +The response \(HTTP 404\) is not proven/m,
    ],
    [
      "another merchant's serial and key",
      { WECHATPAY_PRIVATE_KEY: keys.PRIVATE_KEY, WECHATPAY_CERTIFICATE: keys.CERTIFICATE, WECHATPAY_SERIAL: undefined },
      /^✗ signed call +refused, SIGN_ERROR.* The private key does not belong to the serial/m,
    ],
  ])('%s', async (_, changes, line) => {
    const { code, out, errors } = await terminal.with(changes)('doctor')
    expect(out).toMatch(line)
    expect(code).toBe(1)
    expect(errors).toMatch(/^Failed: /)
    expect(out).not.toContain('wrong-one')
  })

  it.each(Object.entries(PEM_FORMS))('takes keys and certificates %s, as the client does', async (_, form) => {
    const texts = {
      WECHATPAY_PRIVATE_KEY: form(await terminal.read('apiclient_key.pem')),
      WECHATPAY_CERTIFICATE: form(await terminal.read('apiclient_cert.pem')),
      WECHATPAY_PUBLIC_KEY: form(await terminal.read('pub_key.pem')),
    }
    for (const [name, text] of Object.entries(texts)) await terminal.write(`${name}.pem`, text)
    const files = await terminal.with({
      ...Object.fromEntries(Object.keys(texts).map(name => [name, undefined])),
      ...Object.fromEntries(Object.keys(texts).map(name => [`${name}_FILE`, terminal.file(`${name}.pem`)])),
    })('doctor')
    expect([files.code, files.out]).toEqual([0, expect.stringContaining('✓ signed call')])
    const inEnvironment = { ...parseEnv(await terminal.read('.env')), ...texts } as NodeEnvironment
    const checks = await checkAll(inEnvironment, { offline: true, stopped: new AbortController().signal })
    expect(checks.filter(({ ok }) => ok === false)).toEqual([])
  })

  it('takes keys from files, a PKCS#12 file, and a passphrase that fits', async () => {
    writeFileSync(terminal.file('encrypted.pem'), keys.ENCRYPTED_PRIVATE_KEY)
    const { code, out } = await terminal.with({
      WECHATPAY_PRIVATE_KEY: undefined,
      WECHATPAY_PRIVATE_KEY_FILE: terminal.file('apiclient_key.pem'),
      WECHATPAY_P12_FILE: terminal.file('apiclient_cert.p12'),
    })('doctor')
    expect([code, out]).toEqual([0, expect.stringContaining('the PKCS#12 file is readable')])
    const wrong = await terminal.with({
      WECHATPAY_P12_FILE: terminal.file('apiclient_cert.p12'),
      WECHATPAY_P12_PASSPHRASE: 'no',
    })('doctor', '--offline')
    expect(wrong.out).toMatch(/^✗ client certificate +WECHATPAY_P12_PASSPHRASE: does not decrypt WECHATPAY_P12_FILE/m)
  })

  it('finds an APIv3 key of the right length that is the wrong one', async () => {
    const { code, out } = await certified.with({ WECHATPAY_APIV3_KEY: 'x'.repeat(32) })('doctor')
    expect(code).toBe(1)
    expect(marks(out)).toMatchObject({ 'APIv3 key': '✓', 'signed call': '✓', 'APIv3 key decrypts': '✗' })
  })

  it('finds a merchant in public-key mode who has not configured the key', async () => {
    const { code, out } = await terminal.with({ WECHATPAY_PUBLIC_KEY: undefined, WECHATPAY_PUBLIC_KEY_ID: undefined })(
      'doctor',
    )
    expect([code, out]).toEqual([
      1,
      expect.stringMatching(/^✗ mode .*public-key mode.* Set WECHATPAY_PUBLIC_KEY and WECHATPAY_PUBLIC_KEY_ID/m),
    ])
  })

  it('finds a clock that is off', async () => {
    const server = createServer((_, outgoing) => {
      outgoing
        .setHeader('date', new Date(Date.now() - 600_000).toUTCString())
        .writeHead(404)
        .end()
    })
    await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
    afterAll(() => server.close())
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const { code, out } = await terminal.with({ WECHATPAY_BASE_URL: url })('doctor')
    expect([code, out]).toEqual([
      1,
      expect.stringMatching(
        /^✗ clock +(59|60)\d s ahead, and WeChat Pay accepts 5 minutes\. Synchronize it over the network/m,
      ),
    ])
  })

  it('beside a clock that is wrong, names no cure but the clock', async () => {
    const ahead = await createTestTerminal('public-key', { clock: 600_000 })
    try {
      const { code, out } = await ahead.run('doctor')
      expect(code).toBe(1)
      expect(out).toMatch(/^✗ clock +(59|60)\d s behind/m)
      expect(out).toMatch(/^✗ signed call +refused, SIGN_ERROR.*\. Correct the clock first/m)
      expect(out).not.toMatch(/revoked|one line in|one download/)
    } finally {
      await ahead[Symbol.asyncDispose]()
    }
  })

  it('judges a certificate by the time at WeChat Pay, not by a clock that is years ahead', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 20 * 365 * 86_400_000 })
    const past = await createTestTerminal('public-key', { clock: -20 * 365 * 86_400_000 })
    try {
      const { code, out } = await past.run('doctor')
      expect([code, marks(out)]).toEqual([1, expect.objectContaining({ certificate: '✓', clock: '✗' })])
      expect(out).not.toContain('Renew it')
    } finally {
      vi.useRealTimers()
      await past[Symbol.asyncDispose]()
    }
  })

  it('says when WeChat Pay still signs with certificates, and that the APIv3 key decrypts them', async () => {
    const both = await createTestTerminal('both')
    try {
      both.simulator.setKeySwitch({ stage: 'stopped', share: 0 })
      const stopped = await both.run('doctor')
      expect([stopped.code, marks(stopped.out)]).toEqual([
        0,
        expect.objectContaining({ response: '✓', 'APIv3 key decrypts': '✓' }),
      ])
      expect(stopped.out).toMatch(
        /^✓ response +verified by the certificate [0-9A-F]+.* has not started yet, or was stopped/m,
      )
      const without = await both.with({ WECHATPAY_APIV3_KEY: undefined })('doctor')
      expect([without.code, without.out]).toEqual([1, expect.stringMatching(/^✗ response .*WECHATPAY_APIV3_KEY/m)])
      both.simulator.setKeySwitch({ stage: 'started', share: 0 })
      expect((await both.run('doctor')).out).toMatch(/^✓ response +verified by PUB_KEY_ID_\d+\.$/m)
    } finally {
      await both[Symbol.asyncDispose]()
    }
  })

  it('finds a certificate that is expired, or soon will be', async () => {
    const { checkKeys } = await import('../../../src/cli/doctor/keys.ts')
    const environment = { WECHATPAY_CERTIFICATE: await terminal.read('apiclient_cert.pem') }
    const at = async (days: number) =>
      (await checkKeys(environment, Date.now() + days * 86_400_000)).find(({ name }) => name === 'certificate')
    const { detail } = (await at(0))!
    const days = Number(/(\d+) days/.exec(detail)![1])
    expect(await at(days - 5)).toMatchObject({ ok: true, fix: expect.stringContaining('Renew it') })
    expect(await at(days + 5)).toMatchObject({ ok: false, detail: expect.stringContaining('expired on') })
  })
})
