import { execFile } from 'node:child_process'
import { type AddressInfo, connect, createServer } from 'node:net'
import process from 'node:process'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { createMtlsFetch, fileCache, webcrypto, wechatpay } from '../../src/adapters/node.ts'
import { mtlsCases } from '../conformance/mtls.ts'
import { startTlsServer } from '../conformance/tls-process.ts'
import { keySwitchCases } from './key-switch.ts'
import { localCases, withFiles } from './local.ts'
import { nodeCases } from './node.ts'

const run = promisify(execFile)
const server = await startTlsServer()
for (const { name, run } of [
  ...mtlsCases(createMtlsFetch, server),
  ...nodeCases(server),
  ...localCases(wechatpay),
  ...keySwitchCases(wechatpay),
])
  test(name, run)

test('a call is in doubt where something else than TLS follows the handshake', async () => {
  const proxy = createServer(client => {
    const upstream = connect(Number(new URL(server.url).port), '127.0.0.1')
    let turns = 0
    client
      .on('error', () => {})
      .on('data', data => {
        turns++
        upstream.write(data)
      })
    // The client first says hello, and then completes the handshake.
    upstream.on('error', () => {}).on('data', data => (turns > 1 ? client.end('SSH-2.0\r\n') : client.write(data)))
    client.on('close', () => upstream.destroy())
  })
  await new Promise<void>(resolve => proxy.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void proxy.close())
  const { port } = proxy.address() as AddressInfo
  const send = createMtlsFetch({ ca: server.ca })
  const error = await send(`https://127.0.0.1:${port}/v3/a`, { method: 'POST', body: '{}' }).catch(cause => cause)
  // Were it known that nothing was sent, it would be a TransportError that says so.
  expect(error).toBeInstanceOf(TypeError)
  expect(error).not.toHaveProperty('mayHaveTakenEffect')
})

test('a cache that cannot be written is a warning of the process, and no error', () =>
  withFiles({ file: '' }, async path => {
    // Others may warn at the same time.
    const warnings: string[] = []
    const note = ({ message }: Error): void => void warnings.push(message)
    process.on('warning', note)
    onTestFinished(() => void process.off('warning', note))
    await fileCache(path('file/certificates.json')).set('{}')
    await expect.poll(() => warnings).toContainEqual(expect.stringContaining('certificates.json'))
  }))

test('a cache never writes through a file or a link that somebody has put beside it', () =>
  withFiles({ victim: 'untouched' }, async path => {
    const { readdir, readFile, stat, symlink } = await import('node:fs/promises')
    await symlink(path('victim'), path(`certificates.json.${process.pid}.tmp`))
    await fileCache(path('certificates.json')).set('{}')
    expect([await readFile(path('victim'), 'utf8'), await readFile(path('certificates.json'), 'utf8')]).toEqual([
      'untouched',
      '{}',
    ])
    expect((await stat(path('certificates.json'))).mode & 0o777).toBe(0o600)
    expect((await readdir(path('.'))).sort()).toEqual([
      'certificates.json',
      `certificates.json.${process.pid}.tmp`,
      'victim',
    ])
  }))

test('a cache whose content is older than 11 hours is empty', () =>
  withFiles({ kept: '{}' }, async path => {
    const { utimes } = await import('node:fs/promises')
    const cache = fileCache(path('kept'))
    expect(await cache.get()).toBe('{}')
    const before = (Date.now() - 11.1 * 3600_000) / 1000
    await utimes(path('kept'), before, before)
    expect(await cache.get()).toBeUndefined()
  }))

test('a variable that the process lacks is named with how to read .env, one of a given environment without', () => {
  expect(() => wechatpay()).toThrow(/^WECHATPAY_MCHID: .*\. If it is in \.env, start with node --env-file=\.env\.$/)
  const given = { code: 'OPTION_MISSING', message: 'WECHATPAY_MCHID: set it to the merchant id (商户号).' }
  expect(() => wechatpay({})).toThrow(expect.objectContaining(given))
})

test("WebCrypto is the runtime's where it is there", () => {
  expect(webcrypto()).toBe(globalThis.crypto)
})

/** Code that takes things away from a Node of its own before the adapter is loaded. */
const without = (things: Readonly<Record<string, string | undefined>>) => `
  const things = ${JSON.stringify(things)}
  process.getBuiltinModule('node:module').registerHooks({
    resolve(specifier, context, next) {
      if (!(specifier in things) || !context.parentURL?.includes('/src/adapters/')) return next(specifier, context)
      if (things[specifier] === '') throw new Error('Cannot find module')
      return { url: 'data:text/javascript,' + things[specifier], format: 'module', shortCircuit: true }
    },
  })`
const NO_BUILT_IN = { 'node:crypto': 'export default {}' }

test.each([
  ['that of node:crypto where the global is missing', {}, 'true'],
  ['@peculiar/webcrypto where there is none at all', NO_BUILT_IN, 'true'],
  [
    'an error that says what to install where that is missing too',
    { ...NO_BUILT_IN, '@peculiar/webcrypto': '' },
    'PACKAGE_MISSING npm install @peculiar/webcrypto',
  ],
])('WebCrypto is %s', async (_, things, said) => {
  const code = `
    delete globalThis.crypto
    ${without(things)}
    const { webcrypto } = await import('./src/adapters/webcrypto.ts')
    try {
      const { subtle } = webcrypto()
      const digest = new Uint8Array(await subtle.digest('SHA-256', new TextEncoder().encode('abc')))
      console.log(digest[0] === 0xba)
    } catch ({ code, message }) {
      console.log(code, message)
    }`
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', code])
  for (const word of said.split(' ')) expect(stdout).toContain(word)
})

test('without undici a client is made all the same, and only the call that presents a certificate says what to install', async () => {
  const code = `
    ${without({ undici: '' })}
    const { createMtlsFetch } = await import('./src/adapters/node.ts')
    const { Wechatpay } = await import('./src/core/index.ts')
    const wxpay = new Wechatpay({ mchid: '1', apiv2Key: 'x', mtlsFetch: createMtlsFetch({}) })
    const { code, message } = await wxpay.v2.secapi.pay.refund.post({}).catch(error => error)
    console.log(code, message)`
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', code])
  expect(stdout).toMatch(/^PACKAGE_MISSING undici: .*npm install undici@7/)
})

/** Options of `WechatpayOptions`, of every kind: keys, functions, switches. */
const OPTIONS_ALONE = {
  fetch,
  apiv3Key: 'x'.repeat(32),
  signer: { sign: async () => new Uint8Array() },
  retry: false,
  hongKong: true,
  platformKeys: {},
  brand: { brandId: '40000' },
  now: Date.now,
}

test.each(Object.entries(OPTIONS_ALONE))(
  'the option %s in place of the environment is refused, with what to do',
  (option, value) => {
    expect(() => wechatpay({ [option]: value } as never)).toThrow(
      expect.objectContaining({
        code: 'OPTION_INVALID',
        option,
        message: expect.stringContaining('options are the second argument'),
      }),
    )
  },
)
