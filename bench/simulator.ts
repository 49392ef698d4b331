// npm run bench:simulator: measures speed and memory of the simulator. Fails if a bound is exceeded.
import { fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { Pool } from 'undici'
import { createSimulator, type SimulatedMerchant } from '../src/simulator/index.ts'
import { markdownTable, number } from './markdown.ts'
import { PATH, processorTime, type Signed, signedOrder } from './simulator/orders.ts'

const ORDERS = 2000
const AT_ONCE = 16
const IN_MEMORY = 100_000
const BOUNDS = { rate: 1_000, memory: 300 }

const busy = loadavg()[0]!
const inProcess = await placeInProcess()
const overHttp = await placeOverHttp()
const heap = ['--expose-gc', `--max-old-space-size=${BOUNDS.memory}`]
const memory = JSON.parse(await output(...heap, file('memory.ts'), String(IN_MEMORY)))
const placed = (memory.placed.heap - memory.before.heap) / 1e6
const paid = (memory.paid.heap - memory.before.heap) / 1e6
const bounds: [name: string, bound: string, measured: string, holds: boolean][] = [
  rateBound('Signed v3 orders per second on one core, `simulator.fetch`', inProcess.rate),
  rateBound('The same over HTTP, `wechatpay-edge simulator`', overHttp.rate),
  memoryBound(`${number(IN_MEMORY)} orders in memory, placed`, placed),
  memoryBound('The same, paid and notified', paid),
]

const report = `# The simulator's speed and size

${new Date().toISOString().slice(0, 10)}, Node ${process.version}, ${cpus().length} × ${cpus()[0]!.model.trim()}, load before the start ${number(busy)}. Written by \`npm run bench:simulator\`.

${markdownTable(
  ['', 'bound', 'measured', 'holds'],
  bounds.map(([name, bound, measured, holds]) => [name, bound, measured, holds ? 'yes' : 'NO']),
)}

An order is one \`POST ${PATH}\`, with its signature verified, its fields checked, the order stored and the response signed: ${number(ORDERS)}
of them, signed in advance, ${AT_ONCE} at a time. "On one core" refers to the processor time of all threads of the simulator's process;
by wall clock there were ${number(inProcess.wall)} per second, over HTTP ${number(overHttp.wall)}. Its start is in [cold.md](cold.md).
Memory is the heap after garbage collection, in a process limited to ${BOUNDS.memory} MB of heap, which has ${number(memory.paid.rss / 1e6)} MB
resident. A snapshot of the paid orders has ${number(memory.snapshot.length / 1e6)} MB and takes ${number(memory.snapshot.ms)} ms.
`
console.log(report)
await writeFile(new URL('./simulator.md', import.meta.url), report)
if (bounds.some(([, , , holds]) => !holds)) process.exitCode = 1

function rateBound(name: string, rate: number): [string, string, string, boolean] {
  return [name, `≥ ${number(BOUNDS.rate)}`, number(rate), rate >= BOUNDS.rate]
}
function memoryBound(name: string, mb: number): [string, string, string, boolean] {
  return [name, `< ${BOUNDS.memory} MB`, `${number(mb)} MB`, mb < BOUNDS.memory]
}

interface Rate {
  /** Orders per second of processor time. */
  rate: number
  /** Orders per second by wall clock. */
  wall: number
}

async function placeInProcess(): Promise<Rate> {
  const { merchant, fetch } = await createSimulator()
  const send = async ({ headers, body }: Signed) => {
    const response = await fetch(`https://api.mch.weixin.qq.com${PATH}`, { method: 'POST', headers, body })
    return [response.status, await response.text()] as const
  }
  return place(merchant, send, async () => process.cpuUsage())
}

async function placeOverHttp(): Promise<Rate> {
  const folder = await mkdtemp(join(tmpdir(), 'wechatpay-edge-'))
  const server = fork(file('server.ts'), [folder])
  try {
    const [{ url, ...ready }] = await once(server, 'message')
    const privateKey = await readFile(join(folder, 'apiclient_key.pem'), 'utf8')
    const pool = new Pool(url, { connections: AT_ONCE })
    const send = async ({ headers, body }: Signed) => {
      const response = await pool.request({ path: PATH, method: 'POST', headers, body })
      return [response.statusCode, await response.body.text()] as const
    }
    const result = await place({ ...ready, privateKey }, send, async () => {
      server.send('processor time')
      return (await once(server, 'message'))[0]
    })
    await pool.close()
    return result
  } finally {
    server.disconnect()
    await once(server, 'exit')
    await rm(folder, { recursive: true })
  }
}

async function place(
  merchant: SimulatedMerchant,
  send: (order: Signed) => Promise<readonly [status: number, text: string]>,
  usage: () => Promise<NodeJS.CpuUsage>,
): Promise<Rate> {
  const round = async (from: number, count: number): Promise<Rate> => {
    const orders = Array.from({ length: count }, (_, at) => signedOrder(merchant, from + at))
    const before = processorTime(await usage())
    const start = performance.now()
    const worker = async () => {
      for (let order = orders.pop(); order; order = orders.pop()) {
        const [status, text] = await send(order)
        if (status !== 200) throw new Error(text)
      }
    }
    await Promise.all(Array.from({ length: AT_ONCE }, worker))
    const elapsed = performance.now() - start
    const cpu = processorTime(await usage()) - before
    return { rate: (count / cpu) * 1000, wall: (count / elapsed) * 1000 }
  }
  await round(0, ORDERS / 4) // warm-up
  return round(ORDERS, ORDERS)
}

async function output(...argv: string[]): Promise<string> {
  const child = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'inherit'] })
  return text(child.stdout)
}

function file(name: string): string {
  return fileURLToPath(new URL(`./simulator/${name}`, import.meta.url))
}
