import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Program, runToEnd, startedLine, startSimulator } from './program.ts'

// `wechatpay-edge serve` as a process of its own, attacked over raw sockets and pipes.

let folder: string
let simulator: Program
let hash: string
let mchid: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wechatpay-edge-'))
  simulator = await startSimulator('--folder', folder)
  hash = JSON.parse((await runToEnd('token', '--json')).out).hash
  mchid = ((await (await fetch(`${simulator.url}/simulator`)).json()) as { mchid: string }).mchid
})
afterAll(async () => {
  await simulator.stop()
  await rm(folder, { recursive: true, force: true })
})

async function startGateway(name: string, ...options: string[]) {
  const argv = ['--port', '0', '--env', join(folder, '.env'), '--data', join(folder, `${name}.db`), ...options]
  const child = spawn(process.execPath, ['src/cli/main.ts', 'serve', ...argv], {
    env: { ...process.env, GATEWAY_TOKEN: hash },
  })
  const exit = once(child, 'exit')
  let errors = ''
  child.stderr.on('data', data => {
    errors += data
  })
  const lines: Record<string, unknown>[] = []
  const output = createInterface(child.stdout)
  output.on('line', line => lines.push(JSON.parse(line)))
  const started = await startedLine(output, exit)
  if (!started) throw new Error(errors)
  const port = Number(new URL(started.url).port)
  return {
    child,
    port,
    lines,
    errors: () => errors,
    async stop() {
      child.kill('SIGTERM')
      return (await exit)[0] as number | null
    },
  }
}

const pause = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms))

/** Bytes that a process holds; 0 where the system does not tell. */
async function memoryOf({ pid }: ChildProcess): Promise<number> {
  if (process.platform !== 'linux') return 0
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)![1]) * 1024
}

/** Headers that anybody can copy from a notification, so that the gateway waits for its body: all are right except the signature. */
async function signatureHeaders(): Promise<string> {
  const headers = {
    timestamp: Math.floor(Date.now() / 1000),
    nonce: 'nonce',
    serial: await readFile(join(folder, 'pub_key_id.txt'), 'utf8'),
    signature: Buffer.alloc(256).toString('base64'),
  }
  return Object.entries(headers)
    .map(([name, value]) => `wechatpay-${name}: ${value}`)
    .join('\r\n')
}

/** Waits until a process has processed what it was sent, for which a busy machine takes its time: proc(5), the state after the name. */
async function untilIdle({ pid }: ChildProcess): Promise<void> {
  if (process.platform !== 'linux') return
  for (let looks = 0; looks < 5; ) {
    await pause(50)
    looks = /\) S /.test(await readFile(`/proc/${pid}/stat`, 'utf8')) ? looks + 1 : 0
  }
}

/** Milliseconds that a healthy client waits for an answer over a connection of its own; throws when it gets none. */
async function healthy(port: number): Promise<number> {
  const start = performance.now()
  const socket = connect(port, '127.0.0.1')
  socket.write('GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n')
  let received = ''
  for await (const chunk of socket) received += chunk
  if (!received.startsWith('HTTP/1.1 200 ')) throw new Error(`answered ${JSON.stringify(received.slice(0, 100))}`)
  return performance.now() - start
}

async function flood(port: number, count: number, first: string): Promise<Socket[]> {
  const sockets: Socket[] = []
  for (let at = 0; at < count; at++) {
    const socket = connect(port, '127.0.0.1')
    socket.on('error', () => {}).resume()
    socket.write(first)
    sockets.push(socket)
    if (at % 50 === 49) await pause(10)
  }
  // This process is no measure of the gateway while it is busy sending.
  while (sockets.some(({ closed, writableLength }) => !closed && writableLength > 0)) await pause(20)
  return sockets
}

const openOf = (sockets: readonly Socket[]): number => sockets.filter(({ closed }) => !closed).length
const MAX_CONNECTIONS = 100
const MEBI = 2 ** 20

/** Milliseconds that WeChat Pay waits for the answer to a notification. */
const WECHATPAY_WAITS = 5_000
/**
 * Attacks, in one of which every healthy client has to be answered by then. Whatever else this machine does may hold up one of 20; a client
 * that the attackers hold up waits for the end of their time, and does so in every attack.
 */
const MAX_ROUNDS = 3

describe('800 slow connections', () => {
  const attacks: [name: string, first: string, more: string][] = [
    ['that send their headers byte by byte', 'GET /healthz HTTP/1.1\r\nhost: x\r\nx-a: ', 'a'],
    [
      'that send a notification of 60 KB, which is not too large, and keep its end',
      `POST /notify/MCHID HTTP/1.1\r\nhost: x\r\ncontent-length: 60000\r\nHEADERS\r\n\r\n${'x'.repeat(59_000)}`,
      '',
    ],
    ['that send nothing', '', ''],
    ['that have asked once and stay', 'GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n', ''],
  ]
  it.each(attacks)('%s take bounded memory and connections, and no healthy client', async (name, first, more) => {
    const gateway = await startGateway(
      `slow-${attacks.findIndex(([one]) => one === name)}`,
      '--max-connections',
      `${MAX_CONNECTIONS}`,
    )
    await healthy(gateway.port)
    const before = await memoryOf(gateway.child)
    const sockets: Socket[] = []
    let most = 0
    /** @returns the milliseconds that the slowest healthy client has waited */
    const attack = async (): Promise<number> => {
      const headers = await signatureHeaders()
      sockets.push(...(await flood(gateway.port, 800, first.replace('MCHID', mchid).replace('HEADERS', headers))))
      await untilIdle(gateway.child)
      let slowest = 0
      for (let turn = 0; turn < 20; turn++) {
        for (const socket of sockets) if (more && !socket.closed) socket.write(more)
        slowest = Math.max(slowest, await healthy(gateway.port))
        most = Math.max(most, await memoryOf(gateway.child))
        await pause(50)
      }
      return slowest
    }
    try {
      const rounds = [await attack()]
      while (rounds.length < MAX_ROUNDS && Math.min(...rounds) >= WECHATPAY_WAITS) rounds.push(await attack())
      expect(Math.min(...rounds)).toBeLessThan(WECHATPAY_WAITS)
      expect(most - before).toBeLessThan(250 * MEBI)
      await expect.poll(() => openOf(sockets)).toBeLessThanOrEqual(MAX_CONNECTIONS)
      expect(gateway.lines).toContainEqual(
        expect.objectContaining({ level: 'warn', event: 'connections full', detail: expect.any(String) }),
      )
    } finally {
      for (const socket of sockets) socket.destroy()
      expect(await gateway.stop()).toBe(0)
    }
  })

  it('are cut when their request does not arrive in time', async () => {
    const gateway = await startGateway('timeout', '--request-timeout', '1')
    const first = `POST /notify/${mchid} HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\nwechatpay-signature: a\r\n\r\n`
    const sockets = await flood(gateway.port, 20, first)
    await expect.poll(() => openOf(sockets)).toBe(0)
    expect(await gateway.stop()).toBe(0)
  })
})

describe('the reader of the log', () => {
  it('may go: the gateway serves on, says so once, and ends with 0 only when it is asked to', async () => {
    const gateway = await startGateway('log')
    gateway.child.stdout!.destroy()
    const token = { authorization: 'Bearer wxe_unknown' }
    const call = () => fetch(`http://127.0.0.1:${gateway.port}/v3/certificates`, { headers: token })
    // Each of them leaves a line.
    for (let turn = 0; turn < 5; turn++) {
      expect((await call()).status).toBe(401)
      await pause(50)
    }
    expect(gateway.child.exitCode).toBeNull()
    await expect
      .poll(gateway.errors)
      .toBe('The reader of the log has gone: its lines are dropped, and the gateway keeps running.\n')
    gateway.child.stderr!.destroy()
    expect((await call()).status).toBe(401)
    expect(await gateway.stop()).toBe(0)
  })
})
