// npm run bench:frameworks: what a notification costs by way of Express. Writes bench/frameworks.md. Fails over the bound.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { Agent, request } from 'node:http'
import { cpus, loadavg } from 'node:os'
import { createInterface, type Interface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { createSimulator } from '../src/simulator/index.ts'
import { markdownTable, number } from './markdown.ts'
import { median, medianRatio } from './median.ts'

const MAX_RATIO = 1.15
const ROUNDS = 15
const REQUESTS = 400
const CONTENDERS = ['new-request', 'express'] as const
type Contender = (typeof CONTENDERS)[number]

interface Server {
  readonly child: ChildProcess
  readonly port: number
  /** Milliseconds of processor time so far. */
  readonly used: () => Promise<number>
}

const busy = loadavg()[0]!
const recorded = await recordNotification()
const servers = Object.fromEntries(
  await Promise.all(CONTENDERS.map(async name => [name, await startServer(name)] as const)),
) as Record<Contender, Server>
const agent = new Agent({ keepAlive: true, maxSockets: 4 })
const rounds: Record<Contender, number[]> = { 'new-request': [], express: [] }

// The first rounds are for the compiler.
for (let round = -3; round < ROUNDS; round++)
  for (const name of round % 2 ? CONTENDERS : CONTENDERS.toReversed()) {
    const spent = await measure(servers[name])
    if (round >= 0) rounds[name].push(spent)
  }
agent.destroy()
for (const { child } of Object.values(servers)) child.kill()

const ratio = medianRatio(rounds.express, rounds['new-request'])
const holds = ratio <= MAX_RATIO
const row = (title: string, name: Contender) => [title, `${number(median(rounds[name]) * 1000)} µs`]
const report = `# What a framework costs

${new Date().toISOString().slice(0, 10)}, Node ${process.version}, ${cpus().length} × ${cpus()[0]!.model.trim()}, load before the start ${number(busy)}. Written by \`npm run bench:frameworks\`.

${markdownTable(
  ['One notification', 'processor time'],
  [
    row('`node:http`, the whole body, `new Request`, the handler', 'new-request'),
    row('Express, `nodeHandler`, the handler', 'express'),
  ],
)}

Express costs ${number(Math.abs(ratio - 1) * 100)} % ${ratio > 1 ? 'more' : 'less'}; the bound is ${number((MAX_RATIO - 1) * 100)} % more, which ${holds ? 'holds' : 'DOES NOT HOLD'}. Both come over HTTP. Processor time of the server's process, all threads: the medians of ${ROUNDS} rounds of
${REQUESTS} genuine APIv3 notifications over four connections, each verified and decrypted; the ratio is the median of the rounds' ratios, because a slow moment of
the machine slows both.
`
console.log(report)
await writeFile(new URL('./frameworks.md', import.meta.url), report)
if (!holds) process.exitCode = 1

/** Records what the simulator sends for a notification. */
async function recordNotification(): Promise<{ headers: Record<string, string>; body: Uint8Array }> {
  let message: { headers: Record<string, string>; body: Uint8Array } | undefined
  const simulator = await createSimulator({
    seed: 'bench/frameworks',
    async deliver(input, init) {
      const sent = new Request(input, init)
      message = { headers: Object.fromEntries(sent.headers), body: new Uint8Array(await sent.arrayBuffer()) }
      return new Response(null, { status: 204 })
    },
  })
  await simulator.notify.send({ event: 'TRANSACTION.SUCCESS', url: 'http://127.0.0.1/notify' })
  return message!
}

async function startServer(name: Contender): Promise<Server> {
  const file = fileURLToPath(new URL('./frameworks/server.ts', import.meta.url))
  const child = spawn(process.execPath, [file, name], { stdio: ['pipe', 'pipe', 'inherit'] })
  const output: Interface = createInterface({ input: child.stdout! })
  const [port] = await once(output, 'line')
  return {
    child,
    port: Number(port),
    async used() {
      child.stdin!.write('\n')
      return Number((await once(output, 'line'))[0])
    },
  }
}

/** Sends a round. @returns milliseconds of processor time per notification */
async function measure({ port, used }: Server): Promise<number> {
  const before = await used()
  let left = REQUESTS
  await Promise.all(
    Array.from({ length: 4 }, async () => {
      while (left-- > 0) await send(port)
    }),
  )
  return ((await used()) - before) / REQUESTS
}

async function send(port: number): Promise<void> {
  const { headers, body } = recorded
  const sent = request({ host: '127.0.0.1', port, path: '/notify', method: 'POST', headers, agent })
  sent.end(body)
  const [response] = await once(sent, 'response')
  response.resume()
  await once(response, 'end')
  if (response.statusCode !== 204) throw new Error(`answered ${response.statusCode}`)
}
