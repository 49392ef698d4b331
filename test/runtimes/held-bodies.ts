import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { build } from 'esbuild'
import { convertV4MiniflareOptions, Miniflare } from 'miniflare'
import type { Merchant, Message } from '../load/wechatpay.ts'

// A gateway of each runtime as a process of its own, and somebody who holds connections to it over raw sockets.

export type KeyedMerchant = Merchant & { readonly apiv2Key?: string }

export interface AttackedGateway {
  readonly port: number
  /** Bytes that its process holds; 0 where the system does not tell. */
  memory(): number
  /** Bytes that its runtime holds outside of its heap after a collection of garbage; not of workerd, and on Bun without one. */
  external(): Promise<number>
  stop(): Promise<void>
}

const COMMANDS: Readonly<Record<string, readonly string[]>> = {
  Node: ['node_modules/.bin/node', '--expose-gc'],
  Deno: ['node_modules/.bin/deno', 'run', '--no-check', '--allow-all', '--v8-flags=--expose-gc'],
  Bun: ['node_modules/.bin/bun'],
}
export const RUNTIMES = [...Object.keys(COMMANDS), 'workerd'] as const

export const startAttacked = (runtime: string, merchants: readonly KeyedMerchant[]): Promise<AttackedGateway> =>
  runtime === 'workerd' ? startWorker(merchants) : startProcess(COMMANDS[runtime]!, merchants)

async function startProcess(
  [program, ...options]: readonly string[],
  merchants: readonly KeyedMerchant[],
): Promise<AttackedGateway> {
  const child = spawn(program!, [...options, 'test/runtimes/held-bodies-server.ts'], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, SETTING: JSON.stringify({ merchants }) },
  })
  const exited = once(child, 'exit')
  const lines = createInterface(child.stdout!)
  const [line] = (await Promise.race([once(lines, 'line'), exited])) as [string | number]
  if (typeof line !== 'string') throw new Error(`${program} ended with ${line}.`)
  const { port } = JSON.parse(line) as { port: number }
  return {
    port,
    memory: () => memoryOf([child.pid!, ...childrenOf(child.pid!)]),
    async external() {
      const answered = once(lines, 'line')
      child.stdin!.write('\n')
      return (JSON.parse((await answered)[0] as string) as { external: number }).external
    },
    async stop() {
      child.stdin!.end()
      const cut = setTimeout(() => child.kill('SIGKILL'), 5_000)
      await exited
      clearTimeout(cut)
    },
  }
}

/** The Worker as it is deployed, with its Durable Object and its queue. */
async function startWorker(merchants: readonly KeyedMerchant[]): Promise<AttackedGateway> {
  const { outputFiles } = await build({
    entryPoints: ['worker/index.ts'],
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    external: ['cloudflare:workers'],
  })
  const before = new Set(childrenOf(process.pid))
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      modules: true,
      script: outputFiles[0]!.text,
      compatibilityDate: '2026-10-30',
      host: '127.0.0.1',
      port: 0,
      cf: false,
      handleStructuredLogs() {},
      bindings: {
        GATEWAY_TOKEN: `sha256:${createHash('sha256').update('wxe_attacked').digest('hex')}`,
        GATEWAY_LOG: 'warn',
        WECHATPAY_MERCHANTS: merchants.map(({ mchid }) => mchid).join(','),
        ...Object.fromEntries(merchants.flatMap(variablesOf)),
      },
      durableObjects: { LEDGER: { className: 'LedgerObject', useSQLite: true } },
      queueProducers: { DELIVERIES: 'deliveries' },
      queueConsumers: { deliveries: { maxBatchSize: 20, maxBatchTimeout: 1, maxRetries: 100 } },
      kvNamespaces: ['WECHATPAY_CERTIFICATES'],
    }),
  )
  const { port } = new URL((await miniflare.ready).origin)
  const pids = childrenOf(process.pid).filter(pid => !before.has(pid))
  return { port: Number(port), memory: () => memoryOf(pids), external: async () => 0, stop: () => miniflare.dispose() }
}

const variablesOf = (merchant: KeyedMerchant): [string, string][] =>
  Object.entries({
    SERIAL: merchant.serial,
    PRIVATE_KEY: merchant.privateKey,
    APIV3_KEY: merchant.apiv3Key,
    PUBLIC_KEY_ID: merchant.publicKeyId,
    PUBLIC_KEY: merchant.publicKey,
    ...(merchant.apiv2Key !== undefined && { APIV2_KEY: merchant.apiv2Key }),
  }).map(([name, value]) => [`WECHATPAY_${merchant.mchid}_${name}`, value])

/** proc(5): the second field after the name is the parent. */
const childrenOf = (parent: number): number[] =>
  process.platform === 'linux'
    ? readdirSync('/proc')
        .map(Number)
        .filter(pid => pid > 0 && parentOf(pid) === parent)
    : []

function parentOf(pid: number): number | undefined {
  try {
    return Number(/\(.*\) \S (\d+)/s.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1])
  } catch {
    return undefined
  }
}

function memoryOf(pids: readonly number[]): number {
  if (process.platform !== 'linux') return 0
  return pids.reduce((sum, pid) => {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    return sum + Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1024
  }, 0)
}

/** Milliseconds, at random up to twice as many: this attacker holds connections, it does not flood the line. */
const REOPEN_AFTER = 3_000
/** Connections that are opened at once, every 50 ms. */
const OPENED_AT_ONCE = 40

/** Somebody's connections: whatever is closed is opened again, and each sends a little more now and then. */
export interface Holder {
  /** Ends when all connections have sent what they send first. */
  readonly settled: Promise<void>
  /** How many were answered with a status; 0 for those that were cut. */
  readonly answers: Readonly<Record<number, number>>
  stop(): void
}

/**
 * @param first what each connection sends at once
 * @param more what it sends every second
 */
export function holdConnections(port: number, count: number, first: () => string, more: string): Holder {
  const sockets = new Set<Socket>()
  const answers: Record<number, number> = {}
  let settle: () => void
  const settled = new Promise<void>(resolve => {
    settle = resolve
  })
  let isStopped = false
  let sent = 0
  const open = (): void => {
    if (isStopped) return
    const socket = connect(port, '127.0.0.1')
    sockets.add(socket)
    let status = 0
    socket.on('error', () => {})
    socket.on('data', data => {
      status ||= Number(/^HTTP\/1\.1 (\d+)/.exec(String(data))?.[1] ?? 0)
      // It was told to go; Deno waits for it to do so.
      socket.destroy()
    })
    socket.write(first(), () => {
      sent++
      if (sent === count) settle()
    })
    socket.once('close', () => {
      sockets.delete(socket)
      answers[status] = (answers[status] ?? 0) + 1
      setTimeout(open, REOPEN_AFTER * (1 + Math.random()))
    })
  }
  const opening = setInterval(() => {
    for (let at = 0; at < OPENED_AT_ONCE && sockets.size < count; at++) open()
    if (sent >= count) clearInterval(opening)
  }, 50)
  const dripping = setInterval(() => {
    for (const socket of sockets) if (more && socket.writable) socket.write(more)
  }, 1_000)
  return {
    settled,
    answers,
    stop() {
      isStopped = true
      clearInterval(opening)
      clearInterval(dripping)
      for (const socket of sockets) socket.destroy()
    },
  }
}

/** Sends a request over a connection of its own. */
export async function send(
  port: number,
  path: string,
  { headers, body }: Message,
): Promise<{ status: number; ms: number }> {
  const start = performance.now()
  const socket = connect(port, '127.0.0.1')
  const lines = Object.entries({
    host: 'gateway.example',
    connection: 'close',
    'content-length': String(Buffer.byteLength(body)),
    ...headers,
  }).map(([name, value]) => `${name}: ${value}\r\n`)
  socket.write(`POST ${path} HTTP/1.1\r\n${lines.join('')}\r\n${body}`)
  let received = ''
  try {
    for await (const chunk of socket) {
      received += chunk
      // Deno closes a connection in its own time.
      if (received.includes('\r\n\r\n')) break
    }
  } catch (error) {
    received ||= String(error)
  }
  socket.destroy()
  return { status: Number(/^HTTP\/1\.1 (\d+)/.exec(received)?.[1] ?? 0), ms: performance.now() - start }
}
