import { writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { NodeEnvironment } from '../../../src/adapters/node.ts'
import { NODE_VARIABLES } from '../../../src/adapters/refuse-misspelt.ts'
import { type Check, printChecks } from '../../../src/cli/checks.ts'
import { CommandError } from '../../../src/cli/command.ts'
import { COMMANDS } from '../../../src/cli/commands.ts'
import { checkAll } from '../../../src/cli/doctor/doctor.ts'
import { run } from '../../../src/cli/run.ts'
import { createSimulator, type SimulatedMerchant } from '../../../src/simulator/index.ts'
import * as keys from '../../fixtures/keys.ts'
import { PEM_FORMS } from '../../fixtures/pem-forms.ts'

// Whatever somebody has set, doctor names what is wrong with it and the cure: it never ends in a stack trace, and never shows a secret.

const stopped = new AbortController().signal
let folder: string
let merchant: SimulatedMerchant
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wechatpay-edge-garbage-'))
  merchant = (await createSimulator({ seed: 'garbage' })).merchant
})
afterAll(() => rm(folder, { recursive: true }))

const PEMS = Object.entries(keys).flatMap(([name, text]) => (name.startsWith('SIGNATURE') ? [] : [text]))
const LABELS = [
  'PRIVATE KEY',
  'RSA PRIVATE KEY',
  'PUBLIC KEY',
  'CERTIFICATE',
  'ENCRYPTED PRIVATE KEY',
  'EC PRIVATE KEY',
  '',
]
const block = (label: string, content: string) => `-----BEGIN ${label}-----\n${content}\n-----END ${label}-----\n`
const bytes = fc.uint8Array({ maxLength: 400 }).map(bytes => Buffer.from(bytes))
const form = fc.constantFrom(...Object.values(PEM_FORMS))
/** A real one, of which a byte or a few have become others: most of it can still be read. */
const damaged = fc
  .tuple(fc.constantFrom(...PEMS), fc.array(fc.tuple(fc.nat(3000), fc.nat(255)), { minLength: 1, maxLength: 4 }))
  .map(([pem, changes]) => {
    const [, label, content] = /-----BEGIN ([A-Z ]+)-----([\s\S]*?)-----END/.exec(pem)!
    const der = Buffer.from(content!, 'base64')
    for (const [at, value] of changes) der[at % der.length] = value
    return block(label!, der.toString('base64'))
  })
const cut = fc
  .tuple(fc.constantFrom(...PEMS), fc.nat(2000), fc.nat(200))
  .map(([pem, at, count]) => pem.slice(0, at) + pem.slice(at + count))
const text: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 80 }),
  fc.string({ unit: 'grapheme', maxLength: 40 }),
  fc.constantFrom(
    '',
    ' ',
    '\n',
    '0',
    '1900000109',
    'null',
    'undefined',
    '{}',
    '-----BEGIN',
    '-----BEGIN PRIVATE KEY-----',
  ),
  fc.constantFrom(
    '/',
    '/dev/null',
    'package.json',
    'node_modules',
    './none.pem',
    '\0',
    'http://',
    'https://[::1',
    'javascript:1',
  ),
  fc.constantFrom('PUB_KEY_ID_1', 'pub_key_id_1', 'PUB_KEY_ID_', 'ABCDEF', 'A'.repeat(100_000)),
  fc.tuple(fc.constantFrom(...PEMS), form).map(([pem, form]) => form(pem)),
  fc
    .tuple(fc.constantFrom(...LABELS), bytes, form)
    .map(([label, der, form]) => form(block(label, der.toString('base64')))),
  fc.tuple(fc.constantFrom(...LABELS), fc.string({ unit: 'binary' })).map(([label, text]) => block(label, text)),
  fc.tuple(damaged, form).map(([pem, form]) => form(pem)),
  cut,
)
const environments = fc.dictionary(fc.constantFrom(...NODE_VARIABLES), text, {
  maxKeys: NODE_VARIABLES.length,
  noNullPrototype: true,
})

/** The lines of the real keys, of which none may be shown. */
const secrets = PEMS.filter(pem => pem.includes('PRIVATE KEY')).flatMap(pem => pem.match(/^[\w+/=]{40,}$/gm)!)

function expectPlain(checks: readonly Check[]): void {
  for (const { name, ok, detail, fix } of checks) {
    expect(detail, name).not.toBe('')
    if (ok === false) expect(fix, `${name}: ${detail}`).toMatch(/\S/)
    // Its own fault: none that is known is left.
    expect(detail).not.toContain('cannot be looked at')
  }
  const lines: string[] = []
  try {
    printChecks(checks, { print: line => lines.push(line) }, false)
    expect(checks.every(({ ok }) => ok !== false)).toBe(true)
  } catch (error) {
    expect(error).toBeInstanceOf(CommandError)
  }
  const said = lines.join('\n')
  expect(said).not.toMatch(/^ +at .*:\d+:\d+/m)
  for (const secret of secrets) expect(said).not.toContain(secret)
}

it('garbage in every variable', async () => {
  await fc.assert(
    fc.asyncProperty(environments, async environment => {
      expectPlain(await checkAll(environment as NodeEnvironment, { offline: true, stopped }))
    }),
    { numRuns: 400 },
  )
})

it('garbage in one variable beside good ones, and in the file that one names', async () => {
  const good = goodEnvironment(merchant, undefined)
  const path = join(folder, 'garbage')
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...NODE_VARIABLES), fc.oneof(text, bytes), async (name, content) => {
      const isText = typeof content === 'string'
      if (isText) expectPlain(await checkAll({ ...good, [name]: content }, { offline: true, stopped }))
      writeFileSync(path, content)
      const [variable, file] = name.endsWith('_FILE') ? [name.slice(0, -5), name] : [name, `${name}_FILE`]
      expectPlain(await checkAll({ ...good, [variable]: undefined, [file]: path }, { offline: true, stopped }))
    }),
    { numRuns: 300 },
  )
})

it('garbage for an .env', async () => {
  const file = join(folder, 'garbage.env')
  await fc.assert(
    fc.asyncProperty(fc.oneof(text, bytes), fc.constantFrom(...NODE_VARIABLES), async (content, name) => {
      writeFileSync(file, Buffer.concat([Buffer.from(`${name}=`), Buffer.from(content)]))
      const errors: string[] = []
      const terminal = { print: () => {}, warn: (line: string) => errors.push(line), stopped }
      expect(await run(COMMANDS, ['doctor', '--offline', '--env', file], terminal)).toBe(1)
      expect(errors).toEqual([expect.stringMatching(/^Failed: /)])
    }),
    { numRuns: 100 },
  )
})

it('garbage from the host', async () => {
  const header = fc.constantFrom(
    'Date: x',
    'Date: Thu, 01 Jan 1970 00:00:00 GMT',
    'Date: Fri, 31 Dec 9999 23:59:59 GMT',
    'Content-Encoding: gzip',
    'Content-Length: 5',
    'Location: /',
    'Transfer-Encoding: chunked',
    'Wechatpay-Signature: x\r\nWechatpay-Serial: x\r\nWechatpay-Nonce: x\r\nWechatpay-Timestamp: x',
    'Wechatpay-Signature: x\r\nWechatpay-Serial: ABCDEF\r\nWechatpay-Nonce: x\r\nWechatpay-Timestamp: now',
    'Wechatpay-Signature: x\r\nWechatpay-Serial: PUB_KEY_ID_9\r\nWechatpay-Nonce: x\r\nWechatpay-Timestamp: now',
  )
  const body = fc.constantFrom(
    '',
    '{}',
    'null',
    '[]',
    '{"code":1}',
    '{"code":"SIGN_ERROR","message":"x"}',
    '<html>',
    '{"data":[]}',
    '{"data":[null]}',
  )
  const status = fc.constantFrom(101, 200, 204, 301, 400, 401, 403, 404, 429, 500, 503, 599)
  const response = fc
    .tuple(status, fc.array(header, { maxLength: 3 }), body)
    .map(
      ([status, headers, body]) =>
        `HTTP/1.1 ${status} x\r\n${[...headers, 'Connection: close'].join('\r\n')}\r\n\r\n${body}`,
    )
  const answer = fc.oneof(response, response, fc.string({ unit: 'binary', maxLength: 60 }), fc.constant(''))
  let reply = ''
  const server: Server = createServer(socket => {
    socket.on('error', () => {})
    const now = String(Math.floor(Date.now() / 1000))
    socket.once('data', () => socket.end(reply.replace(/now$/m, now), 'latin1'))
  })
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  try {
    await fc.assert(
      fc.asyncProperty(answer, fc.boolean(), async (given, hasPublicKey) => {
        reply = given
        const { WECHATPAY_PUBLIC_KEY, WECHATPAY_PUBLIC_KEY_ID, ...rest } = goodEnvironment(merchant, url)
        const environment = hasPublicKey ? { ...rest, WECHATPAY_PUBLIC_KEY, WECHATPAY_PUBLIC_KEY_ID } : rest
        expectPlain(await checkAll(environment, { offline: false, stopped }))
      }),
      { numRuns: 150 },
    )
  } finally {
    server.close()
  }
})

function goodEnvironment(merchant: SimulatedMerchant, url: string | undefined): NodeEnvironment {
  const [[WECHATPAY_PUBLIC_KEY_ID, WECHATPAY_PUBLIC_KEY] = []] = Object.entries(merchant.platformKeys)
  return {
    WECHATPAY_MCHID: merchant.mchid,
    WECHATPAY_CERTIFICATE: merchant.certificate,
    WECHATPAY_PRIVATE_KEY: merchant.privateKey,
    WECHATPAY_APIV3_KEY: merchant.apiv3Key,
    WECHATPAY_APIV2_KEY: merchant.apiv2Key,
    WECHATPAY_PUBLIC_KEY_ID,
    WECHATPAY_PUBLIC_KEY,
    WECHATPAY_BASE_URL: url,
  }
}
