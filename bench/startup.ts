import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { median } from './median.ts'

const execute = promisify(execFile)
/** The program, without wrangler. */
const WORKERD: string = createRequire(import.meta.url)('workerd').default
const EMPTY = 'export default { fetch: () => new Response() }'

/** Milliseconds of processor time over all threads, medians. */
export interface Startup {
  /** From the start of workerd until it listens: it has compiled and evaluated the Worker by then. */
  workerd: number
  /** The same for a Worker without imports: workerd's own part. */
  workerdEmpty: number
  /** Of `import` in a fresh process of Node: the same V8, without workerd's start. */
  node: number
  /** The same for a Worker without imports. */
  nodeEmpty: number
}

/** Measures the time until a Worker can serve, taking turns with an empty Worker. */
export async function measureStartup(worker: string, rounds: number): Promise<Startup> {
  const folder = await mkdtemp(join(tmpdir(), 'startup-'))
  try {
    await Promise.all([writeWorker(folder, 'full', worker), writeWorker(folder, 'empty', EMPTY)])
    const times = { full: [] as number[], empty: [] as number[], nodeFull: [] as number[], nodeEmpty: [] as number[] }
    for (let round = 0; round < rounds; round++) {
      times.full.push(await inWorkerd(join(folder, 'full.capnp')))
      times.empty.push(await inWorkerd(join(folder, 'empty.capnp')))
      times.nodeFull.push(await inNode(join(folder, 'full.mjs')))
      times.nodeEmpty.push(await inNode(join(folder, 'empty.mjs')))
    }
    return {
      workerd: median(times.full),
      workerdEmpty: median(times.empty),
      node: median(times.nodeFull),
      nodeEmpty: median(times.nodeEmpty),
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Writes a Worker, and a configuration of workerd that serves it. */
async function writeWorker(folder: string, name: string, code: string): Promise<void> {
  await writeFile(join(folder, `${name}.mjs`), code)
  await writeFile(
    join(folder, `${name}.capnp`),
    `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = .worker)],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
const worker :Workerd.Worker = (
  modules = [(name = "${name}.mjs", esModule = embed "${name}.mjs")],
  compatibilityDate = "2026-01-01",
);
`,
  )
}

async function inWorkerd(config: string): Promise<number> {
  // workerd writes a line to the control descriptor for each socket at which it listens.
  const program = spawn(WORKERD, ['serve', config, '--control-fd=3'], {
    stdio: ['ignore', 'inherit', 'inherit', 'pipe'],
  })
  const exited = once(program, 'exit')
  const listens = once(program.stdio[3]!, 'data').then(() => processorTimeOf(program.pid!))
  const time = await Promise.race([listens, exited])
  program.kill()
  await exited
  if (typeof time !== 'number') throw new Error(`workerd does not serve ${config}`)
  return time
}

/**
 * Reads the processor time of the threads of another process to the nanosecond (`Documentation/scheduler/sched-stats.rst` of Linux); NaN
 * on another system.
 */
function processorTimeOf(pid: number): number {
  try {
    const threads = readdirSync(`/proc/${pid}/task`)
    const nanoseconds = threads.map(id =>
      Number(readFileSync(`/proc/${pid}/task/${id}/schedstat`, 'utf8').split(' ')[0]),
    )
    return nanoseconds.reduce((sum, time) => sum + time, 0) / 1e6
  } catch {
    return Number.NaN
  }
}

async function inNode(file: string): Promise<number> {
  const code = `const before = process.cpuUsage()
    await import(${JSON.stringify(file)})
    const { user, system } = process.cpuUsage(before)
    console.log(user + system)`
  const { stdout } = await execute(process.execPath, ['--input-type=module', '--eval', code])
  return Number(stdout) / 1000
}
