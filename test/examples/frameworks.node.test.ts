import { execFile, spawn } from 'node:child_process'
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { expect, inject, onTestFinished, test } from 'vitest'
import { Wechatpay } from '../../src/core/index.ts'
import { createSimulator } from '../../src/simulator/index.ts'
import { freePort } from '../free-port.ts'

// Each example is copied, installed with its own packages and the packed project, type-checked, built, started and notified.

const TIMEOUT = 600_000
const run = promisify(execFile)
const SEED = 'examples/frameworks'
const { merchant } = await createSimulator({ seed: SEED })
const [publicKey] = Object.entries(merchant.platformKeys ?? {})
/** The environment of a merchant, without variables of this process that a build may heed. */
const environment = {
  PATH: `${join(process.execPath, '..')}:${process.env.PATH}`,
  HOME: process.env.HOME,
  NO_COLOR: '1',
  NEXT_TELEMETRY_DISABLED: '1',
  NUXT_TELEMETRY_DISABLED: '1',
  WECHATPAY_APPID: merchant.appid,
  WECHATPAY_MCHID: merchant.mchid,
  WECHATPAY_SERIAL: merchant.serial,
  WECHATPAY_PRIVATE_KEY: merchant.privateKey,
  WECHATPAY_APIV3_KEY: merchant.apiv3Key,
  WECHATPAY_PUBLIC_KEY_ID: publicKey![0],
  WECHATPAY_PUBLIC_KEY: publicKey![1],
} as NodeJS.ProcessEnv

const report = (program: string, args: string[], cwd: string, env = environment): Promise<unknown> =>
  run(program, args, { cwd, env, maxBuffer: 2 ** 26 }).catch(({ message, stdout, stderr }) => {
    throw new Error(`${message}\n${stdout}\n${stderr}`)
  })

/** Installs a copy of an example. */
async function install(name: string): Promise<{ folder: string; scripts: Record<string, string> }> {
  const folder = await mkdtemp(join(tmpdir(), `wechatpay-edge-${name}-`))
  onTestFinished(() => rm(folder, { recursive: true, force: true, maxRetries: 3 }))
  await cp(join('examples/frameworks', name), folder, { recursive: true })
  const manifest = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'))
  for (const [dependency, version] of Object.entries({ ...manifest.dependencies, ...manifest.devDependencies }))
    expect([dependency, version]).toEqual([dependency, expect.stringMatching(/^\d+\.\d+\.\d+$/)])
  manifest.dependencies['wechatpay-edge'] = `file:${inject('tarball')}`
  await writeFile(join(folder, 'package.json'), JSON.stringify(manifest))
  // With all of this environment, because it may name a proxy of the registry.
  const options = ['--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund']
  await report('npm', ['install', ...options], folder, process.env)
  return { folder, scripts: manifest.scripts }
}

/** Starts it on a free port, and gives the address that it prints, and its lines. */
async function start(folder: string, port: number): Promise<{ lines: string[] }> {
  const lines: string[] = []
  // In a group of its own, because npm starts the server as a child.
  const server = spawn('npm', ['start'], {
    cwd: folder,
    detached: true,
    env: { ...environment, PORT: String(port), HOST: '127.0.0.1' },
  })
  onTestFinished(() => {
    if (server.exitCode === null) process.kill(-server.pid!, 'SIGKILL')
  })
  for (const stream of [server.stdout, server.stderr])
    createInterface({ input: stream }).on('line', line => lines.push(line))
  const ended = new Promise<never>((_, reject) =>
    server.once('exit', code => reject(new Error(`npm start ended with ${code}:\n${lines.join('\n')}`))),
  )
  ended.catch(() => {})
  await Promise.race([
    ended,
    expect
      .poll(() =>
        fetch(`http://127.0.0.1:${port}/notify`).then(
          () => true,
          () => false,
        ),
      )
      .toBe(true),
  ])
  return { lines }
}

/** A simulated WeChat Pay with the merchant's keys, whose order `order1` is notified at a URL. */
async function createOrder(url: string) {
  const simulator = await createSimulator({ seed: SEED })
  const { appid, mchid } = merchant
  await new Wechatpay({ ...merchant, fetch: simulator.fetch }).v3.pay.transactions.native.post({
    appid,
    mchid,
    out_trade_no: 'order1',
    description: 'Image形象店-深圳腾大-QQ公仔',
    notify_url: url,
    amount: { total: 100 },
  })
  return simulator
}

test.each([
  ['express', ['/notify']],
  ['koa', ['/notify']],
  ['fastify', ['/notify']],
  ['hono', ['/notify']],
  ['nestjs', ['/notify']],
  // The runtimes of Next: node and edge.
  ['next', ['/notify', '/edge/notify']],
  ['sveltekit', ['/notify']],
  ['nuxt', ['/notify']],
])(
  'the example for %s installs, compiles, starts, and receives notifications at %s, unless they are forged',
  async (name, paths) => {
    const { folder, scripts } = await install(name)
    if (scripts.build) await report('npm', ['run', 'build'], folder)
    else await report(join(process.cwd(), 'node_modules/.bin/tsc'), ['-p', '.'], folder)
    const port = await freePort()
    const { lines } = await start(folder, port)
    for (const [at, path] of paths.entries()) {
      const simulator = await createOrder(`http://127.0.0.1:${port}${path}`)
      simulator.pay({ out_trade_no: 'order1' })
      await simulator.settled()
      expect(simulator.notifications.map(({ state }) => state)).toEqual(['delivered'])
      await expect.poll(() => lines.filter(line => line.includes('paid: order1'))).toHaveLength(at + 1)

      const forged = await simulator.notify.tampered(simulator.notifications[0]!.id)
      expect(forged.responseBody).toContain('SIGNATURE_INVALID')
      // The refusal is not silent.
      await expect.poll(() => lines.join('\n').split('was refused (SIGNATURE_INVALID)')).toHaveLength(at + 2)
      expect(lines.filter(line => line.includes('paid: order1'))).toHaveLength(at + 1)
    }
  },
  TIMEOUT,
)
