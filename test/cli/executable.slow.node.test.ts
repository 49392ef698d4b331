import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { createHash, createSign, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { connect } from 'node:tls'
import { promisify } from 'node:util'
import { Client } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import { Agent, request } from 'undici'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildExecutable } from '../../scripts/executable.ts'
import { COMMANDS } from '../../src/cli/commands.ts'
import { VERSION } from '../../src/core/base/version.ts'
import { CERTIFICATE, PRIVATE_KEY } from '../fixtures/keys.ts'
import { startedLine } from './program.ts'

// The single-file executable as a team without Node starts it: in a folder of its own, without this repository and without PATH.

const run = promisify(execFile)
let folder: string
let program: string
const running: ChildProcess[] = []

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wechatpay-edge-executable-'))
  program = join(folder, 'wechatpay-edge')
  buildExecutable(program)
})
afterAll(async () => {
  for (const child of running) child.kill('SIGKILL')
  await rm(folder, { recursive: true })
})

const environment = { HOME: '/nonexistent', PATH: '' }
const say = async (...argv: string[]): Promise<string> =>
  (await run(program, argv, { cwd: folder, env: environment })).stdout

interface Started {
  readonly line: Readonly<Record<'url' | 'mchid' | 'appid' | 'serial', string>>
  /** @returns the exit code */
  stop(): Promise<unknown>
}

/** Starts a server and returns the line by which it says that it serves. */
async function start(argv: string[], env: Record<string, string> = {}): Promise<Started> {
  const child = spawn(program, argv, { cwd: folder, env: { ...environment, ...env } })
  running.push(child)
  let errors = ''
  child.stderr.on('data', data => {
    errors += data
  })
  const exit = once(child, 'exit')
  const line = await startedLine(createInterface(child.stdout), exit)
  if (!line) throw new Error(errors)
  return {
    line: line as Started['line'],
    async stop() {
      child.kill('SIGTERM')
      return (await exit)[0]
    },
  }
}

it('knows its version, and the help of every command', async () => {
  expect(await say('--version')).toBe(`${VERSION}\n`)
  for (const name of Object.keys(COMMANDS)) expect(await say(name, '--help')).toContain(`wechatpay-edge ${name}`)
})

it('takes nothing from the current folder: no variables of .env, no code of bunfig.toml', async () => {
  const hostile = join(folder, 'hostile')
  await mkdir(hostile)
  await writeFile(join(hostile, '.env'), 'GATEWAY_DATA=/nonexistent/hostile.db\nNODE_OPTIONS=--require=./preload.js\n')
  await writeFile(join(hostile, 'bunfig.toml'), 'preload = ["./preload.js"]\n')
  await writeFile(join(hostile, 'preload.js'), 'console.log("HOSTILE")\n')
  const options = { cwd: hostile, env: environment }
  expect((await run(program, ['--version'], options)).stdout).toBe(`${VERSION}\n`)
  // The command would name the ledger of the variable.
  const refused = await run(program, ['ledger', 'export', 'x.jsonl', '--env', '/dev/null'], options).catch(
    error => error,
  )
  expect(refused.stderr).toContain('wechatpay-edge.db')
})

describe('its simulator', () => {
  let simulator: Started
  beforeAll(async () => {
    simulator = await start(['simulator', '--port', '0', '--json', '--folder', 'wechatpay'])
  })

  /** Signs as the documentation says, without this package. */
  async function call(method: string, path: string, body = ''): Promise<Response> {
    const { url, mchid, serial } = simulator.line
    const [timestamp, nonce] = [String(Math.floor(Date.now() / 1000)), randomUUID()]
    const key = await readFile(join(folder, 'wechatpay/apiclient_key.pem'))
    const text = `${method}\n${path}\n${timestamp}\n${nonce}\n${body}\n`
    const signature = createSign('RSA-SHA256').update(text).sign(key, 'base64')
    const parameters = { mchid, nonce_str: nonce, timestamp, serial_no: serial, signature }
    const signed = Object.entries(parameters).map(([name, value]) => `${name}="${value}"`)
    const headers = {
      Authorization: `WECHATPAY2-SHA256-RSA2048 ${signed.join(',')}`,
      Accept: 'application/json',
      'Content-Type': 'application/json',
      'User-Agent': 'test',
    }
    return fetch(url + path, { method, headers, ...(body && { body }) })
  }

  it('takes an order that another program has signed, and the payment of the shopper', async () => {
    const { mchid, appid, url } = simulator.line
    const notify_url = 'http://127.0.0.1:9/notify'
    const order = { mchid, appid, out_trade_no: 'EXE-0001', description: 'd', notify_url, amount: { total: 100 } }
    const placed = await call('POST', '/v3/pay/transactions/native', JSON.stringify(order))
    expect([placed.status, await placed.json()]).toEqual([200, { code_url: expect.stringMatching(/^weixin:/) }])
    await fetch(`${url}/simulator/pay`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: '{"out_trade_no":"EXE-0001"}',
    })
    const found = await call('GET', `/v3/pay/transactions/out-trade-no/EXE-0001?mchid=${mchid}`)
    expect(await found.json()).toMatchObject({ trade_state: 'SUCCESS', amount: { total: 100 } })
  })

  it('is called by its own command `doctor`, which signs and verifies', async () => {
    expect(await say('doctor', '--env', 'wechatpay/.env')).toMatch(/✓ signed call/)
  })

  it('has the console and its definitions inside', async () => {
    const page = await fetch(`${simulator.line.url}/console/`)
    expect(await page.text()).toContain('<title>WeChat Pay</title>')
    const { DEFINITION_FILES } = await import('../../src/console-files/generated/definition-files.ts')
    for (const name of Object.keys(DEFINITION_FILES).slice(0, 3))
      expect(await (await fetch(`${simulator.line.url}/console/${name}`)).text()).toBe(DEFINITION_FILES[name]!.text)
  })

  it('is found healthy by the program itself, and ends with 0 when it is asked to', async () => {
    expect(await say('health', `${simulator.line.url}/healthz`)).toContain('serves')
    expect(await simulator.stop()).toBe(0)
    await expect(run(program, ['health', `${simulator.line.url}/healthz`], { env: environment })).rejects.toMatchObject(
      {
        code: 1,
      },
    )
  })
})

describe('its simulator over HTTPS', () => {
  let simulator: Started
  const file = (name: string): Promise<string> => readFile(join(folder, 'wechatpay-tls', name), 'utf8')
  beforeAll(async () => {
    simulator = await start(['simulator', '--tls', '--port', '0', '--json', '--folder', 'wechatpay-tls'])
  })

  /** Requests a refund of APIv2, signed as the documentation says, without this package. */
  async function refund(certificate: object): Promise<[status: number, text: string]> {
    const { url, mchid, appid } = simulator.line
    const fields = {
      appid,
      mch_id: mchid,
      nonce_str: randomUUID().replaceAll('-', ''),
      out_refund_no: 'R-0001',
      out_trade_no: 'EXE-0002',
      refund_fee: '1',
      total_fee: '1',
    }
    const pairs = Object.entries(fields).map(([name, value]) => `${name}=${value}`)
    const signedText = [...pairs, `key=${(await file('apiv2_key.txt')).trim()}`].join('&')
    const sign = createHash('md5').update(signedText).digest('hex').toUpperCase()
    const members = Object.entries({ ...fields, sign }).map(([name, value]) => `<${name}>${value}</${name}>`)
    const dispatcher = new Agent({ connect: { ca: await file('ca.pem'), ...certificate } })
    try {
      const body = `<xml>${members.join('')}</xml>`
      const response = await request(`${url}/secapi/pay/refund`, { method: 'POST', body, dispatcher })
      return [response.statusCode, await response.body.text()]
    } finally {
      await dispatcher.close()
    }
  }

  it('requires the client certificate of the merchant for a refund of APIv2, and takes it', async () => {
    const [cert, key] = [await file('apiclient_cert.pem'), await file('apiclient_key.pem')]
    expect(await refund({ cert, key })).toEqual([200, expect.stringContaining('ORDERNOTEXIST')])
    expect(await refund({})).toEqual([400, expect.stringContaining('No required SSL certificate was sent')])
  })

  it('takes no certificate of another for it', async () => {
    const [status, text] = await refund({ cert: CERTIFICATE, key: PRIVATE_KEY })
    expect([status, text]).toEqual([400, expect.stringContaining('No required SSL certificate was sent')])
  })

  it('ends while a client keeps its connection open', async () => {
    const socket = connect({ port: Number(new URL(simulator.line.url).port), ca: await file('ca.pem') })
    await once(socket, 'secureConnect')
    expect(await simulator.stop()).toBe(0)
    socket.destroy()
  })
})

it('serves the gateway with its ledger in a file', async () => {
  const hash = /sha256:\w+/.exec(await say('token'))![0]
  const argv = ['serve', '--port', '0', '--data', 'g.db', '--env', 'wechatpay/.env']
  const gateway = await start(argv, { GATEWAY_TOKEN: hash })
  expect(await say('health', `${gateway.line.url}/readyz`)).toContain('serves')
  expect(await gateway.stop()).toBe(0)
})

it('serves tools and the skill for coding agents', async () => {
  const client = new Client({ name: 'test', version: '1' })
  await client.connect(new StdioClientTransport({ command: program, args: ['mcp'], cwd: folder, env: environment }))
  try {
    const { tools } = await client.listTools()
    expect(tools.length).toBeGreaterThan(3)
    const { contents } = await client.readResource({ uri: 'skill://wechatpay-edge/references/money.md' })
    expect((contents[0] as { text: string }).text).toBe(
      await readFile(resolve('skills/wechatpay-edge/references/money.md'), 'utf8'),
    )
  } finally {
    await client.close()
  }
})
