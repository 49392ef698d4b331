import { execFile } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { build } from 'esbuild'
import { convertV4MiniflareOptions, Miniflare } from 'miniflare'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { unstable_readConfig } from 'wrangler'
import { mayBeSigned } from '../../examples/signer/policy.ts'
import { listen } from '../../src/cli/simulator/server.ts'
import { createSimulator, type Simulator } from '../../src/simulator/index.ts'

// The key is in another process, and in another Worker; the simulator verifies what comes of it.

test.each([
  ['in the clone', join(process.cwd(), 'examples'), process.cwd()],
  ['in a project that installed the package', inject('scratch'), inject('scratch')],
])('the shop on Node places an order with the key of another process, %s', async (_, folder, cwd) => {
  const file = join(folder, 'signer/node/index.ts')
  const { stdout } = await promisify(execFile)(process.execPath, [file], { cwd })
  expect(stdout).toMatch(
    /^placed: wx\w+ - signed by [0-9A-F]{40}\npaySign: 344 characters\nrefused: SIGNER_FAILED - may have taken effect: false\n$/,
  )
})

describe('the shop on Cloudflare', () => {
  const folder = 'examples/signer/cloudflare'
  const closing: (() => Promise<void>)[] = []
  let simulator: Simulator
  let miniflare: Miniflare

  /** A Worker as wrangler deploys it, bundled. */
  async function workerOf(name: 'holder' | 'shop') {
    const config = unstable_readConfig({ config: `${folder}/${name}.toml` })
    const { outputFiles } = await build({
      entryPoints: [`${folder}/${name}.ts`],
      bundle: true,
      write: false,
      format: 'esm',
      target: 'es2022',
      external: ['cloudflare:workers'],
    })
    const services = config.services as { binding: string; service: string }[] | undefined
    return {
      name: config.name!,
      modules: true,
      script: outputFiles[0]!.text,
      compatibilityDate: config.compatibility_date!,
      services: Object.fromEntries(services?.map(({ binding, service }) => [binding, service]) ?? []),
      vars: config.vars as Record<string, string>,
    } as const
  }

  beforeAll(async () => {
    simulator = await createSimulator()
    const server = await listen(request => simulator.fetch(request), { host: '127.0.0.1', port: 0 })
    closing.push(() => server.close())
    const { mchid, serial, privateKey, platformKeys } = simulator.merchant
    const [[id, publicKey]] = Object.entries(platformKeys!) as [[string, string]]
    const [{ services, vars, ...shop }, holder] = await Promise.all([workerOf('shop'), workerOf('holder')])
    const bindings = {
      ...vars,
      WECHATPAY_MCHID: mchid,
      WECHATPAY_SERIAL: serial!,
      WECHATPAY_PUBLIC_KEY_ID: id,
      WECHATPAY_PUBLIC_KEY: publicKey,
      WECHATPAY_BASE_URL: server.url,
    }
    expect(JSON.stringify(bindings)).not.toContain('PRIVATE KEY')
    miniflare = new Miniflare(
      convertV4MiniflareOptions({
        host: '127.0.0.1',
        port: 0,
        cf: false,
        workers: [
          { ...shop, bindings, serviceBindings: services },
          { ...holder, bindings: { PRIVATE_KEY: privateKey as string } },
        ],
      }),
    )
    await miniflare.ready
    closing.push(() => miniflare.dispose())
  })
  afterAll(async () => {
    for (const close of closing.reverse()) await close()
  })
  const pay = (item: string, number: string) =>
    miniflare.dispatchFetch(`http://shop.example/pay/${item}/${number}`, { method: 'POST' })

  test('places orders with the key of a Worker that it is bound to', async () => {
    const responses = await Promise.all(['T10001', 'T10002'].map(number => pay('tea', number)))
    for (const response of responses)
      expect(await response.json()).toEqual({ code_url: expect.stringMatching(/^weixin:/) })
    expect(simulator.journal.slice(-2)).toMatchObject([
      { status: 200, signature: 'valid', signedBy: simulator.merchant.serial },
      { status: 200, signature: 'valid', signedBy: simulator.merchant.serial },
    ])
    expect(new X509Certificate(simulator.merchant.certificate!).serialNumber).toBe(simulator.merchant.serial)
  })

  test('does not get a signature for what the policy of that Worker refuses, and sends nothing', async () => {
    const sent = simulator.journal.length
    const response = await pay('car', 'T10003')
    expect([response.status, await response.json()]).toEqual([
      502,
      { code: 'SIGNER_FAILED', message: 'signer.sign failed. See the cause.' },
    ])
    expect(simulator.journal.length).toBe(sent)
  })

  test('cannot reach that Worker by HTTP', async () => {
    const { fetch } = (await miniflare.getWorker('wechatpay-signer')) as unknown as { fetch: typeof globalThis.fetch }
    expect((await fetch('http://signer.example/sign', { method: 'POST', body: 'x' })).status).toBe(404)
  })
})

describe('the policy of the holder', () => {
  const message = (...lines: string[]) => new TextEncoder().encode(lines.map(line => `${line}\n`).join(''))
  const call = (method: string, path: string, body = '') => message(method, path, '1700000000', 'nonce', body)
  const native = (body: string) => call('POST', '/v3/pay/transactions/native', body)

  test.each<[string, Uint8Array]>([
    ['an order', native('{"amount":{"total":100000}}')],
    ['a query', call('GET', '/v3/pay/transactions/out-trade-no/1?mchid=1900000109')],
    ['a payment that starts', message('wx1', '1700000000', 'nonce', 'prepay_id=wx2')],
  ])('lets %s be signed', (_, bytes) => {
    expect(mayBeSigned(bytes)).toBe(true)
  })

  test.each<[string, Uint8Array]>([
    ['a greater order', native('{"amount":{"total":100001}}')],
    ['an order without an amount', native('{}')],
    ['an order whose amount is text', native('{"amount":{"total":"1"}}')],
    ['an order with two amounts', native('{"amount":{"total":999999},"amount":{"total":1}}')],
    ['another call', call('POST', '/v3/fund-app/mch-transfer/transfer-bills', '{"amount":{"total":1}}')],
    ['a path that only begins alike', call('POST', '/v3/pay/transactions/native/x', '{"amount":{"total":1}}')],
    ['any text', message('pair')],
    ['nothing', new Uint8Array()],
  ])('refuses %s', (_, bytes) => {
    expect(mayBeSigned(bytes)).toBe(false)
  })
})
