import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { median } from './median.ts'

const execute = promisify(execFile)
const WRANGLER = new URL('../node_modules/.bin/wrangler', import.meta.url).pathname
const EMPTY = 'export default { fetch: () => new Response() }'

/** Milliseconds: means in workerd, where many profiles have no sample and the median would be 0; otherwise medians. */
export interface Startup {
  /**
   * All samples except idle ones in the profile of `wrangler check startup`; imprecise, because there are only a few.
   */
  workerd: number
  /** The same for a Worker without imports: workerd's own part. */
  workerdEmpty: number
  /** Processor time of `import` in a fresh process of Node, over all threads: the same V8, without workerd's start. */
  node: number
  /** The same for a Worker without imports. */
  nodeEmpty: number
}

/** Measures the time until a Worker can serve, taking turns with an empty Worker. */
export async function measureStartup(worker: string, rounds: number): Promise<Startup> {
  const folder = await mkdtemp(join(tmpdir(), 'startup-'))
  try {
    const files = { full: join(folder, 'full.mjs'), empty: join(folder, 'empty.mjs') }
    await Promise.all([writeFile(files.full, worker), writeFile(files.empty, EMPTY)])
    const times = { full: [] as number[], empty: [] as number[], nodeFull: [] as number[], nodeEmpty: [] as number[] }
    for (let round = 0; round < rounds; round++) {
      times.full.push(await inWorkerd(files.full, folder))
      times.empty.push(await inWorkerd(files.empty, folder))
      times.nodeFull.push(await inNode(files.full))
      times.nodeEmpty.push(await inNode(files.empty))
    }
    const { full, empty, nodeFull, nodeEmpty } = times
    return {
      workerd: mean(full),
      workerdEmpty: mean(empty),
      node: median(nodeFull),
      nodeEmpty: median(nodeEmpty),
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value) / values.length

interface Profile {
  nodes: { id: number; callFrame: { functionName: string } }[]
  samples: number[]
  /** Microseconds. */
  timeDeltas: number[]
}

async function inWorkerd(file: string, folder: string): Promise<number> {
  const config = join(folder, 'wrangler.json')
  const profile = join(folder, 'startup.cpuprofile')
  await writeFile(config, JSON.stringify({ name: 'startup', main: file, compatibility_date: '2026-01-01' }))
  const args = ['check', 'startup', '--config', config, '--args=--no-bundle', '--outfile', profile]
  await execute(WRANGLER, args, { cwd: folder, env: { ...process.env, CI: '1', WRANGLER_SEND_METRICS: 'false' } })
  const { nodes, samples, timeDeltas } = JSON.parse(await readFile(profile, 'utf8')) as Profile
  await rm(profile)
  const idle = new Set(nodes.filter(({ callFrame }) => callFrame.functionName === '(idle)').map(({ id }) => id))
  return samples.reduce((sum, sample, at) => (idle.has(sample) ? sum : sum + timeDeltas[at]!), 0) / 1000
}

async function inNode(file: string): Promise<number> {
  const code = `const before = process.cpuUsage()
    await import(${JSON.stringify(file)})
    const { user, system } = process.cpuUsage(before)
    console.log(user + system)`
  const { stdout } = await execute(process.execPath, ['--input-type=module', '--eval', code])
  return Number(stdout) / 1000
}
