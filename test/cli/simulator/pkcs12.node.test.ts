import { execFile } from 'node:child_process'
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createSecureContext } from 'node:tls'
import { promisify } from 'node:util'
import { beforeAll, expect, it } from 'vitest'
import { writePkcs12 } from '../../../src/cli/simulator/pkcs12.ts'
import { CERTIFICATE, PRIVATE_KEY } from '../../fixtures/keys.ts'

// Judged by the openssl command, and by what Node's TLS takes.

const run = promisify(execFile)
const p12 = writePkcs12(CERTIFICATE, PRIVATE_KEY, '1900000109')
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wechatpay-edge-'))
  await writeFile(join(folder, 'a.p12'), p12)
  return () => rm(folder, { recursive: true })
})
const openssl = (passphrase: string) =>
  run('openssl', ['pkcs12', '-in', join(folder, 'a.p12'), '-passin', `pass:${passphrase}`, '-nodes'])

it('openssl takes certificate and key out of it', async () => {
  const { stdout } = await openssl('1900000109')
  expect(new X509Certificate(stdout.slice(stdout.indexOf('-----BEGIN CERT'))).fingerprint256).toBe(
    new X509Certificate(CERTIFICATE).fingerprint256,
  )
  const key = createPrivateKey(stdout.slice(stdout.indexOf('-----BEGIN PRIVATE')))
  expect(key.equals(createPrivateKey(PRIVATE_KEY))).toBe(true)
})

it('is encrypted and named as the real file is, which Java 8 and Go read', async () => {
  const file = join(folder, 'a.p12')
  const { stdout, stderr } = await run('openssl', [
    'pkcs12',
    '-in',
    file,
    '-passin',
    'pass:1900000109',
    '-nodes',
    '-info',
  ])
  expect(stderr).toMatch(/^MAC: ?sha1, Iteration 2048$/m)
  expect(stderr).toMatch(/^Shrouded Keybag: pbeWithSHA1And3-KeyTripleDES-CBC, Iteration 2048$/m)
  // A certificate and its key under one name: Java has one entry, of which that is the alias.
  expect(stdout.match(/friendlyName: Tenpay Certificate/g)).toHaveLength(2)
})

it('openssl refuses another passphrase', async () => {
  await expect(openssl('1900000108')).rejects.toThrow(/invalid password/)
})

it('Node presents it', () => {
  expect(() => createSecureContext({ pfx: p12, passphrase: '1900000109' })).not.toThrow()
  expect(() => createSecureContext({ pfx: p12, passphrase: '' })).toThrow(/mac verify failure/)
})
