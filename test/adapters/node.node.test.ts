import { execFile } from 'node:child_process'
import process from 'node:process'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
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

test('a cache that cannot be written is a warning of the process, and no error', () =>
  withFiles({ file: '' }, async path => {
    const warned = new Promise<Error>(resolve => process.once('warning', resolve))
    await fileCache(path('file/certificates.json')).set('{}')
    expect((await warned).message).toContain('certificates.json')
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
