import { execFile, spawn } from 'node:child_process'
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { transform } from 'esbuild'
import { type Browser, chromium } from 'playwright'
import { build, createServer, preview } from 'vite'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { unstable_startWorker } from 'wrangler'
import { merchantFiles } from '../../src/cli/simulator/merchant-files.ts'
import { chromiumPath } from '../chromium.ts'
import { createRehearsals } from '../cli/doctor/rehearsals.ts'
import { findNode20 } from '../runtimes/node20.ts'

// As a user runs them: on the built package, by its name; in the clone, where it finds itself, and in a project that
// installed it.
const run = promisify(execFile)
const program = (name: string) => join(process.cwd(), 'node_modules/.bin', name)
const PAID =
  /show as a QR code: weixin:.*\nnotified: .*\nstate: SUCCESS - verified by PUB_KEY_ID_\d+\nrefunded: 30 fen of 100\nrefused: ORDER_NOT_EXIST/

/** Starts a server, asks it once, and ends it. */
const ask = async (...given: Parameters<typeof hear>): Promise<unknown> => (await hear(...given)).answer

/** The same, with what the server has said. */
async function hear(command: string, args: string[], cwd: string): Promise<{ answer: unknown; lines: string[] }> {
  const server = spawn(command, args, { cwd, env: { ...process.env, PORT: '0', NO_COLOR: '1' } })
  const lines: string[] = []
  try {
    for (const stream of [server.stdout, server.stderr]) stream.setEncoding('utf8')
    const port = await new Promise<string>((resolve, reject) => {
      for (const input of [server.stdout, server.stderr])
        createInterface({ input }).on('line', line => {
          lines.push(line)
          const [, port] = /https?:\/\/\S+:(\d+)/.exec(line) ?? []
          if (port) resolve(port)
        })
      server.once('exit', code => reject(new Error(`${command} ended with ${code}:\n${lines.join('\n')}`)))
    })
    const answer = await (await fetch(`http://127.0.0.1:${port}/pay/order1`)).json()
    await expect
      .poll(() => lines.some(line => line.startsWith('delivered')) || !args.some(one => one.includes('gateway')))
      .toBe(true)
    return { answer, lines }
  } finally {
    server.kill('SIGKILL')
  }
}
const CODE = { code_url: expect.stringMatching(/^weixin:/) }

const node20 = await findNode20()
let browser: Browser
beforeAll(async () => {
  browser = await chromium.launch({ executablePath: await chromiumPath(), args: ['--no-sandbox'] })
})
afterAll(() => browser.close())

/** Presses the button of the page, and gives what it says then. */
async function press(url: string): Promise<string | null> {
  const page = await browser.newPage()
  try {
    await page.goto(url)
    await page.waitForLoadState('networkidle')
    await page.click('#pay')
    await page.waitForFunction(() => document.querySelector('#state')?.textContent)
    return await page.textContent('#state')
  } finally {
    await page.close()
  }
}

describe.each([
  ['in the clone', join(process.cwd(), 'examples'), process.cwd()],
  ['in a project that installed the package', inject('scratch'), inject('scratch')],
])('%s', (_, folder, cwd) => {
  test('the Node example places, pays and refunds an order', async () => {
    const { stdout } = await run(process.execPath, [join(folder, 'node/index.ts')], { cwd })
    expect(stdout).toMatch(PAID)
  })

  test.each([
    ['deno', ['serve', '--allow-all', '--host', '127.0.0.1', '--port', '0'], 'gateway/index.ts'],
    ['bun', [], 'gateway/index.ts'],
    ['node', [], 'gateway/node.ts'],
  ])('the gateway on %s places an order, and delivers what it is notified of', async (runtime, args, file) => {
    const { answer, lines } = await hear(program(runtime), [...args, join(folder, file)], cwd)
    expect(answer).toEqual(CODE)
    expect(lines.join('\n')).toContain('delivered: {"type":"TRANSACTION.SUCCESS"')
  })

  test('the Deno example gives a QR code, with the permissions that its README names', async () => {
    const leave = ['env=WECHATPAY_*', 'net=api.mch.weixin.qq.com,api2.mch.weixin.qq.com'].map(what => `--allow-${what}`)
    const args = ['serve', '--host', '127.0.0.1', '--port', '0', ...leave, join(folder, 'deno/main.ts')]
    expect(await ask(program('deno'), args, cwd)).toEqual(CODE)
  })

  test('the Bun example gives a QR code', async () => {
    expect(await ask(program('bun'), [join(folder, 'bun/index.ts')], cwd)).toEqual(CODE)
  })

  test('the Cloudflare example gives a QR code, in workerd, and needs no nodejs_compat', async () => {
    const worker = await unstable_startWorker({
      config: join(folder, 'cloudflare/wrangler.toml'),
      dev: { server: { port: 0 }, logLevel: 'error', inspector: false },
    })
    try {
      const response = await worker.fetch('http://example.com/pay/order1')
      expect([response.status, await response.json()]).toEqual([200, CODE])
    } finally {
      await worker.dispose()
    }
  })
})

test('the Cloudflare example signs with the .env of the simulator as its .dev.vars', async () => {
  await using rehearsals = await createRehearsals()
  const folder = join(inject('scratch'), 'dev-vars')
  await cp(join(inject('scratch'), 'cloudflare'), folder, { recursive: true })
  const { '.env': variables } = await merchantFiles(rehearsals.simulator, { url: rehearsals.url, tls: undefined })
  await writeFile(join(folder, '.dev.vars'), variables!)
  const worker = await unstable_startWorker({
    config: join(folder, 'wrangler.toml'),
    dev: { server: { port: 0 }, logLevel: 'error', inspector: false },
  })
  try {
    expect(await (await worker.fetch('http://example.com/pay/devvars1')).json()).toEqual(CODE)
    expect(rehearsals.simulator.order('devvars1')).toMatchObject({ trade_state: 'NOTPAY', amount: { total: 100 } })
  } finally {
    await worker.dispose()
  }
})

test.skipIf(!node20)('the Node example places, pays and refunds an order on Node 20, compiled', async () => {
  const folder = join(inject('scratch'), 'node')
  const { code } = await transform(await readFile(join(folder, 'index.ts'), 'utf8'), { loader: 'ts' })
  await writeFile(join(folder, 'index.mjs'), code)
  const { stdout } = await run(node20!, [join(folder, 'index.mjs')])
  expect(stdout).toMatch(PAID)
})

test('the web page pays by way of a gateway, served by Vite as it stands in the clone', async () => {
  const server = await createServer({ root: 'examples/browser', logLevel: 'error', server: { port: 0 } })
  try {
    await server.listen()
    expect(await press(server.resolvedUrls!.local[0]!)).toMatch(/weixin:.* \(verified by PUB_KEY_ID_/)
  } finally {
    await server.close()
  }
})

test('the web page pays by way of a gateway, built by Vite from the installed package, and brings no server code', async () => {
  const options = { root: join(inject('scratch'), 'browser'), logLevel: 'error' } as const
  const built = await build(options)
  const chunks = ('output' in built ? built.output : []).map(chunk => ('code' in chunk ? chunk.code : ''))
  expect(chunks.join('')).not.toMatch(/node:|PRIVATE KEY-----\n/)
  const server = await preview({ ...options, preview: { port: 0 } })
  try {
    expect(await press(server.resolvedUrls!.local[0]!)).toMatch(/weixin:.* \(verified by PUB_KEY_ID_/)
  } finally {
    await server.close()
  }
})

test('the gateway Worker bundles for deployment', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'wechatpay-edge-'))
  try {
    const { stdout } = await run(program('wrangler'), ['deploy', '--dry-run', '--outdir', folder], {
      env: { ...process.env, WRANGLER_SEND_METRICS: 'false' },
    })
    expect(stdout).toContain('--dry-run: exiting now')
  } finally {
    await rm(folder, { recursive: true })
  }
})
